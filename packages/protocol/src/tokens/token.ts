/** What PSP tells of a token: what it is for, where it lies and when it ends. Never the token itself. */
import type { StateKind } from '../schema/loss.js';
import { kindOfName } from './names.js';
import type { Jwt, Members } from './jwt.js';

export type TokenKind = 'access' | 'refresh' | 'id' | 'unknown';

/** `origin` is that of a storage, or the domain of a cookie; `item` the name of the cookie or entry, or `database/store/key`. */
export interface TokenPlace {
  readonly kind: StateKind;
  readonly origin: string;
  readonly item: string;
}

/** What is not known is absent. */
export interface Token {
  readonly kind: TokenKind;
  readonly place: TokenPlace;
  readonly issuer?: string;
  readonly audience?: readonly string[];
  readonly subject?: string;
  /** RFC 3339, UTC. */
  readonly expiresAt?: string;
  /** It is of use only to who holds a key: it has a `cnf` claim (RFC 7800), or is of the type DPoP (RFC 9449). */
  readonly keyBound?: true;
}

/** Longer ones are no names that a list could show. */
const MAX_CLAIM = 2048;
const MAX_AUDIENCES = 20;

/** Claims that say what a token is for: `token_use` of Cognito, `typ` of Keycloak, and the media type of RFC 9068. */
const KIND_BY_WORD: ReadonlyMap<unknown, TokenKind> = new Map([
  ['access', 'access'],
  ['bearer', 'access'],
  ['at+jwt', 'access'],
  ['application/at+jwt', 'access'],
  ['refresh', 'refresh'],
  ['offline', 'refresh'],
  ['id', 'id'],
]);
/** Claims that only ID tokens have (OpenID Connect Core, section 2), and such as access tokens have (RFC 9068, section 2.2). */
const OF_ID_TOKENS = ['nonce', 'at_hash', 'c_hash'];
const OF_ACCESS_TOKENS = ['scope', 'scp'];

/** The members of a token that a JWT tells. */
export function describeJwt({ header, claims }: Jwt, name: string): Omit<Token, 'place'> {
  const from = claims ?? header;
  const issuer = shortText(from['iss']);
  const subject = shortText(from['sub']);
  const audience = audienceOf(from['aud']);
  const expiresAt = typeof from['exp'] === 'number' ? timeOfMs(from['exp'] * 1000) : undefined;
  return {
    kind: kindByWord(from, header) ?? kindOfName(name) ?? kindByClaims(claims ?? {}),
    ...(issuer === undefined ? {} : { issuer }),
    ...(audience.length === 0 ? {} : { audience }),
    ...(subject === undefined ? {} : { subject }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(typeof claims?.['cnf'] === 'object' && claims['cnf'] !== null ? { keyBound: true } : {}),
  };
}

/** RFC 3339; undefined beyond what a Date can tell. */
export function timeOfMs(ms: number): string | undefined {
  const time = new Date(ms);
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}

function kindByWord(claims: Members, header: Members): TokenKind | undefined {
  const words = [claims['token_use'], claims['typ'], header['typ']];
  return words.map((word) => KIND_BY_WORD.get(lower(word))).find((kind) => kind !== undefined);
}

function kindByClaims(claims: Members): TokenKind {
  if (OF_ID_TOKENS.some((name) => Object.hasOwn(claims, name))) return 'id';
  return OF_ACCESS_TOKENS.some((name) => Object.hasOwn(claims, name)) ? 'access' : 'unknown';
}

const lower = (value: unknown): unknown => (typeof value === 'string' ? value.slice(0, 40).toLowerCase() : undefined);

function audienceOf(claim: unknown): string[] {
  const list: unknown[] = Array.isArray(claim) ? claim.slice(0, MAX_AUDIENCES) : [claim];
  return list.map(shortText).filter((text) => text !== undefined);
}

function shortText(claim: unknown): string | undefined {
  return typeof claim === 'string' && claim.length <= MAX_CLAIM ? claim.toWellFormed() : undefined;
}
