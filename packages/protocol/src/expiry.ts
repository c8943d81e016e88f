/** When the login of a session ends, as far as its cookies and tokens tell. A site may end it earlier. */
import type { StateKind } from './schema/loss.js';
import type { Cookie, SessionDocument } from './schema/session.js';
import { tokensOf, type Token } from './tokens.js';
import { timeOfMs } from './tokens/token.js';
import { wordsOf } from './tokens/names.js';

/** One thing that ends. `item` is its name, never its value; `origin` is a cookie's domain or a storage's origin. */
export interface Expiry {
  readonly kind: StateKind;
  readonly origin: string;
  readonly item: string;
  /** RFC 3339, UTC. */
  readonly expiresAt: string;
}

/** The first moment at which something ends that keeps the login; undefined when nothing says so [PSP-TOK-4]. */
export function earliestExpiry(document: SessionDocument, tokens?: readonly Token[]): string | undefined {
  return listExpiries(document, tokens)[0]?.expiresAt;
}

/**
 * Whatever keeps the login and tells when it ends, the first to end first: tokens, and cookies that are HttpOnly or have the name of
 * a login. An access or ID token with a refresh token for the same host is renewed by that and does not count; nor do cookies of
 * analytics, load balancers and protection from forgery and bots, nor what had ended before the capture.
 */
export function listExpiries(document: SessionDocument, tokens: readonly Token[] = tokensOf(document)): Expiry[] {
  const found: Expiry[] = [];
  const captured = Date.parse(document.capturedAt);
  const add = (kind: StateKind, origin: string, item: string, expiresAt: string | undefined): void => {
    if (expiresAt === undefined || Date.parse(expiresAt) <= captured) return;
    found.push({ kind, origin, item, expiresAt });
  };
  for (const cookie of document.cookies.filter(keepsLogin))
    if (cookie.expires !== undefined) add('cookie', cookie.domain, cookie.name, timeOfMs(cookie.expires * 1000));
  const refreshing = new Set(tokens.filter(({ kind }) => kind === 'refresh').map(hostOf));
  for (const token of tokens) {
    const { kind, origin, item } = token.place;
    const isRenewed = token.kind !== 'refresh' && token.kind !== 'unknown' && covers(refreshing, hostOf(token));
    if (!isRenewed) add(kind, origin, item, token.expiresAt);
  }
  return found.sort((a, b) => Date.parse(a.expiresAt) - Date.parse(b.expiresAt));
}

/** The places of a cookie's name where a login shows. */
const LOGIN = /auth|sess|token|jwt|login|logged|remember|identity/;
const LOGIN_WORDS: ReadonlySet<string> = new Set(['sid', 'uid', 'user', 'sso']);

/** How names begin that analytics, advertisement, load balancers and protection from bots give to cookies. */
const OTHER_USES = [
  ...[
    '_ga',
    '_gid',
    '_gat',
    '_gcl',
    '__utm',
    '_hj',
    '_fb',
    '_uet',
    '_cl',
    '_pk_',
    '_dd_s',
    'ajs_',
    'amp',
    'mp_',
    '__hs',
  ],
  ...['intercom-', 'optimizely', 'posthog', 'ph_', '_scid', '_tt_'],
  ...['__cf', '_cf', 'cf_', 'ak_', 'bm_', '_abck', 'datadome', 'incap_', 'visid_', 'nlbi_', '__ddg', '_px', 'reese84'],
  ...['awsalb', 'bigip', 'arraffinity', 'lb_', 'serverid', 'applicationgatewayaffinity'],
];
const FORGERY = /csrf|xsrf|forgery/;

function keepsLogin({ name, httpOnly }: Cookie): boolean {
  const lower = name.toLowerCase();
  if (FORGERY.test(lower) || OTHER_USES.some((begin) => lower.startsWith(begin))) return false;
  return httpOnly || LOGIN.test(lower) || wordsOf(name.slice(0, 200)).some((word) => LOGIN_WORDS.has(word));
}

/** What both Node and browsers have, named here because this package loads the types of neither. */
declare const URL: { new (text: string): { readonly hostname: string } };

function hostOf({ place }: Token): string {
  return hostIn(place.origin);
}

/** Of an origin, or of a cookie's domain, which is one. */
function hostIn(place: string): string {
  return place.includes('://') ? new URL(place).hostname : place;
}

/** Whether two origins or domains are one, or one is above the other: a site keeps one token here and the other there. */
export function sameSite(a: string, b: string): boolean {
  const [one, other] = [hostIn(a), hostIn(b)];
  return one === other || one.endsWith(`.${other}`) || other.endsWith(`.${one}`);
}

function covers(hosts: ReadonlySet<string>, host: string): boolean {
  if (hosts.has(host)) return true;
  for (const other of hosts) if (sameSite(host, other)) return true;
  return false;
}
