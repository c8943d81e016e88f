/** What the cookie formats share: the dotted domain, the checks of a foreign cookie, and the losses of its attributes. */
import type { Cookie, Loss } from '@psp/protocol';
import { PspError, toWireString } from '@psp/protocol';
import { array, misplaced } from './place.js';

/** `example.com` for a host-only cookie, `.example.com` for one that subdomains receive: so write CDP, WebDriver and Netscape. */
export function dottedDomain(cookie: Pick<Cookie, 'domain' | 'hostOnly'>): string {
  return cookie.hostOnly ? cookie.domain : `.${cookie.domain}`;
}

/** The reverse of `dottedDomain`. */
export function plainDomain(domain: string): Pick<Cookie, 'domain' | 'hostOnly'> {
  const host = domain.toLowerCase();
  return host.startsWith('.') ? { domain: host.slice(1), hostOnly: false } : { domain: host, hostOnly: true };
}

/** Gives the cookie back when a session can hold it. */
export function checkedCookie(cookie: Cookie, place: string): Cookie {
  if (!/^[^\s/\\?#@.][^\s/\\?#@]*$/.test(cookie.domain))
    throw misplaced(`${place}.domain`, 'a host name', cookie.domain);
  if (!cookie.path.startsWith('/')) throw misplaced(`${place}.path`, 'a path that starts with /', cookie.path);
  for (const field of ['name', 'value', 'domain', 'path'] as const) {
    if (typeof toWireString(cookie[field]) !== 'string')
      throw misplaced(`${place}.${field}`, 'well-formed text', cookie[field]);
  }
  return cookie;
}

/** A whole file that is one JSON array of cookies. */
export function cookieList(json: unknown, read: (value: unknown, place: string) => Cookie): Cookie[] {
  if (!Array.isArray(json)) {
    throw new PspError('INVALID_DOCUMENT', 'cookies: expected a JSON array of cookies, found something else');
  }
  return array(json, 'cookies').map((value, index) =>
    checkedCookie(read(value, `cookies[${index}]`), `cookies[${index}]`),
  );
}

/** Negative times stand for a session cookie in CDP, Puppeteer and Playwright. */
export function expiresField(seconds: number | undefined): { expires?: number } {
  return seconds === undefined || seconds < 0 ? {} : { expires: seconds };
}

/** Whole seconds, rounded down; never 0, which several formats read as "session cookie". */
export function wholeSeconds(expires: number): number {
  return Math.max(1, Math.floor(expires));
}

/** Attributes that carry information beyond the browser's default. */
const INFORMATIVE: Readonly<Record<string, (cookie: Cookie) => boolean>> = {
  httpOnly: (cookie) => cookie.httpOnly,
  sameSite: (cookie) => cookie.sameSite !== undefined,
  partitionKey: (cookie) => cookie.partitionKey !== undefined,
  priority: (cookie) => cookie.priority !== undefined && cookie.priority !== 'medium',
  sourceScheme: (cookie) => cookie.sourceScheme !== undefined && cookie.sourceScheme !== 'unset',
  sourcePort: (cookie) => cookie.sourcePort !== undefined && cookie.sourcePort !== -1,
};

/** One loss for each cookie that has attributes which the format has no field for. */
export function attributeLosses(cookies: readonly Cookie[], format: string, without: readonly string[]): Loss[] {
  return cookies.flatMap((cookie) => {
    const lost = without.filter((attribute) => INFORMATIVE[attribute]?.(cookie));
    return lost.length === 0 ? [] : [cookieLoss(cookie, `${format} does not hold ${lost.join(', ')}`)];
  });
}

export function cookieLoss(cookie: Cookie, detail: string): Loss {
  return { code: 'format-cannot-hold', kind: 'cookie', origin: cookie.domain, item: cookie.name, detail };
}
