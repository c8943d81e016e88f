/** Cookies between BiDi's form and ours. Knows nothing of connections. Source: WebDriver BiDi, network.Cookie, storage.PartialCookie. */
import type { Cookie } from '@psp/protocol';

type BytesValue =
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'base64'; readonly value: string };

/** What the standard gives. `sameSite` is `default` where the site set none; older browsers then say `none`, or leave it out. */
export interface BidiCookie {
  readonly name: string;
  readonly value: BytesValue;
  /** With a leading dot where subdomains receive the cookie. */
  readonly domain: string;
  readonly path: string;
  readonly httpOnly: boolean;
  readonly secure: boolean;
  readonly sameSite?: string;
  /** Seconds since 1970; absent for a session cookie. */
  readonly expiry?: number;
}

const SAME_SITE: ReadonlyMap<string | undefined, Cookie['sameSite']> = new Map([
  ['strict', 'strict'],
  ['lax', 'lax'],
  ['none', 'none'],
]);

/** `topLevelSite` is that of the cookie's partition, where it has one. */
export function fromBidi(cookie: BidiCookie, topLevelSite: string | undefined): Cookie {
  const hostOnly = !cookie.domain.startsWith('.');
  const domain = hostOnly ? cookie.domain : cookie.domain.slice(1);
  const sameSite = SAME_SITE.get(cookie.sameSite);
  return {
    name: cookie.name,
    value: cookie.value.type === 'string' ? cookie.value.value : atob(cookie.value.value),
    domain,
    hostOnly,
    path: cookie.path,
    ...(cookie.expiry === undefined ? {} : { expires: cookie.expiry }),
    httpOnly: cookie.httpOnly,
    secure: cookie.secure,
    ...(sameSite === undefined ? {} : { sameSite }),
    ...(topLevelSite === undefined
      ? {}
      : { partitionKey: { topLevelSite, hasCrossSiteAncestor: !isSameSite(domain, topLevelSite) } }),
  };
}

/** The cookie that sets it; its partition is named beside it. */
export function toBidi(cookie: Cookie): BidiCookie {
  return {
    name: cookie.name,
    value: { type: 'string', value: cookie.value },
    domain: cookie.hostOnly ? cookie.domain : `.${cookie.domain}`,
    path: cookie.path,
    httpOnly: cookie.httpOnly,
    secure: cookie.secure,
    sameSite: cookie.sameSite ?? 'default',
    // The standard wants whole seconds.
    ...(cookie.expires === undefined ? {} : { expiry: Math.round(cookie.expires) }),
  };
}

/** Whether a cookie's domain belongs to a site, such as `https://example.org`. */
export function isSameSite(domain: string, site: string): boolean {
  const host = new URL(site).hostname;
  return domain === host || domain.endsWith(`.${host}`);
}
