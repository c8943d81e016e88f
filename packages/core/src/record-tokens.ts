/** Tokens of a session whose records travel as text: only batches in which a token may stand are parsed, and not without end. */
import {
  isStorePlace,
  mayHoldToken,
  showWireString,
  TokenSearch,
  type IdbRecord,
  type SessionDocument,
} from '@psp/protocol';
import type { RecordBatch, SessionState } from './state.js';

/** Bytes of JSON that are parsed for one session. Tokens stand in small stores; this keeps the search a small part of a save. */
const MAX_PARSED_BYTES = 16 * 1024 * 1024;
const PIECE_BYTES = 32 * 1024;
/** What is looked for is shorter. */
const OVERLAP_BYTES = 64;

export class RecordTokens {
  readonly search: TokenSearch;
  readonly #marks: readonly Buffer[];
  #left = MAX_PARSED_BYTES;

  /** Looks through the document; its records are added batch by batch. `marks` as in TokenSearch. */
  constructor(
    readonly document: SessionDocument,
    marks: readonly string[] = [],
  ) {
    this.search = new TokenSearch(document, { marks });
    this.#marks = marks.map((mark) => Buffer.from(mark));
  }

  static async of(state: SessionState, marks?: readonly string[]): Promise<TokenSearch> {
    const tokens = new RecordTokens(state.document, marks);
    for await (const batch of state.batches) tokens.add(batch);
    return tokens.search;
  }

  add({ at, json }: RecordBatch): void {
    // Bodies and files stand in base64, which shows no token.
    if (!isStorePlace(at)) return;
    const [origin, database, store] = at;
    const from = this.document.origins[origin];
    const names = [from?.indexedDB[database]?.name, from?.indexedDB[database]?.stores[store]?.name];
    if (from === undefined || json.byteLength > this.#left || !this.#mayHold(json)) return;
    this.#left -= json.byteLength;
    const shown = names.map((name) => (name === undefined ? '?' : showWireString(name)));
    this.search.addRecords(from.origin, shown, JSON.parse(Buffer.from(json).toString()) as IdbRecord[]);
  }

  #mayHold(json: Uint8Array): boolean {
    const bytes = Buffer.from(json.buffer, json.byteOffset, json.byteLength);
    return this.#marks.some((mark) => bytes.includes(mark)) || mayHold(bytes);
  }
}

/** In pieces, for a long text costs more memory than its search takes time. What is looked for is ASCII, which is the same in Latin-1. */
function mayHold(bytes: Buffer): boolean {
  for (let start = 0; start < bytes.length; start += PIECE_BYTES)
    if (mayHoldToken(bytes.toString('latin1', start, start + PIECE_BYTES + OVERLAP_BYTES))) return true;
  return false;
}
