/** What `psp store check` and docs/stores.md tell of a store: its facts, and each promise of the contract, tried. */
import { randomBytes, randomUUID } from 'node:crypto';
import { PspError } from '@psp/protocol';
import { guardStore } from './guard.js';
import { probeConditions } from './probe.js';
import { MAX_BODY_BYTES, type Store, type StoreFact, type StoreFeatures } from './store.js';

export interface StoreCheck {
  /** Without credentials. */
  readonly url: string;
  readonly features: StoreFeatures;
  readonly facts: readonly StoreFact[];
  /** Each was tried and kept. */
  readonly promises: readonly string[];
}

/** Writes scratch values and leaves nothing behind. Throws UNSUPPORTED naming the first broken promise, and what the store throws. */
export async function checkStore(driver: Store): Promise<StoreCheck> {
  const store = guardStore(driver);
  await store.probe();
  const promises: string[] = [];
  await probeConditions(store, (promise) => promises.push(promise));
  await probeLargest(store, (promise) => promises.push(promise));
  return { url: store.url, features: store.features, facts: (await store.facts?.()) ?? [], promises };
}

/** Servers have limits of their own, which nobody meets before the first large session. */
async function probeLargest(store: Store, kept: (promise: string) => void): Promise<void> {
  const promise = `a body of ${MAX_BODY_BYTES / 1024 / 1024} MiB comes back as it was written, and is listed`;
  const key = `probe/${randomUUID()}`;
  const body = randomBytes(MAX_BODY_BYTES);
  try {
    const etag = await store.put(key, body, { absent: true });
    const found = await store.get(key);
    const [item] = (await store.list(key, { limit: 1 })).items;
    const isListed = item?.key === key && item.etag === etag && item.size === body.byteLength;
    if (found === undefined || found.etag !== etag || !body.equals(found.body) || !isListed)
      throw new PspError('UNSUPPORTED', `${store.url} does not keep the promises of a store: ${promise}`);
    kept(promise);
  } finally {
    await store.remove(key);
  }
}
