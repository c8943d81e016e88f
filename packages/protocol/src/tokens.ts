/**
 * Authentication tokens of a session, as a view that is derived from it: JWTs, and tokens of OAuth under the names that
 * programs give them (spec/psp-1.md, section "Tokens"). Knows no program by its name. Gives no token away.
 */
import { namedValues, type NamedValues } from './tokens/names.js';
import { plainGraph } from './tokens/graph.js';
import { joinedCookies } from './tokens/cookie-chunks.js';
import { searchItem, type Budget } from './tokens/text-search.js';
import type { Token, TokenPlace } from './tokens/token.js';
import type { IdbRecord, SessionDocument, StorageItem } from './schema/session.js';
import { showKey } from './show-key.js';
import { showWireString } from './wire-string.js';

export type { Token, TokenKind, TokenPlace } from './tokens/token.js';
export { mayHoldToken } from './tokens/text-search.js';

/** Characters of text that are looked through in one session. */
const BUDGET = 64 * 1024 * 1024;
/** Most tokens that are told of a session. */
const MAX_TOKENS = 1000;

export interface TokenSearchOptions {
  /** Texts whose places are wanted as well: `marked`. */
  readonly marks?: readonly string[];
}

/** All tokens of a document whose records stand in it [PSP-TOK-1]. */
export function tokensOf(document: SessionDocument): readonly Token[] {
  return searchTokens(document).tokens;
}

/** The search through a document whose records stand in it. */
export function searchTokens(document: SessionDocument, options?: TokenSearchOptions): TokenSearch {
  const search = new TokenSearch(document, options);
  for (const { origin, indexedDB } of document.origins)
    for (const { name, stores } of indexedDB)
      for (const store of stores) search.addRecords(origin, [name, store.name].map(showWireString), store.records);
  return search;
}

/** The search in parts, for records that do not stand in the document. */
export class TokenSearch {
  readonly tokens: Token[] = [];
  /** Where a mark was found. */
  readonly marked: TokenPlace[] = [];
  readonly #budget: Budget = { left: BUDGET };
  readonly #marks: readonly string[];

  /** Looks through all of the document but the records of databases. */
  constructor(document: SessionDocument, { marks = [] }: TokenSearchOptions = {}) {
    this.#marks = marks;
    const nothing: NamedValues = new Map();
    for (const { domain, name, value } of joinedCookies(document.cookies))
      this.#search({ kind: 'cookie', origin: domain, item: name }, name, value, nothing);
    for (const { origin, localStorage } of document.origins) this.#items('localStorage', origin, localStorage);
    for (const tab of document.tabs)
      for (const { origin, items } of tab.sessionStorage) this.#items('sessionStorage', origin, items);
  }

  /** Looks through records of a store, whose place is `[database, store]`. */
  addRecords(origin: string, store: readonly string[], records: readonly IdbRecord[]): void {
    for (const { key, value } of records) {
      if (this.#budget.left <= 0) return;
      const name = typeof key === 'string' ? key : '';
      const item = [...store, typeof key === 'string' ? key.slice(0, 200) : showKey(key)].join('/');
      this.#search({ kind: 'indexedDB', origin, item }, name, plainGraph(value), new Map());
    }
  }

  /** The items of a storage stand beside each other like the members of an object. */
  #items(kind: 'localStorage' | 'sessionStorage', origin: string, items: readonly StorageItem[]): void {
    const shown = items.map(({ name, value }) => [showWireString(name), showWireString(value)] as const);
    const around = namedValues(shown.filter(([, value]) => value.length <= 40));
    for (const [name, value] of shown) this.#search({ kind, origin, item: name }, name, value, around);
  }

  #search(place: TokenPlace, name: string, value: unknown, around: NamedValues): void {
    if (this.tokens.length >= MAX_TOKENS) return;
    const { tokens, isMarked } = searchItem(name, value, around, { budget: this.#budget, marks: this.#marks });
    for (const { kind, ...told } of tokens) this.tokens.push({ kind, place, ...told });
    if (isMarked) this.marked.push(place);
  }
}
