/** Reads the records of a store in pages and encodes them, all within one transaction. */
import type { IdbRecord } from '@psp/protocol';
import { encodeValue, type Encoded } from '../codec/encode.js';
import type { PageLoss } from '../contract.js';
import { keyLabel, loss } from '../loss.js';
import { resultOf } from './request.js';

/** Length of the JSON text of one batch that paging aims at. */
const BATCH_LENGTH = 2 ** 20;

/** Records of the first page, and the growth from page to page, until the size of a record is known. */
const FIRST_COUNT = 16;
const MAX_GROWTH = 16;

/** Length of JSON text that may still be read, shared by all stores of a request. */
export interface Budget {
  left: number;
}

/** Records read together. `json` is there unless some value needs to be finished outside of the transaction. */
export interface Batch {
  readonly count: number;
  json: string | undefined;
  readonly records: IdbRecord[];
  readonly unfinished: { encoded: Encoded; key: IDBValidKey }[];
}

export interface StoreRead {
  readonly batches: Batch[];
  /** Where to go on, when records are left. */
  after: IDBValidKey | undefined;
  hasMore: boolean;
}

interface Page {
  readonly keys: readonly IDBValidKey[];
  readonly values: readonly unknown[];
}

async function readPage(
  store: IDBObjectStore,
  query: IDBKeyRange | null,
  count: number,
  timeoutMs: number,
): Promise<Page> {
  const [keys, values] = await Promise.all([
    resultOf(store.getAllKeys(query, count), timeoutMs),
    resultOf(store.getAll(query, count) as IDBRequest<unknown[]>, timeoutMs),
  ]);
  return { keys, values };
}

/** Reads until the end of the store or of the budget. `into` is filled as pages come, so that a failure keeps what was read. */
export async function readStore(
  store: IDBObjectStore,
  into: StoreRead,
  budget: Budget,
  timeoutMs: number,
): Promise<void> {
  let count = FIRST_COUNT;
  while (into.hasMore && budget.left > 0) {
    const query = into.after === undefined ? null : IDBKeyRange.lowerBound(into.after, true);
    const { keys, values } = await readPage(store, query, count, timeoutMs);
    if (keys.length > 0) {
      const { batch, length } = encodeBatch(keys, values);
      into.batches.push(batch);
      into.after = keys[keys.length - 1];
      budget.left -= length;
      const wanted = Math.min(BATCH_LENGTH, budget.left) / (length / keys.length);
      into.hasMore = keys.length === count;
      count = Math.max(1, Math.min(Math.floor(wanted), count * MAX_GROWTH));
    } else {
      into.hasMore = false;
    }
  }
}

function encodeBatch(keys: readonly IDBValidKey[], values: readonly unknown[]): { batch: Batch; length: number } {
  const batch: Batch = { count: keys.length, json: undefined, records: [], unfinished: [] };
  let pending = 0;
  for (const [at, key] of keys.entries()) {
    const encoded = encodeValue(values[at]);
    batch.records.push({ key: encodeValue(key).wire, value: encoded.wire });
    pending += encoded.pendingBytes;
    if (encoded.finish !== undefined || encoded.lost.length > 0) batch.unfinished.push({ encoded, key });
  }
  const text = JSON.stringify(batch.records);
  if (batch.unfinished.length > 0) return { batch, length: text.length + pending };
  batch.json = text;
  batch.records.length = 0;
  return { batch, length: text.length };
}

/** The JSON text of a batch. Call it when the transaction is over. */
export async function finishBatch(batch: Batch, path: string, losses: PageLoss[]): Promise<string> {
  if (batch.json !== undefined) return batch.json;
  for (const { encoded, key } of batch.unfinished) {
    await encoded.finish?.();
    if (encoded.lost.length === 0) continue;
    const item = `${path}/${keyLabel(key)}`;
    losses.push(loss('value-not-portable', 'indexedDB', { item, detail: encoded.lost.join('; ') }));
  }
  return JSON.stringify(batch.records);
}
