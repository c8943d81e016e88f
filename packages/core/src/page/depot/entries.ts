/** Reading entries of a cache or pieces of files: how far a request may go, and what it has. Knows no storage. */
import { addRecord, type Batch, encodeRecord } from '../idb/batch.js';
import { type Budget, isTooLarge, spend } from '../idb/read.js';
import { loss } from '../loss.js';
import type { PageLoss } from '../contract.js';

/** What one request has read of one place. `after` is the key of the last entry that was seen. */
export interface EntriesRead<Key> {
  readonly batches: Batch[];
  after: Key | undefined;
  hasMore: boolean;
}

export const nothingRead = <Key>(after?: Key): EntriesRead<Key> => ({ batches: [], after, hasMore: true });

/** The limits of one request. */
export class Pace {
  readonly #deadline: number;
  #begun = 0;

  constructor(
    readonly budget: Budget,
    readonly maxRecordBytes: number,
    timeoutMs: number,
    readonly losses: PageLoss[],
  ) {
    // Half of the time, so that the request ends well before it is given up.
    this.#deadline = performance.now() + timeoutMs / 2;
  }

  /** Whether another entry may be begun. The first of a request always may, so that each request comes further. */
  begins(): boolean {
    if (this.#begun > 0 && performance.now() > this.#deadline) return false;
    this.#begun += 1;
    return this.budget.isUntouched || this.budget.left > 0;
  }

  /** Whether an entry with so many bytes fits, as far as they tell. */
  fits(bytes: number): boolean {
    return this.budget.isUntouched || base64Length(bytes) <= this.budget.left;
  }

  /** False when the budget is spent, and the entry is to be read again. One that no message can hold is a loss. */
  take(into: EntriesRead<unknown>, key: IDBValidKey, value: unknown, kind: 'cache' | 'file', item: string): boolean {
    const record = encodeRecord(key, value);
    if (isTooLarge(record, this.maxRecordBytes)) {
      this.refuse(kind, item);
      return true;
    }
    if (!spend(this.budget, record.length)) return false;
    addRecord(into.batches, record);
    return true;
  }

  /** Whether so many bytes are too many for any message. */
  isBeyond(bytes: number): boolean {
    return base64Length(bytes) > this.maxRecordBytes;
  }

  refuse(kind: 'cache' | 'file', item: string): void {
    const detail = `its text takes more than ${this.maxRecordBytes} bytes on its way out of the browser`;
    this.losses.push(loss('record-too-large', kind, { item, detail }));
  }
}

const base64Length = (bytes: number): number => Math.ceil(bytes / 3) * 4;
