/** Whether a session can move to another browser, as far as it shows. A site may compare what nobody sees here. */
import { earliestExpiry, sameSite } from './expiry.js';
import type { Binding } from './schema/binding.js';
import type { SessionDocument } from './schema/session.js';
import type { TokenSearch } from './tokens.js';

export interface Portability {
  /** `no`: something is known that will not move. `maybe`: something is there that a site may insist on. `yes`: neither is known. */
  readonly movable: 'yes' | 'maybe' | 'no';
  readonly bindings: readonly Binding[];
  /** In words for people, what could not be looked at. */
  readonly unknown: readonly string[];
  /** When the login ends, as far as it tells: RFC 3339, UTC. */
  readonly expiresAt?: string;
}

/** Most places that are told to hold the user agent. */
const MAX_PLACES = 20;

/** `search` is one through the document and its records; its marks are what the user agent is told by [PSP-POR-2]. */
export function portabilityOf(document: SessionDocument, search: TokenSearch): Portability {
  const observed = document.bindings ?? [];
  const keys = keyBindings(document, search);
  const marked = search.marked.slice(0, MAX_PLACES).map(({ kind, origin, item }): Binding => ({
    to: 'user-agent',
    origin,
    why: `${kind} ${item} holds the user agent`,
  }));
  const bindings = [...observed, ...keys.map(({ binding }) => binding), ...marked];
  const isFixed = observed.some(({ to }) => to === 'device') || keys.some(({ isNeeded }) => isNeeded);
  const expiresAt = earliestExpiry(document, search.tokens);
  return {
    movable: isFixed ? 'no' : bindings.length > 0 ? 'maybe' : 'yes',
    bindings,
    unknown: [...(document.bindings === undefined ? [UNKNOWN.device] : []), UNKNOWN.passkey, UNKNOWN.server],
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}

const UNKNOWN = {
  device: 'The browser does not tell whether a site binds the login to the device (Device Bound Session Credentials).',
  passkey: 'Whether a site wants a passkey or security key again is not to be seen; virtual authenticators move.',
  server: 'What a site compares by itself, such as addresses and fingerprints, is not to be seen.',
};

/** Keys that stayed in their browser, one binding for each origin; needed where a token is of use only with a key. */
function keyBindings(document: SessionDocument, { tokens }: TokenSearch): { binding: Binding; isNeeded: boolean }[] {
  const lost = document.losses.filter(
    ({ code, detail }) => code === 'value-not-portable' && detail?.includes('CryptoKey') === true,
  );
  const byOrigin = new Map(lost.map((loss) => [loss.origin, loss]));
  return [...byOrigin].map(([origin, { item }]) => {
    const isNeeded = tokens.some(({ keyBound, place }) => keyBound === true && sameSite(place.origin, origin ?? ''));
    const what = `the key in ${item ?? 'a record'} is marked non-extractable and stayed in its browser`;
    const why = isNeeded ? `${what}, and a token is of use only with a key` : what;
    return { binding: { to: 'key', ...(origin === undefined ? {} : { origin }), why }, isNeeded };
  });
}
