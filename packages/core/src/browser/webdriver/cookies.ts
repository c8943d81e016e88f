/** Cookies between WebDriver's form and ours. Knows nothing of windows. Source: W3C WebDriver 2, section "Cookies". */
import type { Cookie } from '@psp/protocol';
import type { WireCookie } from './commands.js';

const SAME_SITE = { strict: 'Strict', lax: 'Lax', none: 'None' } as const;

/**
 * A cookie as read. Browsers say "None" of a cookie that has no SameSite, too. Where it is not secure that is the only way to read it;
 * else it stands, since browsers that say so treat both alike.
 */
export function fromWebDriver(cookie: WireCookie, host: string): Cookie {
  const { domain = host, path = '/', secure = false, expiry } = cookie;
  const hostOnly = !domain.startsWith('.');
  const sameSite = sameSiteOf(cookie.sameSite, secure);
  return {
    name: cookie.name,
    value: cookie.value,
    domain: hostOnly ? domain : domain.slice(1),
    hostOnly,
    path,
    ...(expiry === undefined ? {} : { expires: expiry }),
    httpOnly: cookie.httpOnly ?? false,
    secure,
    ...(sameSite === undefined ? {} : { sameSite }),
  };
}

function sameSiteOf(told: string | undefined, secure: boolean): Cookie['sameSite'] {
  switch (told) {
    case 'Strict':
      return 'strict';
    case 'Lax':
      return 'lax';
    case 'None':
      return secure ? 'none' : undefined;
    default:
      return undefined;
  }
}

/** What sets the cookie from a page of its host. A domain, once given, means subdomains too. */
export function toWebDriver(cookie: Cookie): WireCookie {
  return {
    name: cookie.name,
    value: cookie.value,
    path: cookie.path,
    ...(cookie.hostOnly ? {} : { domain: cookie.domain }),
    secure: cookie.secure,
    httpOnly: cookie.httpOnly,
    // The standard wants whole seconds.
    ...(cookie.expires === undefined ? {} : { expiry: Math.round(cookie.expires) }),
    ...(cookie.sameSite === undefined ? {} : { sameSite: SAME_SITE[cookie.sameSite] }),
  };
}

/** The same as the text that a page gives to `document.cookie`. */
export function toDocument(cookie: Cookie): string {
  const parts = [`${cookie.name}=${cookie.value}`, `Path=${cookie.path}`];
  if (!cookie.hostOnly) parts.push(`Domain=${cookie.domain}`);
  if (cookie.expires !== undefined) parts.push(`Expires=${new Date(cookie.expires * 1000).toUTCString()}`);
  if (cookie.secure) parts.push('Secure');
  if (cookie.sameSite !== undefined) parts.push(`SameSite=${SAME_SITE[cookie.sameSite]}`);
  return parts.join('; ');
}

/** Why the cookie cannot be one (RFC 6265bis, section 5.6), if so. Some browsers would take it, and send it as something else. */
export function faultOf(cookie: Cookie): string | undefined {
  const controls = /[\u0000-\u0008\u000a-\u001f\u007f;]/;
  if (controls.test(cookie.name) || cookie.name.includes('=')) return 'invalid characters in the name';
  if (controls.test(cookie.value)) return 'invalid characters in the value';
  if (controls.test(cookie.path)) return 'invalid characters in the path';
  return undefined;
}
