/** When a session ends, as far as its cookies and tokens tell. A site may end it earlier. */
import type { StateKind } from './schema/loss.js';
import type { SessionDocument, StorageItem } from './schema/session.js';
import { showWireString } from './wire-string.js';

/** What both Node and browsers have, named here because this package loads the types of neither. */
declare const atob: (base64: string) => string;

/** One thing that ends. `item` is its name, never its value; `origin` is a cookie's domain or a storage's origin. */
export interface Expiry {
  readonly kind: StateKind;
  readonly origin: string;
  readonly item: string;
  /** RFC 3339, UTC. */
  readonly expiresAt: string;
}

/** The first moment a cookie or a token (a JWT with `exp`) of the session expires, or undefined when none says so. */
export function earliestExpiry(document: SessionDocument): string | undefined {
  return listExpiries(document)[0]?.expiresAt;
}

/** Everything that tells when it ends, the first to end first. Records of databases are not looked into. */
export function listExpiries(document: SessionDocument): Expiry[] {
  const found: Expiry[] = [];
  const add = (kind: StateKind, origin: string, item: string, seconds: number | undefined): void => {
    const expiresAt = seconds === undefined ? undefined : timeOf(seconds);
    if (expiresAt !== undefined) found.push({ kind, origin, item, expiresAt });
  };
  const addItems = (kind: StateKind, origin: string, items: readonly StorageItem[]): void => {
    for (const item of items) add(kind, origin, showWireString(item.name), tokenExpiry(showWireString(item.value)));
  };
  for (const cookie of document.cookies) {
    add('cookie', cookie.domain, cookie.name, cookie.expires);
    add('cookie', cookie.domain, cookie.name, tokenExpiry(cookie.value));
  }
  for (const { origin, localStorage } of document.origins) addItems('localStorage', origin, localStorage);
  for (const tab of document.tabs)
    for (const area of tab.sessionStorage) addItems('sessionStorage', area.origin, area.items);
  return found.sort((a, b) => Date.parse(a.expiresAt) - Date.parse(b.expiresAt));
}

/** A JWT in compact form (RFC 7519), alone or within other text: `{"` in base64url begins with `eyJ`. */
const TOKEN = /\beyJ[\w-]{8,4000}\.(eyJ[\w-]{2,8000})\.[\w-]{0,4000}/g;

/** Seconds since 1970 of the first `exp` among the tokens in a text. The signature is not checked: this is for people. */
function tokenExpiry(text: string): number | undefined {
  const times = Array.from(text.matchAll(TOKEN), ([, payload]) => expOf(payload!)).filter((time) => time !== undefined);
  return times.length === 0 ? undefined : Math.min(...times);
}

function expOf(payload: string): number | undefined {
  let claims: unknown;
  try {
    claims = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')));
  } catch {
    return undefined; // Text that only looks like a token has no expiry.
  }
  const exp = (claims as { exp?: unknown } | null)?.exp;
  return typeof exp === 'number' ? exp : undefined;
}

/** Undefined beyond what a Date can tell. */
function timeOf(seconds: number): string | undefined {
  const time = new Date(seconds * 1000);
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}
