/**
 * Shows in a store that sessions are being copied into it. What a copy brings is as old as it was where it comes from, and no head names
 * it yet: to a sweep it looks like what a save left that never ended.
 */
import { newSessionId } from '@psp/protocol';
import type { Store } from '../store/store.js';
import { allKeys } from './keys.js';
import { COPIES, startedAtMs } from './place.js';

/** So long a copy that was killed keeps a sweep waiting. */
const HEEDED_MS = 24 * 60 * 60 * 1000;
const RENEW_AFTER_MS = HEEDED_MS / 4;

export class CopyMark {
  readonly #store: Store;
  readonly #nowMs: () => number;
  #key: string | undefined;
  #turn: Promise<void> = Promise.resolve();

  constructor(store: Store, nowMs: () => number = Date.now) {
    this.#store = store;
    this.#nowMs = nowMs;
  }

  /** To be called before each put: resolves when the mark stands. */
  show(): Promise<void> {
    this.#turn = this.#turn.then(() => this.#renew());
    return this.#turn;
  }

  /** Not to be called after a copy that failed: what it brought is for the next one, which a sweep leaves a day for. */
  async remove(): Promise<void> {
    await this.#turn;
    if (this.#key !== undefined) await this.#store.remove(this.#key);
  }

  async #renew(): Promise<void> {
    const before = this.#key;
    if (before !== undefined && this.#nowMs() - beganMs(before) <= RENEW_AFTER_MS) return;
    const key = `${COPIES}${newSessionId(this.#nowMs())}`;
    await this.#store.put(key, new Uint8Array(), { absent: true });
    this.#key = key;
    if (before !== undefined) await this.#store.remove(before);
  }
}

/** Whether a copy into the store began, or went on, within the last day. */
export async function isCopiedInto(store: Store, nowMs: number): Promise<boolean> {
  for await (const { key } of allKeys(store, COPIES)) {
    if (nowMs - beganMs(key) <= HEEDED_MS) return true;
  }
  return false;
}

/** Marks of copies that were killed long ago. */
export async function removeOldMarks(store: Store, nowMs: number): Promise<void> {
  for await (const { key } of allKeys(store, COPIES)) if (nowMs - beganMs(key) > HEEDED_MS) await store.remove(key);
}

const beganMs = (key: string): number => startedAtMs(key.slice(COPIES.length));
