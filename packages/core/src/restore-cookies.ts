/** Restores cookies one by one, removes those that the session does not have, and reads back what the browser made of them. */
import {
  Chooser,
  type Cookie,
  cookieIdentity,
  domainMatches,
  type Loss,
  type OriginState,
  type SessionDocument,
} from '@psp/protocol';
import type { BrowserDriver, CookieAttribute } from './browser/driver.js';
import { CookiePlaces } from './cookie-places.js';
import { DroppedAttributes } from './dropped-attributes.js';
import { originsOfDocument } from './origins.js';

/** Seconds by which a read-back expiry may differ: browsers keep it in microseconds, some protocols in whole seconds. */
const EXPIRY_SLACK_S = 2;

/** What the browser has, of which a restore removes what is not of its session. */
export async function cookiesThere(driver: BrowserDriver, document: SessionDocument): Promise<readonly Cookie[]> {
  return (await driver.cookies(new CookiePlaces(document).all())).cookies;
}

/** Gives how many cookies stand in the browser, and what became of the others. */
export async function restoreCookies(
  driver: BrowserDriver,
  document: SessionDocument,
  there: readonly Cookie[],
): Promise<{ set: number; losses: Loss[] }> {
  const losses: Loss[] = [];
  const now = Date.now() / 1000;
  const live = document.cookies.filter((cookie) => {
    const expired = cookie.expires !== undefined && cookie.expires <= now;
    if (expired) losses.push(lossOf(cookie, 'cookie-expired', undefined));
    return !expired;
  });
  const places = new CookiePlaces(document);
  const isOther = othersThan(document, live);
  await Promise.all(there.filter(isOther).map((cookie) => driver.deleteCookie(cookie, places.of(cookie))));
  const outcomes = await Promise.all(live.map((cookie) => driver.setCookie(cookie, places.of(cookie))));
  const { cookies: read } = live.length === 0 ? { cookies: [] } : await driver.cookies(places.all());
  const byIdentity = new Map(read.map((cookie) => [cookieIdentity(cookie), cookie]));
  const dropped = new DroppedAttributes(driver.features.inexactCookieAttributes);
  let set = 0;
  for (const [index, cookie] of live.entries()) {
    const found = byIdentity.get(cookieIdentity(cookie));
    const outcome = outcomes[index];
    if (found === undefined) {
      losses.push(lossOf(cookie, 'cookie-refused', outcome?.reason ?? 'The browser dropped it without a word.'));
      continue;
    }
    set += 1;
    dropped.note(cookie, found);
    const differences = differencesOf(cookie, found, dropped.attributes);
    if (differences.length > 0) losses.push(lossOf(cookie, 'cookie-altered', differences.join(', ')));
  }
  return { set, losses: [...losses, ...dropped.losses()] };
}

/**
 * The hosts that a session is about: those of its cookies, its origins, and its tabs, which need have neither. Not those that it knows
 * below other sites alone: there they have cookies and storage of their own.
 */
export function hostsOf(document: SessionDocument): Set<string> {
  const hosts = originsOfDocument(document).map((origin) => new URL(origin).hostname);
  return new Set([...document.cookies.map(({ domain }) => domain), ...hosts]);
}

/** A cookie that the session does not have, yet is sent to one of its hosts, would mix two logins. */
function othersThan(document: SessionDocument, live: readonly Cookie[]): (cookie: Cookie) => boolean {
  const hosts = hostsOf(document);
  const wanted = new Set(live.map(cookieIdentity));
  const chooser = new Chooser(document.choices);
  const isOfSession = (cookie: Cookie): boolean =>
    [...hosts].some((host) => domainMatches(host, cookie)) ||
    document.origins.some((place) => isOfPlace(cookie, place));
  return (cookie) => chooser.takesCookie(cookie) && !wanted.has(cookieIdentity(cookie)) && isOfSession(cookie);
}

/** Whether the cookie is of a partition that the session has storage of, and is sent there. */
function isOfPlace(cookie: Cookie, { origin, partition }: OriginState): boolean {
  if (partition === undefined || cookie.partitionKey === undefined) return false;
  const { topLevelSite, hasCrossSiteAncestor } = cookie.partitionKey;
  const isThere = topLevelSite === partition.topLevelSite && hasCrossSiteAncestor === partition.hasCrossSiteAncestor;
  return isThere && domainMatches(new URL(origin).hostname, cookie);
}

/** Attributes that the browser keeps otherwise than asked. Those that the session or the browser does not know are not compared. */
function differencesOf(asked: Cookie, found: Cookie, inexact: readonly CookieAttribute[]): string[] {
  const differences: string[] = [];
  const note = (name: 'httpOnly' | 'secure' | CookieAttribute): void => {
    if (inexact.some((attribute) => attribute === name)) return;
    if (asked[name] !== found[name]) differences.push(`${name}: asked ${show(asked[name])}, kept ${show(found[name])}`);
  };
  if (asked.value !== found.value) differences.push('value: the browser keeps another');
  for (const name of ['httpOnly', 'secure', 'sameSite'] as const) note(name);
  for (const name of ['priority', 'sourceScheme', 'sourcePort'] as const) if (asked[name] !== undefined) note(name);
  if (expiryDiffers(asked.expires, found.expires)) {
    differences.push(`expires: asked ${date(asked.expires)}, kept ${date(found.expires)}`);
  }
  return differences;
}

function expiryDiffers(asked: number | undefined, found: number | undefined): boolean {
  if (asked === undefined || found === undefined) return asked !== found;
  return Math.abs(asked - found) > EXPIRY_SLACK_S;
}

function show(value: unknown): string {
  return value === undefined ? 'unset' : String(value);
}

function date(seconds: number | undefined): string {
  return seconds === undefined ? 'session' : new Date(seconds * 1000).toISOString();
}

function lossOf(cookie: Cookie, code: string, detail: string | undefined): Loss {
  const item = `${cookie.name} (${cookie.hostOnly ? '' : '.'}${cookie.domain}${cookie.path})`;
  return { code, kind: 'cookie', item, ...(detail === undefined ? {} : { detail }) };
}
