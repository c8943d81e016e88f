/** What makes two cookies the same cookie, and which cookies no browser could hold. */
import { problem, under, unfit, type Problem } from './place.js';
import type { Cookie } from './schema/session.js';

/**
 * The identity of a cookie: name, domain, path and partition (RFC 6265bis, section 5.7, and CHIPS). A JSON array, so that
 * no name or path can imitate another identity. Host-only is not part of it: a browser holds one or the other.
 */
export function cookieIdentity(cookie: Pick<Cookie, 'name' | 'domain' | 'path' | 'partitionKey'>): string {
  const { name, domain, path, partitionKey: key } = cookie;
  return JSON.stringify([
    name,
    domain,
    path,
    ...(key === undefined ? [] : [key.topLevelSite, key.hasCrossSiteAncestor]),
  ]);
}

/** Whether a host is sent the cookie (RFC 6265bis, section 5.1.3). */
export function domainMatches(host: string, { domain, hostOnly }: Pick<Cookie, 'domain' | 'hostOnly'>): boolean {
  return host === domain || (!hostOnly && host.endsWith(`.${domain}`));
}

/** Controls but the tab, and the separator of attributes (RFC 6265bis, section 5.6). */
const NOT_IN_COOKIES = /[\x00-\x08\x0a-\x1f\x7f;]/;

/** A host in lower case, without a leading dot, a port or anything of a URL. */
const NOT_A_DOMAIN = /^\.|[\x00-\x20\x7f/\\?#@,;=A-Z]/;

/** What the schema does not say of a cookie [PSP-COOKIE-2, PSP-COOKIE-3]. */
export function cookieProblem(cookie: Cookie): Problem | undefined {
  if (NOT_IN_COOKIES.test(cookie.name) || cookie.name.includes('=')) {
    return under('name', unfit('no control character, ";" or "="', cookie.name));
  }
  if (NOT_IN_COOKIES.test(cookie.value)) return under('value', unfit('no control character or ";"', cookie.value));
  if (NOT_IN_COOKIES.test(cookie.path)) return under('path', unfit('no control character or ";"', cookie.path));
  if (NOT_A_DOMAIN.test(cookie.domain))
    return under('domain', unfit('a lower-case host without a leading dot', cookie.domain));
  if (cookie.name === '' && cookie.value === '') return problem('expected a name or a value, found neither');
  return undefined;
}
