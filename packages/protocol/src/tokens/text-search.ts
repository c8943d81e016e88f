/** Looks through one item (a cookie, an entry, a record) for tokens, in whatever text its program wrapped them. Bounded work. */
import { decodeBase64Url, findJwts } from './jwt.js';
import { endOf, kindOfName, namedValues, type NamedValues } from './names.js';
import { describeJwt, timeOfMs, type Token } from './token.js';

/** What has both Node and browsers. */
declare const decodeURIComponent: (text: string) => string;

/** Found in one item: the tokens, each once, and whether one of the marks stands in it. */
export interface Findings {
  readonly tokens: readonly Omit<Token, 'place'>[];
  readonly isMarked: boolean;
}

/** Characters that may still be looked at, shared by all items of a session. */
export interface Budget {
  left: number;
}

/** Wrappings within wrappings, and levels of objects, beyond which nobody keeps a token. */
const MAX_DEPTH = 24;
/** Most characters of a token that is no JWT, and fewest. */
const MAX_OPAQUE = 16 * 1024;
const MIN_OPAQUE = 8;
/** Most tokens that one item is said to have. */
const MAX_TOKENS = 100;
/** Text without any of these holds no token: the end of a name of one, or the beginning of a JWT. */
const HINT = /oken(?![A-Za-z0-9])|OKEN(?![A-Za-z0-9])|\.eyJ|eyJ(?:hbGci|0eXAi|lbmMi|raWQi)/;
/** Wrapped text begins so: base64 of `{"` and `["`, and the prefix that Supabase gives it. */
const BASE64 = ['eyJ', 'WyJ', 'base64-'];

/** False for a text that holds no token. Quick, for texts of any size: each sign begins with a letter that is rare. */
export function mayHoldToken(text: string): boolean {
  return (
    stands('ken', text, isNameOfToken) || stands('KEN', text, isNameOfToken) || stands('yJ', text, isBeginningOfJwt)
  );
}

function stands(sign: string, text: string, isMeant: (text: string, at: number) => boolean): boolean {
  for (let at = text.indexOf(sign); at >= 0; at = text.indexOf(sign, at + sign.length))
    if (isMeant(text, at)) return true;
  return false;
}

/** `at` is that of "yJ". */
const isBeginningOfJwt = (text: string, at: number): boolean =>
  text.charAt(at - 1) === 'e' && HINT.test(text.slice(Math.max(0, at - 2), at + 7));

const T = 0x74;
const O = 0x6f;
/** Most signs between the words of a name. */
const MAX_SIGNS = 8;
const ENDS_WITH_KIND = /(?:access|refresh|id)$/i;

/** Many names end in "token"; those of ours have a kind before it, whatever signs stand between. `at` is that of "ken". */
function isNameOfToken(text: string, at: number): boolean {
  let end = at - 2;
  const isToken = (text.charCodeAt(end) | 0x20) === T && (text.charCodeAt(end + 1) | 0x20) === O;
  if (!isToken || isWordPart(text, at + 3)) return false;
  for (let signs = 0; signs < MAX_SIGNS && end > 0; signs += 1) {
    if (text.charAt(end - 3) === '%') end -= 3;
    else if (isWordPart(text, end - 1)) break;
    else end -= 1;
  }
  return ENDS_WITH_KIND.test(text.slice(Math.max(0, end - 7), end));
}

function isWordPart(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return (code >= 0x30 && code <= 0x39) || ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a);
}

export function searchItem(
  name: string,
  value: unknown,
  around: NamedValues,
  options: { budget: Budget; marks: readonly string[] },
): Findings {
  const search = new ItemSearch(options.budget, options.marks);
  search.value(name, value, { values: around, outer: undefined, alone: true }, 0);
  return { tokens: [...search.found.values()], isMarked: search.isMarked };
}

/** What stands beside a value: the members of its object, and of the object around that. */
interface Around {
  readonly values: NamedValues;
  readonly outer: NamedValues | undefined;
  /** No other token stands in the object. */
  readonly alone: boolean;
}

const NOTHING: Around = { values: new Map(), outer: undefined, alone: true };

class ItemSearch {
  /** By the token itself, so that one that stands twice is told once. */
  readonly found = new Map<string, Omit<Token, 'place'>>();
  readonly #seen = new Set<object>();
  isMarked = false;

  constructor(
    readonly budget: Budget,
    readonly marks: readonly string[],
  ) {}

  value(name: string, value: unknown, around: Around, depth: number): void {
    if (depth > MAX_DEPTH || this.budget.left <= 0) return;
    this.budget.left -= 8;
    if (typeof value === 'string') this.#text(name, value, around, depth);
    else if (typeof value === 'object' && value !== null && !this.#seen.has(value)) {
      this.#seen.add(value);
      this.#object(name, value, around, depth);
    }
  }

  #object(name: string, value: object, around: Around, depth: number): void {
    // The items of a list go by the name of the list.
    if (Array.isArray(value)) return value.forEach((item) => this.value(name, item, NOTHING, depth + 1));
    const entries = Object.entries(value) as [string, unknown][];
    const values = namedValues(entries);
    const tokens = entries.filter(([member, content]) => typeof content === 'string' && kindOfName(member)).length;
    const here: Around = { values, outer: around.values, alone: tokens <= 1 };
    const { credentialType, secret } = value as { credentialType?: unknown; secret?: unknown };
    // MSAL names the kind of a token in a member of its own.
    if (typeof credentialType === 'string' && typeof secret === 'string')
      this.#text(credentialType.split('_', 1)[0] as string, secret, here, depth + 1);
    for (const [member, content] of entries) this.value(member, content, here, depth + 1);
  }

  #text(name: string, text: string, around: Around, depth: number): void {
    this.budget.left -= text.length;
    if (this.budget.left < 0) return;
    this.#mark(text);
    const inner = this.#unwrap(text);
    if (inner !== undefined) return this.value(name, inner, around, depth + 1);
    const jwts = findJwts(text);
    for (const jwt of jwts) {
      this.#mark(jwt.text);
      // A name speaks of the whole value only.
      const isWhole = jwts.length === 1;
      this.#add(text.slice(jwt.start, jwt.end), describeJwt(jwt, isWhole ? name : ''), around);
    }
    if (jwts.length === 0) this.#opaque(name, text, around);
  }

  #mark(text: string): void {
    this.isMarked ||= this.marks.some((mark) => text.includes(mark));
  }

  /** What the text holds when it is JSON, percent-encoded or base64; undefined when it is none of these. */
  #unwrap(text: string): unknown {
    if (!mayBeWrapped(text)) return undefined;
    const json = text.startsWith('j:') ? text.slice(2) : text;
    if (/^\s{0,8}[{["]/.test(json)) return parsed(json);
    if (json.includes('%')) return percentDecoded(json);
    const begin = BASE64.find((prefix) => json.startsWith(prefix));
    if (begin === undefined || json.includes('.')) return undefined;
    const decoded = decodeBase64Url(begin === 'base64-' ? json.slice(begin.length) : json);
    this.budget.left -= decoded?.length ?? 0;
    return decoded === undefined ? undefined : parsed(decoded);
  }

  /** A token that only its name tells. */
  #opaque(name: string, text: string, around: Around): void {
    const kind = kindOfName(name);
    const token = text.startsWith('Bearer ') ? text.slice(7) : text;
    if (kind === undefined || token.length < MIN_OPAQUE || token.length > MAX_OPAQUE) return;
    if (!/\s/.test(token) && token !== 'undefined') this.#add(token, { kind }, around);
  }

  #add(token: string, told: Omit<Token, 'place'>, { values, outer, alone }: Around): void {
    const before = this.found.get(token);
    if (before !== undefined && before.kind !== 'unknown') return;
    if (before === undefined && this.found.size >= MAX_TOKENS) return;
    const own = told.kind === 'access' || (alone && told.kind !== 'unknown');
    const end = endOf(told.kind, values, own) ?? (outer === undefined ? undefined : endOf(told.kind, outer, own));
    const expiresAt = told.expiresAt ?? (end === undefined ? undefined : timeOfMs(end));
    const type = values.get('tokentype');
    const keyBound = told.keyBound ?? (typeof type === 'string' && /^dpop$/i.test(type) && told.kind !== 'id');
    this.found.set(token, {
      ...told,
      ...(expiresAt === undefined ? {} : { expiresAt }),
      ...(keyBound ? { keyBound } : {}),
    });
  }
}

function mayBeWrapped(text: string): boolean {
  if (BASE64.some((prefix) => text.startsWith(prefix))) return true;
  return HINT.test(text) || text.includes('%');
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function percentDecoded(text: string): string | undefined {
  try {
    const decoded = decodeURIComponent(text);
    return decoded === text ? undefined : decoded;
  } catch {
    return undefined;
  }
}
