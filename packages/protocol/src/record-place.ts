/** Where records stand in a document, and in which order a payload lists them. Knows nothing of what they hold. */
import type { Step } from './place.js';
import type { CacheState, FilesState, IdbRecord, IdbStore, RecordPlace, SessionDocument } from './schema/session.js';

/** What holds records: an object store, a cache, or the files of an origin. */
export type RecordHolder = IdbStore | CacheState | FilesState;

export interface PlacedHolder {
  readonly at: RecordPlace;
  /** The way to it from the root of the document. */
  readonly path: readonly Step[];
  readonly holder: RecordHolder;
}

/** True for three parts that are a place of some document. */
export function isRecordPlace(at: readonly unknown[]): at is RecordPlace {
  const [origin, kind, last] = at;
  if (at.length !== 3 || !isIndex(origin) || !isIndex(last)) return false;
  return isIndex(kind) || kind === 'caches' || (kind === 'files' && last === 0);
}

const isIndex = (part: unknown): part is number => Number.isSafeInteger(part) && (part as number) >= 0;

/** The place of an object store. */
export type StorePlace = Extract<RecordPlace, readonly [number, number, number]>;

export const isStorePlace = (at: RecordPlace): at is StorePlace => typeof at[1] === 'number';

/** What the place points to, or undefined where the document has nothing there. */
export function holderAt(document: SessionDocument, at: RecordPlace): RecordHolder | undefined {
  const state = document.origins[at[0]];
  if (at[1] === 'caches') return state?.caches?.[at[2]];
  if (at[1] === 'files') return state?.files;
  return state?.indexedDB[at[1]]?.stores[at[2]];
}

/** Everything that holds records, in the order of a payload: of each origin the databases, then the caches, then the files. */
export function* holdersOf(document: SessionDocument): Generator<PlacedHolder> {
  for (const [o, { indexedDB, caches = [], files }] of document.origins.entries()) {
    for (const [d, { stores }] of indexedDB.entries()) {
      for (const [s, holder] of stores.entries()) {
        yield { at: [o, d, s], path: ['origins', o, 'indexedDB', d, 'stores', s], holder };
      }
    }
    for (const [c, holder] of caches.entries()) {
      yield { at: [o, 'caches', c], path: ['origins', o, 'caches', c], holder };
    }
    if (files !== undefined) yield { at: [o, 'files', 0], path: ['origins', o, 'files'], holder: files };
  }
}

/** Below zero where `a` comes before `b` in a payload, 0 for the same place [PSP-PAY-2]. */
export function comparePlaces(a: RecordPlace, b: RecordPlace): number {
  return a[0] - b[0] || rankOf(a) - rankOf(b) || indexOf(a) - indexOf(b) || a[2] - b[2];
}

const RANKS = { caches: 1, files: 2 } as const;
const rankOf = ([, kind]: RecordPlace): number => (typeof kind === 'number' ? 0 : RANKS[kind]);
const indexOf = ([, kind]: RecordPlace): number => (typeof kind === 'number' ? kind : 0);

/** A copy without records; what is not on the way to them is shared with the original. */
export function withoutRecords(document: SessionDocument): SessionDocument {
  const empty = <T extends RecordHolder>(holder: T): T => ({ ...holder, records: [] as IdbRecord[] });
  const origins = document.origins.map((state) => ({
    ...state,
    indexedDB: state.indexedDB.map((database) => ({ ...database, stores: database.stores.map(empty) })),
    ...(state.caches === undefined ? {} : { caches: state.caches.map(empty) }),
    ...(state.files === undefined ? {} : { files: empty(state.files) }),
  }));
  return { ...document, origins };
}
