/** Removes what saves that never committed left behind. Knows nothing of what is sealed in it. */
import type { Store } from '../store/store.js';
import { isCopiedInto, removeOldMarks } from './copy-mark.js';
import { allKeys } from './keys.js';
import { MANIFESTS, PARTS, startedAtMs, writeOf } from './place.js';

/** A write that is not committed after this time never will be. */
export const ORPHAN_AFTER_MS = 24 * 60 * 60 * 1000;

/** Well before the sweep, so that clocks may differ by half a day and no committed part is ever swept. */
export const COMMIT_WITHIN_MS = ORPHAN_AFTER_MS / 2;

interface Swept {
  readonly id: string;
  readonly committed: ReadonlySet<string> | undefined;
  /** Asked once there is something to remove. */
  isCopied?: boolean;
}

/**
 * `committedWrites` gives the write ids that the head of a session names, or undefined where that cannot be known; then
 * nothing of the session is touched. While sessions are copied into the store it removes nothing (PSP-COPY-6). Gives the number of removed values.
 */
export async function sweepOrphans(
  store: Store,
  committedWrites: (id: string) => Promise<ReadonlySet<string> | undefined>,
  nowMs: number,
  { dryRun = false }: { dryRun?: boolean } = {},
): Promise<number> {
  if (!dryRun) await removeOldMarks(store, nowMs);
  let removed = 0;
  for (const prefix of [MANIFESTS, PARTS]) {
    let session: Swept | undefined;
    for await (const { key } of allKeys(store, prefix)) {
      const write = writeOf(key);
      if (write === undefined || nowMs - startedAtMs(write.writeId) <= ORPHAN_AFTER_MS) continue;
      if (session?.id !== write.id) session = { id: write.id, committed: await committedWrites(write.id) };
      if (session.committed === undefined || session.committed.has(write.writeId)) continue;
      // After the head was read: a copy that began since has put nothing yet.
      session.isCopied ??= await isCopiedInto(store, nowMs);
      if (session.isCopied) return removed;
      if (!dryRun) await store.remove(key);
      removed += 1;
    }
  }
  return removed;
}
