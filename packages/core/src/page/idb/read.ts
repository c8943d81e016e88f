/** Reads the records of a store in pages and encodes them, all within one transaction. */
import type { PageLoss } from '../contract.js';
import { keyLabel, loss } from '../loss.js';
import { addRecord, type Batch, BATCH_LENGTH, encodeRecord, type EncodedRecord, MAX_GROWTH_ON_WIRE } from './batch.js';
import { resultOf } from './request.js';

/** Records of the first page: one, since it may be as large as all of a store's usual records. */
const FIRST_COUNT = 1;
/** Growth from page to page, until the size of a record is known. */
const MAX_GROWTH = 16;

/** Length of JSON text that may still be read, shared by all that a request reads. The first record may exceed it. */
export interface Budget {
  left: number;
  isUntouched: boolean;
}

export interface StoreRead {
  readonly batches: Batch[];
  /** Where to go on, when records are left. */
  after: IDBValidKey | undefined;
  /** Where to end, if not with the last record. */
  readonly upTo?: IDBValidKey;
  hasMore: boolean;
  /** Length of JSON text of a record, as far as known. */
  average?: number;
}

export interface Reading {
  readonly budget: Budget;
  readonly maxRecordBytes: number;
  readonly timeoutMs: number;
  /** `database/store`, for losses. */
  readonly path: string;
  readonly losses: PageLoss[];
}

interface Page {
  readonly keys: readonly IDBValidKey[];
  readonly values: readonly unknown[];
  readonly isLast: boolean;
}

export const budgetOf = (maxLength: number): Budget => ({ left: maxLength, isUntouched: true });

async function readPage(
  store: IDBObjectStore,
  query: IDBKeyRange | null,
  count: number,
  timeoutMs: number,
): Promise<Page> {
  const [keys, values] = await Promise.all([
    // One more than wanted tells whether there is more.
    resultOf(store.getAllKeys(query, count + 1), timeoutMs),
    resultOf(store.getAll(query, count) as IDBRequest<unknown[]>, timeoutMs),
  ]);
  return { keys: keys.slice(0, values.length), values, isLast: keys.length <= count };
}

/** Reads until the end of the store or of the budget. `into` is filled as pages come, so that a failure keeps what was read. */
export async function readStore(store: IDBObjectStore, into: StoreRead, reading: Reading): Promise<void> {
  const { budget } = reading;
  let count = FIRST_COUNT;
  while (into.hasMore && budget.left > 0) {
    const query = rangeOf(into);
    const page = await readPage(store, query, count, reading.timeoutMs);
    const { taken, length } = takeRecords(page, into, reading);
    into.hasMore = taken < page.keys.length || !page.isLast;
    if (!into.hasMore) break;
    const average = length / Math.max(1, taken);
    if (taken > 0) into.average = average;
    // A record that will not fit would be read in vain.
    if (average > budget.left) budget.left = 0;
    const wanted = Math.floor(Math.min(BATCH_LENGTH, budget.left) / average);
    count = Math.max(1, Math.min(wanted, count * MAX_GROWTH));
  }
}

/** What is left to read. */
function rangeOf({ after, upTo }: StoreRead): IDBKeyRange | null {
  if (upTo === undefined) return after === undefined ? null : IDBKeyRange.lowerBound(after, true);
  return after === undefined ? IDBKeyRange.upperBound(upTo) : IDBKeyRange.bound(after, upTo, true, false);
}

/** Most keys that are looked at to cut a store in pieces. What comes after them is one piece. */
const MAX_KEYS = 200_000;

/** The last keys of pieces of about `length` of what is left, without that of the last piece. */
export async function cutsOf(
  store: IDBObjectStore,
  read: StoreRead,
  length: number,
  timeoutMs: number,
): Promise<IDBValidKey[]> {
  if (read.average === undefined) return [];
  // A little less, so that a piece whose records are longer than those before still comes in one reply.
  const count = Math.max(1, Math.floor((0.9 * length) / read.average));
  const keys = await resultOf(store.getAllKeys(rangeOf(read), MAX_KEYS), timeoutMs);
  return keys.filter((_, at) => (at + 1) % count === 0 && at + 1 < keys.length);
}

/** Encodes records while the budget lasts, and tells of how many, and of what length they are. */
function takeRecords({ keys, values }: Page, into: StoreRead, reading: Reading): { taken: number; length: number } {
  let length = 0;
  for (const [taken, key] of keys.entries()) {
    const record = encodeRecord(key, values[taken]);
    if (isTooLarge(record, reading.maxRecordBytes)) reading.losses.push(tooLarge(key, reading));
    else if (spend(reading.budget, record.length)) addRecord(into.batches, record);
    else return { taken, length };
    into.after = key;
    length += Math.min(record.length, reading.maxRecordBytes);
  }
  return { taken: keys.length, length };
}

/** False, and the budget spent, when the record does not fit. */
export function spend(budget: Budget, length: number): boolean {
  if (length > budget.left && !budget.isUntouched) {
    budget.left = 0;
    return false;
  }
  budget.isUntouched = false;
  budget.left -= length;
  return true;
}

export const isTooLarge = (record: EncodedRecord, maxBytes: number): boolean =>
  record.length * MAX_GROWTH_ON_WIRE > maxBytes && record.wireBytes > maxBytes;

function tooLarge(key: IDBValidKey, { path, maxRecordBytes }: Reading): PageLoss {
  const detail = `its text takes more than ${maxRecordBytes} bytes on its way out of the browser`;
  return loss('record-too-large', 'indexedDB', { item: `${path}/${keyLabel(key)}`, detail });
}
