/** Deletes sessions: a tombstone in place of the head, then the payloads. */
import { randomBytes } from 'node:crypto';
import { newSessionId } from '@psp/protocol';
import type { ArchiveContext } from './context.js';
import { isUnreadable, type FoundHead } from './heads.js';
import { allKeys } from './keys.js';
import { leaseKey, MANIFESTS, PARTS } from './place.js';

/** `versionOf` gives the version that the tombstone names, or throws why the session is not to be deleted. */
export async function removeSession(
  { store, keys, heads, nowMs }: ArchiveContext,
  id: string,
  versionOf: (found: FoundHead) => number,
): Promise<void> {
  const dataKey = randomBytes(32);
  const slots = await keys.wrap(dataKey);
  const deletedAt = new Date(nowMs()).toISOString();
  await heads.swap(id, newSessionId(nowMs()), (found) => {
    const version = versionOf(found);
    return { id, version, versions: [], slots, deletedAt, dataKey, metadata: undefined };
  });
  for (const prefix of [`${MANIFESTS}${id}/`, `${PARTS}${id}/`]) {
    for await (const { key } of allKeys(store, prefix)) await store.remove(key);
  }
  await store.remove(leaseKey(id));
}

/** A damaged head can be replaced by a tombstone; one of a later version is not damaged, and a tombstone is one already. */
export function isRemovable(found: FoundHead): boolean {
  return isUnreadable(found) && found.error.code !== 'UNSUPPORTED_VERSION' && found.error.code !== 'DELETED';
}
