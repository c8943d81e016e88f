/** Reads the storage of one origin in one frame, page by page. */
import type { Loss, OriginState, StorageItem, WireValue } from '@psp/protocol';
import { callPage, type Place } from './page-call.js';
import type { PageLoss } from './page/contract.js';

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
}

export interface ReadOptions {
  readonly sessionStorage: boolean;
  /** localStorage and IndexedDB, which all tabs of the origin share. */
  readonly shared: boolean;
  readonly timeoutMs: number;
}

/** JSON text in one reply; small enough that one copy on each side of the connection does not matter. */
const BATCH_BYTES = 1024 * 1024;

export async function readOrigin(place: Place, options: ReadOptions): Promise<OriginReading> {
  const origin = place.frame.origin as string;
  const { header, records } = await callPage(place, {
    do: 'dump',
    localStorage: options.shared,
    sessionStorage: options.sessionStorage,
    indexedDB: options.shared,
    maxBytes: BATCH_BYTES,
    timeoutMs: options.timeoutMs,
  });
  const databases = header.databases ?? [];
  const losses = header.losses.map((loss) => ofOrigin(loss, origin));
  const batches = header.batches.map(({ database, store, count }, index): StoreBatch => {
    return { at: [database, store], count, json: records[index] as Uint8Array };
  });
  for (const { database, store, after } of header.rest) {
    const from = databases[database];
    const name = from?.stores[store]?.name;
    if (from === undefined || name === undefined) continue;
    let next: WireValue | undefined = after;
    do {
      const more = await callPage(place, {
        do: 'records',
        database: from.name,
        store: name,
        ...(next === undefined ? {} : { after: next }),
        maxBytes: BATCH_BYTES,
        timeoutMs: options.timeoutMs,
      });
      losses.push(...more.header.losses.map((loss) => ofOrigin(loss, origin)));
      if (more.header.count > 0) {
        batches.push({ at: [database, store], count: more.header.count, json: more.records[0] as Uint8Array });
      }
      next = more.header.next;
    } while (next !== undefined);
  }
  // The payload lists records in the order of the stores (PSP-PAY-2).
  batches.sort((a, b) => a.at[0] - b.at[0] || a.at[1] - b.at[1]);
  const state = { origin, localStorage: header.localStorage ?? [], indexedDB: databases };
  return { state, batches, losses, sessionStorage: header.sessionStorage };
}

export function ofOrigin(loss: PageLoss, origin: string): Loss {
  return { ...loss, origin };
}
