/** JWTs in text (RFC 7519): signed ones with their claims, encrypted ones without. Signatures are not checked: this is for people. */

/** What both Node and browsers have, named here because this package loads the types of neither. */
declare const atob: (base64: string) => string;
declare const TextDecoder: new (label: string, options: { fatal: boolean }) => { decode(bytes: Uint8Array): string };

export type Members = Readonly<Record<string, unknown>>;

export interface Jwt {
  /** Where it stands in the text. */
  readonly start: number;
  readonly end: number;
  /** The JOSE header; it may repeat claims of an encrypted token (RFC 7519, section 5.3). */
  readonly header: Members;
  /** Undefined where they are encrypted. */
  readonly claims: Members | undefined;
  /** The text of the claims; empty where they are encrypted. */
  readonly text: string;
}

/** `{"` in base64url: with what else could the header of a token begin. */
const BEGINNING = 'eyJ';
const MAX_HEADER = 8 * 1024;
const MAX_CLAIMS = 64 * 1024;
/** Places of one text that are looked at more closely. */
const MAX_PLACES = 1000;
/** Parts of a JWS and of a JWE in compact form (RFC 7515, section 7.1; RFC 7516, section 7.1). */
const JWS_PARTS = 3;
const JWE_PARTS = 5;

/** All tokens of a text, first to last. Looks at each character a few times at most, whatever the text. */
export function findJwts(text: string): Jwt[] {
  const found: Jwt[] = [];
  let places = 0;
  for (let at = text.indexOf(BEGINNING); at >= 0 && places < MAX_PLACES; places += 1) {
    const ends = partEnds(text, at);
    const jwt = readJwt(text, at, ends);
    if (jwt !== undefined) found.push(jwt);
    at = text.indexOf(BEGINNING, jwt?.end ?? ends[0]);
  }
  return found;
}

/** The bytes of base64url or base64 as text, undefined where they are none. */
export function decodeBase64Url(text: string): string | undefined {
  try {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(binary, (byte) => byte.charCodeAt(0));
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    // Neither the engine's words nor the text tell anything: it is no token.
    return undefined;
  }
}

/** The members of a JSON object, undefined for any other text. */
function parseMembers(text: string | undefined): Members | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : undefined;
  } catch {
    return undefined;
  }
}

/** The ends of at most five runs of base64url characters with a dot between them. */
function partEnds(text: string, start: number): number[] {
  const ends: number[] = [];
  for (let at = start; ends.length < JWE_PARTS; at += 1) {
    while (isBase64Url(text.charCodeAt(at))) at += 1;
    ends.push(at);
    if (text[at] !== '.') break;
  }
  return ends;
}

function isBase64Url(unit: number): boolean {
  const isDigit = unit >= 0x30 && unit <= 0x39;
  const letter = unit | 0x20;
  return isDigit || (letter >= 0x61 && letter <= 0x7a) || unit === 0x2d || unit === 0x5f;
}

function readJwt(text: string, start: number, ends: readonly number[]): Jwt | undefined {
  const headerEnd = ends[0] as number;
  if (ends.length < JWS_PARTS || headerEnd - start > MAX_HEADER) return undefined;
  const header = parseMembers(decodeBase64Url(text.slice(start, headerEnd)));
  if (typeof header?.['alg'] !== 'string') return undefined;
  if (typeof header['enc'] === 'string') {
    const end = ends[JWE_PARTS - 1];
    return end === undefined ? undefined : { start, end, header, claims: undefined, text: '' };
  }
  const [, claimsEnd = 0, end = 0] = ends;
  if (claimsEnd - headerEnd > MAX_CLAIMS) return undefined;
  const payload = decodeBase64Url(text.slice(headerEnd + 1, claimsEnd));
  const claims = parseMembers(payload);
  return claims === undefined ? undefined : { start, end, header, claims, text: payload as string };
}
