/** Cookies between CDP's form and ours. Knows nothing of connections. Source: Network.Cookie, Network.CookieParam; RFC 6265bis. */
import type { Cookie, Loss } from '@psp/protocol';
import type { Protocol } from 'devtools-protocol';

const SAME_SITE = { Strict: 'strict', Lax: 'lax', None: 'none' } as const;
const SAME_SITE_CDP = { strict: 'Strict', lax: 'Lax', none: 'None' } as const;
const PRIORITY = { Low: 'low', Medium: 'medium', High: 'high' } as const;
const PRIORITY_CDP = { low: 'Low', medium: 'Medium', high: 'High' } as const;
const SCHEME = { Unset: 'unset', NonSecure: 'non-secure', Secure: 'secure' } as const;
const SCHEME_CDP = { unset: 'Unset', 'non-secure': 'NonSecure', secure: 'Secure' } as const;

/** A cookie as read, or the loss that stands for it. */
export function fromCdp(cookie: Protocol.Network.Cookie): Cookie | Loss {
  if (cookie.partitionKeyOpaque === true) {
    return { code: 'cookie-partition-opaque', kind: 'cookie', item: `${cookie.name} (${cookie.domain})` };
  }
  const hostOnly = !cookie.domain.startsWith('.');
  return {
    name: cookie.name,
    value: cookie.value,
    domain: hostOnly ? cookie.domain : cookie.domain.slice(1),
    hostOnly,
    path: cookie.path,
    // CDP tells a session cookie by `session` and an expiry of -1.
    ...(cookie.session ? {} : { expires: cookie.expires }),
    httpOnly: cookie.httpOnly,
    secure: cookie.secure,
    ...(cookie.sameSite === undefined ? {} : { sameSite: SAME_SITE[cookie.sameSite] }),
    ...(cookie.partitionKey === undefined ? {} : { partitionKey: cookie.partitionKey }),
    priority: PRIORITY[cookie.priority],
    sourceScheme: SCHEME[cookie.sourceScheme],
    sourcePort: cookie.sourcePort,
  };
}

/** The parameters that set a cookie. The address makes a cookie without a domain host-only, and says secure or not. */
export function toCdp(cookie: Cookie): Protocol.Network.CookieParam {
  const host = cookie.domain.includes(':') && !cookie.domain.startsWith('[') ? `[${cookie.domain}]` : cookie.domain;
  return {
    name: cookie.name,
    value: cookie.value,
    url: `${cookie.secure || cookie.sourceScheme === 'secure' ? 'https' : 'http'}://${host}${cookie.path}`,
    ...(cookie.hostOnly ? {} : { domain: `.${cookie.domain}` }),
    path: cookie.path,
    ...(cookie.expires === undefined ? {} : { expires: cookie.expires }),
    httpOnly: cookie.httpOnly,
    secure: cookie.secure,
    ...(cookie.sameSite === undefined ? {} : { sameSite: SAME_SITE_CDP[cookie.sameSite] }),
    ...(cookie.partitionKey === undefined ? {} : { partitionKey: cookie.partitionKey }),
    ...(cookie.priority === undefined ? {} : { priority: PRIORITY_CDP[cookie.priority] }),
    ...(cookie.sourceScheme === undefined ? {} : { sourceScheme: SCHEME_CDP[cookie.sourceScheme] }),
    ...(cookie.sourcePort === undefined ? {} : { sourcePort: cookie.sourcePort }),
  };
}
