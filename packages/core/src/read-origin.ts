/** Reads the storage of one origin in one frame, page by page. */
import {
  comparePlaces,
  PspError,
  showStoragePlace,
  type Loss,
  type OriginState,
  type RecordPlace,
  type StateKind,
  type StorageBucket,
  type StorageItem,
} from '@psp/protocol';
import { callPage, FIRST_READ_LIMITS, isSlow, type PageReply, type Place } from './page-call.js';
import type {
  DepotPlace,
  DumpReply,
  PageLoss,
  SurroundingsReply,
  SurroundingsScope,
  TabView,
} from './page/contract.js';
import { readDepot } from './read-depot.js';
import { RestReader } from './read-rest.js';

/** Where records stand within an origin: [database, store], or a place of its depot. */
type StorePlace = readonly [database: number, store: number] | DepotPlace;

/** Records of one store, one cache or the files of the origin. */
export interface StoreBatch {
  readonly at: StorePlace;
  readonly count: number;
  readonly json: Uint8Array;
}

export interface OriginReading {
  readonly state: OriginState;
  readonly batches: readonly StoreBatch[];
  readonly losses: readonly Loss[];
  readonly sessionStorage: StorageItem[] | undefined;
  /** The buckets beside the default one. */
  readonly buckets?: readonly OriginReading[];
  readonly surroundings?: SurroundingsReply;
  readonly tab?: TabView;
}

export interface ReadOptions {
  readonly sessionStorage: boolean;
  /** All but sessionStorage, which all tabs of the origin share. */
  readonly shared: boolean;
  /** Of these, the kinds that are wanted. Default: all. What is not wanted is not opened. */
  readonly takes?: (kind: StateKind) => boolean;
  /** What to ask of the surroundings along with it. */
  readonly surroundings?: SurroundingsScope;
  /** What the user of the tab sees and did, too. */
  readonly tab?: boolean;
  readonly timeoutMs: number;
}

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
  for (const store of header.rest) {
    const read = await rest.read(store);
    batches.push(...read.batches);
    losses.push(...read.losses);
  }
  const depot = await readDepot(place, header.depot, records.slice(header.batches.length), options.timeoutMs);
  batches.push(...depot.batches);
  losses.push(...depot.losses);
  // The payload lists records in this order (PSP-PAY-2).
  batches.sort((a, b) => comparePlaces([0, ...a.at] as RecordPlace, [0, ...b.at] as RecordPlace));
  const { partition } = place.frame;
  const where = {
    ...(partition === undefined ? {} : { partition }),
    ...(place.bucket === undefined ? {} : { bucket: place.bucket }),
  };
  const state = { origin, ...where, localStorage: header.localStorage ?? [], indexedDB: databases, ...depot.state };
  const buckets = await readBuckets(place, header.depot?.buckets ?? [], options, losses);
  const ofThis = losses.map((loss) => ofOrigin(loss, showStoragePlace(state)));
  return {
    state,
    batches,
    losses: [...ofThis, ...buckets.flatMap((reading) => reading.losses)],
    sessionStorage: header.sessionStorage,
    ...(buckets.length === 0 ? {} : { buckets }),
    ...(header.surroundings === undefined ? {} : { surroundings: header.surroundings }),
    ...(header.tab === undefined ? {} : { tab: header.tab }),
  };
}

/** Reads each bucket as a place of its own. One that would not be read costs a loss. */
async function readBuckets(
  place: Place,
  buckets: readonly StorageBucket[],
  { sessionStorage: _, surroundings: __, tab: ___, ...options }: ReadOptions,
  losses: PageLoss[],
): Promise<OriginReading[]> {
  const readings: OriginReading[] = [];
  for (const bucket of buckets) {
    try {
      readings.push(await readOrigin({ ...place, bucket }, { ...options, sessionStorage: false }));
    } catch (error) {
      if (!(error instanceof PspError) || error.code === 'BROWSER_GONE') throw error;
      losses.push({ code: 'bucket-not-read', kind: 'origin', item: bucket.name, detail: error.message });
    }
  }
  return readings;
}

const DEPOT_KINDS = ['cache', 'file', 'serviceWorker'] as const;

/** Where the whole takes too long, another call asks for Web Storage alone. */
async function dump(place: Place, options: ReadOptions): Promise<PageReply<DumpReply>> {
  const { sessionStorage, shared, tab = false, takes = () => true, timeoutMs } = options;
  const around = options.surroundings === undefined ? {} : { surroundings: options.surroundings };
  // Buckets have no Web Storage.
  const localStorage = shared && takes('localStorage') && place.bucket === undefined;
  const indexedDB = shared && takes('indexedDB');
  const depot = shared ? DEPOT_KINDS.filter(takes) : [];
  const request = {
    do: 'dump',
    localStorage,
    sessionStorage,
    ...FIRST_READ_LIMITS,
    timeoutMs,
    tab,
    ...around,
  } as const;
  try {
    return await callPage(place, { ...request, indexedDB, depot });
  } catch (error) {
    if (!(indexedDB || depot.length > 0) || !isSlow(error)) throw error;
    const reply = await callPage(place, { ...request, indexedDB: false, depot: [] });
    const detail = `IndexedDB, caches and files: ${error.message}`;
    reply.header.losses.push({ code: 'origin-timeout', kind: 'indexedDB', detail });
    return reply;
  }
}

export function ofOrigin(loss: PageLoss, origin: string): Loss {
  return { ...loss, origin };
}
