/** Writes entries of caches and pieces of files of one place, batch by batch. */
import {
  showStoragePlace,
  type Loss,
  type OriginState,
  type RecordPlace,
  type StorePlace,
  type WireString,
} from '@psp/protocol';
import { callPage, type Place } from './page-call.js';
import type { LoadReply } from './page/contract.js';
import { ofOrigin } from './read-origin.js';
import type { RecordBatch } from './state.js';

type DepotAt = Exclude<RecordPlace, StorePlace>;

/** Where an origin is written, and what of it has been. */
export interface Writing {
  readonly place: Place;
  readonly state: OriginState;
  readonly timeoutMs: number;
  readonly losses: Loss[];
  /** What the page can take: databases by their index that failed, kinds of the depot that are there. */
  readonly header: LoadReply;
}

/** One batch after the other. */
export class DepotWriter {
  /** A file waits for its next piece. */
  #isOpen = false;
  #isMissing = false;

  constructor(readonly writing: Writing) {}

  async put(at: DepotAt, { json }: RecordBatch): Promise<void> {
    const { state, losses, header } = this.writing;
    if (header.depot?.includes(at[1]) === true) return this.#send(cacheOf(state, at), Buffer.from(json).toString());
    // That of a cache was told by its name when it was not made.
    if (at[1] === 'caches' || this.#isMissing) return;
    this.#isMissing = true;
    losses.push({ code: 'storage-missing', kind: 'file', origin: showStoragePlace(state) });
  }

  async end(): Promise<void> {
    if (this.#isOpen) await this.#send({}, '[]', { isLast: true });
  }

  async #send(which: { cache?: WireString }, records: string, last: { isLast?: boolean } = {}): Promise<void> {
    const { place, state, timeoutMs, losses } = this.writing;
    const { header } = await callPage(place, { do: 'putEntries', ...which, records, ...last, timeoutMs });
    losses.push(...header.losses.map((loss) => ofOrigin(loss, showStoragePlace(state))));
    this.#isOpen = header.isOpen === true;
  }
}

/** Names the cache of a place in requests; nothing for files. */
export function cacheOf({ caches }: OriginState, [, kind, index]: DepotAt): { cache?: WireString } {
  const cache = kind === 'caches' ? caches?.[index] : undefined;
  return cache === undefined ? {} : { cache: cache.name };
}
