/** A trial of what a store promises, on a scratch key: for the suite, and for drivers of back ends that may ignore conditions. */
import { randomUUID } from 'node:crypto';
import { PspError } from '@psp/protocol';
import type { Store } from './store.js';

const RACERS = 16;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Throws UNSUPPORTED, naming the broken promise. Leaves nothing behind. `kept` is told of each promise that was kept. */
export async function probeConditions(store: Store, kept: (promise: string) => void = () => undefined): Promise<void> {
  const key = `probe/${randomUUID()}`;
  const expect = (promise: string, isKept: boolean): void => {
    if (!isKept) throw new PspError('UNSUPPORTED', `${store.url} does not keep the promises of a store: ${promise}`);
    kept(promise);
  };
  try {
    expect('one of 16 concurrent creates wins', (await race(store, key)) === 1);
    const first = (await store.get(key))?.etag ?? '';
    expect('a put with an unknown etag is refused', !(await wins(store, key, { etag: `${first}0` })));
    expect('a put with the current etag is done', await wins(store, key, { etag: first }));
    expect('a put with a stale etag is refused', !(await wins(store, key, { etag: first })));
    expect('a create over a value is refused', !(await wins(store, key, { absent: true })));
    const last = (await store.get(key))?.etag ?? '';
    await store.remove(key);
    expect('a removed key is absent', (await store.get(key)) === undefined);
    expect('a put to a removed key is refused', !(await wins(store, key, { etag: last })));
  } finally {
    await store.remove(key);
  }
}

async function race(store: Store, key: string): Promise<number> {
  const outcomes = await Promise.all(Array.from({ length: RACERS }, () => wins(store, key, { absent: true })));
  return outcomes.filter(Boolean).length;
}

async function wins(store: Store, key: string, condition: { absent: true } | { etag: string }): Promise<boolean> {
  try {
    await store.put(key, bytes(randomUUID()), condition);
    return true;
  } catch (error) {
    if (error instanceof PspError && error.code === 'CONFLICT') return false;
    throw error;
  }
}
