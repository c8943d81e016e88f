/** All heads of a store in the order of their ids, read ahead: over a network each of them is a round trip. */
import type { ArchiveContext } from './context.js';
import type { FoundHead } from './heads.js';
import { allKeys } from './keys.js';
import { headKey, HEADS } from './place.js';

const CONCURRENT_READS = 16;

export interface WalkedHead {
  readonly id: string;
  /** Undefined where it was removed since the keys were listed. */
  readonly head: FoundHead;
}

/** `wanted` tells how many more the caller can use, so that not many are read for nothing. */
export async function* walkHeads(
  { store, heads }: Pick<ArchiveContext, 'store' | 'heads'>,
  { after, wanted = () => Infinity }: { after?: string; wanted?: () => number } = {},
): AsyncGenerator<WalkedHead> {
  const reading: Promise<WalkedHead>[] = [];
  for await (const { key } of allKeys(store, HEADS, { after: after === undefined ? undefined : headKey(after) })) {
    const id = key.slice(HEADS.length);
    const read = heads.read(id).then((head) => ({ id, head }));
    // Thrown when its turn comes, if it does.
    read.catch(() => undefined);
    reading.push(read);
    while (reading.length >= Math.max(1, Math.min(wanted(), CONCURRENT_READS)))
      yield await (reading.shift() as Promise<WalkedHead>);
  }
  for (const read of reading) yield await read;
}
