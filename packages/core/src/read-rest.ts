/** Goes on reading stores where the first look at an origin stopped, piece by piece. */
import type { PspError, IdbDatabase, WireValue } from '@psp/protocol';
import { callPage, isSlow, READ_LIMITS, type Place } from './page-call.js';
import type { DumpReply, PageLoss, RecordsRequest } from './page/contract.js';
import type { StoreBatch } from './read-origin.js';

/** Pieces under way: the page reads one while the browser brings another. */
const AT_ONCE = 3;

/** Records after one key, up to another. */
interface Piece {
  readonly after: WireValue | undefined;
  readonly upTo: WireValue | undefined;
  readonly batches: StoreBatch[];
}

interface StoreReading {
  readonly batches: StoreBatch[];
  readonly losses: PageLoss[];
}

/** Once a call takes too long the stores that are left get a loss each, and no wait. */
export class RestReader {
  #slow: PspError | undefined;

  constructor(
    readonly place: Place,
    readonly databases: readonly IdbDatabase[],
    readonly timeoutMs: number,
  ) {}

  /** Throws as `callPage`, but for a page that is slow: that costs a loss. */
  async read(rest: DumpReply['rest'][number]): Promise<StoreReading> {
    const database = this.databases[rest.database];
    const store = database?.stores[rest.store];
    const reading: StoreReading = { batches: [], losses: [] };
    if (database === undefined || store === undefined) return reading;
    const at = [rest.database, rest.store] as const;
    const request = { do: 'records', database: database.name, store: store.name, ...READ_LIMITS } as const;
    const pieces = piecesOf(rest);
    const left = pieces.values();
    try {
      const workers = Array.from({ length: Math.min(AT_ONCE, pieces.length) }, async () => {
        for (const piece of left) await this.#readPiece(request, at, piece, reading.losses);
      });
      // All of them end before anything is made of it.
      for (const end of await Promise.allSettled(workers)) if (end.status === 'rejected') throw end.reason;
    } catch (error) {
      if (!isSlow(error)) throw error;
      this.#slow = error;
      const item = [database.name, store.name].map((name) => (typeof name === 'string' ? name : '?')).join('/');
      const detail = `records are missing: ${error.message}`;
      reading.losses.push({ code: 'database-failed', kind: 'indexedDB', item, detail });
    }
    reading.batches.push(...pieces.flatMap(({ batches }) => batches));
    return reading;
  }

  async #readPiece(
    request: Omit<RecordsRequest, 'after' | 'upTo' | 'timeoutMs'>,
    at: StoreBatch['at'],
    { after, upTo, batches }: Piece,
    losses: PageLoss[],
  ): Promise<void> {
    const end = upTo === undefined ? {} : { upTo };
    let next = after;
    do {
      if (this.#slow !== undefined) throw this.#slow;
      const begin = next === undefined ? {} : { after: next };
      const { header, records } = await callPage(this.place, {
        ...request,
        ...begin,
        ...end,
        timeoutMs: this.timeoutMs,
      });
      losses.push(...header.losses);
      if (header.count > 0) batches.push({ at, count: header.count, json: records[0] as Uint8Array });
      next = header.next;
    } while (next !== undefined);
  }
}

function piecesOf({ after, cuts }: DumpReply['rest'][number]): Piece[] {
  const begins = [after, ...cuts];
  return begins.map((begin, index) => ({ after: begin, upTo: cuts[index], batches: [] }));
}
