/** Reads the storage of one origin in one frame, page by page. */
import {
  PspError,
  type IdbDatabase,
  type Loss,
  type OriginState,
  type StateKind,
  type StorageItem,
} from '@psp/protocol';
import { callPage, MAX_RECORD_BYTES, type PageReply, type Place } from './page-call.js';
import type { DumpReply, PageLoss, SurroundingsReply, SurroundingsScope } from './page/contract.js';

/** Records of one store of the origin; `at` is [database, store]. */
interface StoreBatch {
  readonly at: readonly [database: number, store: number];
  readonly count: number;
  readonly json: Uint8Array;
}

export interface OriginReading {
  readonly state: OriginState;
  readonly batches: readonly StoreBatch[];
  readonly losses: readonly Loss[];
  readonly sessionStorage: StorageItem[] | undefined;
  readonly surroundings?: SurroundingsReply;
}

export interface ReadOptions {
  readonly sessionStorage: boolean;
  /** localStorage and IndexedDB, which all tabs of the origin share. */
  readonly shared: boolean;
  /** Of these, the kinds that are wanted. Default: all. What is not wanted is not opened. */
  readonly takes?: (kind: StateKind) => boolean;
  /** What to ask of the surroundings along with it. */
  readonly surroundings?: SurroundingsScope;
  readonly timeoutMs: number;
}

/** JSON text in one reply is small enough that one copy on each side of the connection does not matter; one record may be larger. */
const LIMITS = { maxBytes: 1024 * 1024, maxRecordBytes: MAX_RECORD_BYTES };

/**
 * Reads what is asked for. A database that takes too long costs a loss, not the storage beside it. Throws as `callPage` does where
 * the page does not answer at all.
 */
export async function readOrigin(place: Place, options: ReadOptions): Promise<OriginReading> {
  const origin = place.frame.origin as string;
  const { header, records } = await dump(place, options);
  const databases = header.databases ?? [];
  const losses = [...header.losses];
  const batches = header.batches.map(({ database, store, count }, index): StoreBatch => {
    return { at: [database, store], count, json: records[index] as Uint8Array };
  });
  const rest = new RestReader(place, databases, options.timeoutMs);
  for (const store of header.rest) await rest.read(store, batches, losses);
  // The payload lists records in the order of the stores (PSP-PAY-2).
  batches.sort((a, b) => a.at[0] - b.at[0] || a.at[1] - b.at[1]);
  const state = { origin, localStorage: header.localStorage ?? [], indexedDB: databases };
  const ofThis = losses.map((loss) => ofOrigin(loss, origin));
  return {
    state,
    batches,
    losses: ofThis,
    sessionStorage: header.sessionStorage,
    ...(header.surroundings === undefined ? {} : { surroundings: header.surroundings }),
  };
}

/** Where the whole takes too long, another call asks for all but the databases. */
async function dump(place: Place, options: ReadOptions): Promise<PageReply<DumpReply>> {
  const { sessionStorage, shared, takes = () => true, timeoutMs } = options;
  const around = options.surroundings === undefined ? {} : { surroundings: options.surroundings };
  const localStorage = shared && takes('localStorage');
  const indexedDB = shared && takes('indexedDB');
  const request = { do: 'dump', localStorage, sessionStorage, ...LIMITS, timeoutMs, ...around } as const;
  try {
    return await callPage(place, { ...request, indexedDB });
  } catch (error) {
    if (!indexedDB || !isSlow(error)) throw error;
    const reply = await callPage(place, { ...request, indexedDB: false });
    reply.header.losses.push({ code: 'origin-timeout', kind: 'indexedDB', detail: `IndexedDB: ${error.message}` });
    return reply;
  }
}

/** Goes on where the dump stopped. Once a call takes too long the stores that are left get a loss each, and no wait. */
class RestReader {
  #slow: PspError | undefined;

  constructor(
    readonly place: Place,
    readonly databases: readonly IdbDatabase[],
    readonly timeoutMs: number,
  ) {}

  async read(rest: DumpReply['rest'][number], batches: StoreBatch[], losses: PageLoss[]): Promise<void> {
    const database = this.databases[rest.database];
    const store = database?.stores[rest.store];
    if (database === undefined || store === undefined) return;
    const request = { do: 'records', database: database.name, store: store.name, ...LIMITS } as const;
    let next = rest.after;
    try {
      do {
        if (this.#slow !== undefined) throw this.#slow;
        const after = next === undefined ? {} : { after: next };
        const { header, records } = await callPage(this.place, { ...request, ...after, timeoutMs: this.timeoutMs });
        losses.push(...header.losses);
        if (header.count > 0) {
          batches.push({ at: [rest.database, rest.store], count: header.count, json: records[0] as Uint8Array });
        }
        next = header.next;
      } while (next !== undefined);
    } catch (error) {
      if (!isSlow(error)) throw error;
      this.#slow = error;
      const item = [database.name, store.name].map((name) => (typeof name === 'string' ? name : '?')).join('/');
      const detail = `records are missing: ${error.message}`;
      losses.push({ code: 'database-failed', kind: 'indexedDB', item, detail });
    }
  }
}

const isSlow = (error: unknown): error is PspError => error instanceof PspError && error.code === 'TIMEOUT';

export function ofOrigin(loss: PageLoss, origin: string): Loss {
  return { ...loss, origin };
}
