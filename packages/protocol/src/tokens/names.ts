/** Names under which programs keep tokens and the times that belong to them: `access_token`, `refreshToken`, `expires_at`. */
import type { TokenKind } from './token.js';

const KINDS: ReadonlyMap<string, TokenKind> = new Map([
  ['accesstoken', 'access'],
  ['refreshtoken', 'refresh'],
  ['idtoken', 'id'],
]);

/** So they all end. Asked first: most names do not, and taking one apart costs more. */
const END = /token[^a-z0-9]*$/i;

/** The kind is told by the end of a name; what stands before is often an address and may be long. */
const MAX_END = 64;

/** `x.y.idToken` is `id`; `paid_token` is none. */
export function kindOfName(name: string): TokenKind | undefined {
  const end = name.slice(-MAX_END);
  if (!END.test(end)) return undefined;
  const words = wordsOf(end);
  return KINDS.get(words.at(-1) ?? '') ?? KINDS.get(words.slice(-2).join(''));
}

/** The words of a name in lower case, whichever way they are joined. */
export function wordsOf(name: string): string[] {
  const apart = name.replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
  return apart.split(/[^a-z0-9]+/).filter((word) => word !== '');
}

const MOMENTS = ['expiresat', 'expireson', 'expirationtime', 'expirydate', 'expiry', 'expires'];
const LIFETIMES = ['expiresin'];
const BEGINNINGS = ['issuedat', 'createdat', 'cachedat', 'obtainedat', 'storedat', 'receivedat'];

/** The members of an object, or the items of a storage, by their names in lower case and without signs between words. */
export type NamedValues = ReadonlyMap<string, unknown>;

export function namedValues(entries: Iterable<readonly [name: string, value: unknown]>): NamedValues {
  const values = new Map<string, unknown>();
  for (const [name, value] of entries)
    if (name.length <= MAX_END) values.set(name.toLowerCase().replaceAll(/[^a-z0-9]/g, ''), value);
  return values;
}

/**
 * Milliseconds since 1970 when the token ends. `own` admits names without a kind, which in an answer of an authorization server
 * are those of the access token (RFC 6749, section 5.1). A lifetime counts only beside the moment from which it runs.
 */
export function endOf(kind: TokenKind, values: NamedValues, own: boolean): number | undefined {
  const prefixes = [`${kind}token`, kind, ...(own ? [''] : [])];
  const among = (names: readonly string[]): unknown[] =>
    prefixes.flatMap((prefix) => names.map((name) => values.get(prefix + name)));
  const end = among(MOMENTS)
    .map(momentOf)
    .find((ms) => ms !== undefined);
  if (end !== undefined) return end;
  const lifetime = among(LIFETIMES)
    .map(numberOf)
    .find((seconds) => seconds !== undefined);
  const begin = among(BEGINNINGS)
    .map(momentOf)
    .find((ms) => ms !== undefined);
  return lifetime === undefined || begin === undefined ? undefined : begin + lifetime * 1000;
}

/** Before this a number is no moment but a duration (in seconds: 2001; in milliseconds: 1973). */
const FIRST_SECONDS = 1e9;
const FIRST_MS = 1e11;

/** Seconds or milliseconds since 1970, or a date in the form of RFC 3339. */
function momentOf(value: unknown): number | undefined {
  const number = numberOf(value);
  if (number !== undefined) return number < FIRST_SECONDS ? undefined : number < FIRST_MS ? number * 1000 : number;
  if (typeof value !== 'string' || value.length > 40 || !/^\d{4}-\d\d-\d\d[T ]\d\d:/.test(value)) return undefined;
  const ms = Date.parse(value);
  return Number.isNaN(ms) ? undefined : ms;
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  return typeof value === 'string' && /^\d{1,16}(?:\.\d{1,9})?$/.test(value) ? Number(value) : undefined;
}
