/** Storage buckets beside the default one (Storage Buckets API), which only Chromium has. */
import type { StorageBucket } from '@psp/protocol';
import type { PageLoss } from '../contract.js';
import { buckets, type Bucket, moveInto } from '../home.js';
import { describe, loss } from '../loss.js';

/** The buckets beside the default one; undefined where the browser has none. */
export async function readBuckets(): Promise<StorageBucket[] | undefined> {
  const all = buckets();
  if (all === undefined) return undefined;
  const names = await all.keys();
  return Promise.all(names.map(async (name) => describeBucket(name, await all.open(name))));
}

async function describeBucket(name: string, bucket: Bucket): Promise<StorageBucket> {
  const [persisted, expires, durability] = await Promise.all([
    bucket.persisted(),
    bucket.expires(),
    bucket.durability?.(),
  ]);
  return {
    name,
    persisted,
    ...(durability === undefined ? {} : { durability }),
    ...(expires === null ? {} : { expires }),
  };
}

/** Lets the request read in a bucket that is there. Throws where it is not. */
export async function enterBucket({ name }: StorageBucket): Promise<void> {
  const all = buckets();
  // Opening one that is gone by now would make it anew.
  if (!(await all?.keys())?.includes(name)) throw new DOMException('The bucket is gone', 'NotFoundError');
  moveInto(await all!.open(name));
}

/** Lets the request write in the bucket, which is made where it is not. False, and a loss, where that cannot be. */
export async function makeBucket({ name, ...options }: StorageBucket, losses: PageLoss[]): Promise<boolean> {
  const all = buckets();
  try {
    if (all === undefined) throw new DOMException('This page has no buckets', 'NotSupportedError');
    // One that is there keeps its contents for open pages, but an end that the session does not know must go.
    if (options.expires === undefined && (await all.keys()).includes(name)) {
      if ((await (await all.open(name)).expires()) !== null) await all.delete(name);
    }
    const bucket = await all.open(name, options);
    if (options.persisted === true && !(await bucket.persisted())) {
      losses.push(loss('persistence-not-granted', 'origin', { item: name }));
    }
    moveInto(bucket);
    return true;
  } catch (error) {
    losses.push(loss('bucket-not-restored', 'origin', { item: name, detail: describe(error) }));
    return false;
  }
}

/** Deletes the buckets that are not among the names. */
export async function keepBuckets(names: readonly string[]): Promise<void> {
  const all = buckets();
  for (const name of (await all?.keys()) ?? []) if (!names.includes(name)) await all?.delete(name);
}
