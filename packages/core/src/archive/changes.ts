/**
 * Changes of sessions, whoever makes them. Hints of the store only make it faster: what is told comes from comparing all etags with those
 * of the last look, so a hint that is lost costs time and no change.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { PspError } from '@psp/protocol';
import type { Store } from '../store/store.js';
import { HEADS, LEASES } from './place.js';
import { Snapshot, type SessionChange } from './snapshot.js';

/** Longest time to the next look where the store sends no hints, and where it does. */
const POLL_MS = 2000;
const POLL_WITH_HINTS_MS = 30_000;
/** Hints come in bursts. */
const GAP_MS = 20;

export interface WatchOptions {
  /** Ends the iteration. So does closing the archive. */
  readonly signal?: AbortSignal;
  /** Milliseconds from one look at the store to the next, if no hint comes. Default 30,000 where the store sends hints, else 2,000. */
  readonly pollMs?: number;
  /** Told of a look that failed in a way that may pass. It is repeated, and misses nothing; other errors end the iteration by being thrown. */
  readonly onError?: (error: PspError) => void;
}

export interface SessionChanges extends AsyncIterable<SessionChange> {
  /** When it knows what is there already: each change after that is told. */
  readonly ready: Promise<void>;
}

/** Begins at once, with a look at each head. To be iterated once. Throws INVALID_INPUT. */
export function watchSessions(store: Store, signal: AbortSignal, { pollMs, onError }: WatchOptions): SessionChanges {
  if (pollMs !== undefined && !(Number.isFinite(pollMs) && pollMs > 0))
    throw new PspError('INVALID_INPUT', `pollMs: expected more than 0, found ${String(pollMs)}`);
  const watcher = new Watcher(store, signal, pollMs, onError);
  const ready = watcher.begin();
  // Thrown by the iteration, too.
  ready.catch(() => undefined);
  return { ready, [Symbol.asyncIterator]: () => watcher.changes(ready) };
}

class Watcher {
  readonly #store: Store;
  readonly #signal: AbortSignal;
  readonly #pollMs: number | undefined;
  readonly #onError: (error: PspError) => void;
  readonly #snapshot: Snapshot;
  readonly #stops: (() => Promise<void>)[] = [];
  #hinted = false;
  #wake: (() => void) | undefined;
  #end: (() => void) | undefined;

  constructor(store: Store, signal: AbortSignal, pollMs?: number, onError?: (error: PspError) => void) {
    this.#store = store;
    this.#signal = signal;
    this.#pollMs = pollMs;
    this.#onError = onError ?? (() => undefined);
    this.#snapshot = new Snapshot(store);
    signal.addEventListener('abort', () => this.#end?.(), { once: true });
  }

  async begin(): Promise<void> {
    await this.#snapshot.look();
    this.#snapshot.take();
  }

  async *changes(ready: Promise<void>): AsyncGenerator<SessionChange, void> {
    await ready;
    try {
      while (!this.#signal.aborted) {
        const began = performance.now();
        await this.#look();
        yield* this.#snapshot.take();
        // At most half of the time goes into looking, however many hints come.
        await this.#pause(Math.max(GAP_MS, performance.now() - began));
      }
    } finally {
      for (const stop of this.#stops.splice(0)) await stop();
    }
  }

  async #look(): Promise<void> {
    try {
      await this.#listen();
      await this.#snapshot.look();
    } catch (error) {
      if (this.#signal.aborted) return;
      if (!(error instanceof PspError) || !error.kind.retryable) throw error;
      this.#onError(error);
    }
  }

  /** Before the look, so that nothing happens between the two. Tried again with the next look where it failed. */
  async #listen(): Promise<void> {
    const { watch, features } = this.#store;
    if (!features.watch || watch === undefined || this.#stops.length > 0) return;
    const hint = (): void => {
      this.#hinted = true;
      this.#wake?.();
    };
    const ofHeads = await watch.call(this.#store, HEADS, hint);
    this.#stops.push(ofHeads);
    try {
      this.#stops.push(await watch.call(this.#store, LEASES, hint));
    } catch (error) {
      this.#stops.length = 0;
      await ofHeads();
      throw error;
    }
  }

  async #pause(gapMs: number): Promise<void> {
    const pollMs = this.#pollMs ?? (this.#stops.length > 0 ? POLL_WITH_HINTS_MS : POLL_MS);
    if (!this.#hinted) await this.#sleep(pollMs, { endsByHint: true });
    await this.#sleep(Math.min(gapMs, pollMs), { endsByHint: false });
    this.#hinted = false;
  }

  /** Ends early with the watching: a timer that is ended throws, and nothing else. */
  async #sleep(ms: number, { endsByHint }: { endsByHint: boolean }): Promise<void> {
    if (this.#signal.aborted) return;
    const over = new AbortController();
    this.#end = () => over.abort();
    this.#wake = endsByHint ? this.#end : undefined;
    await sleep(ms, undefined, { signal: over.signal }).catch(() => undefined);
    this.#wake = undefined;
  }
}
