/** Replaces what a storage place keeps beside Web Storage and databases, empty at first: entries follow by `putEntries`. */
import { WireError } from '../codec/wire.js';
import type { DepotLoad, LoadReply, LoadRequest, PageLoss, PutEntriesReply, PutEntriesRequest } from '../contract.js';
import { depotLoss, label } from '../loss.js';
import { parseRecords } from '../idb/put.js';
import { within } from '../within.js';
import { keepBuckets } from './buckets.js';
import { loadCaches, putEntries as putCacheEntries } from './caches.js';
import { loadPersisted, loadWorkers } from './registry.js';
import { emptyFiles, putFiles } from './write-files.js';

/** Gives the kinds that may get entries. */
export async function loadDepot(
  { caches, files, serviceWorkers, persisted, buckets }: DepotLoad,
  names: NonNullable<LoadRequest['names']>,
  timeoutMs: number,
  losses: PageLoss[],
): Promise<NonNullable<LoadReply['depot']>> {
  const orLoss = (kind: 'cache' | 'file', work: Promise<boolean>): Promise<boolean> =>
    within(timeoutMs, work).catch((error: unknown) => {
      losses.push(depotLoss(kind, error));
      return false;
    });
  // Workers first, so that none of them writes while its caches are replaced.
  if (serviceWorkers !== undefined) {
    const loading = loadWorkers(serviceWorkers, names.serviceWorker ?? [], losses);
    await within(timeoutMs, loading).catch(() => undefined);
  }
  const [hasCaches, hasFiles] = await Promise.all([
    caches === undefined ? false : orLoss('cache', loadCaches(caches, names.cache ?? [], losses)),
    files === true ? orLoss('file', emptyFiles(names.file ?? [], losses)) : false,
    persisted === true ? within(timeoutMs, loadPersisted(losses)).catch(() => undefined) : undefined,
    buckets === undefined ? undefined : within(timeoutMs, keepBuckets(buckets)).catch(() => undefined),
  ]);
  return [...(hasCaches ? (['caches'] as const) : []), ...(hasFiles ? (['files'] as const) : [])];
}

export async function putEntries({ cache, records, isLast }: PutEntriesRequest): Promise<PutEntriesReply> {
  const losses: PageLoss[] = [];
  const list = parseRecords(records);
  try {
    if (cache !== undefined) return { count: await putCacheEntries(cache, list, losses), losses };
    const isOpen = await putFiles(list, isLast === true, losses);
    return { count: list.length, losses, ...(isOpen ? { isOpen } : {}) };
  } catch (error) {
    if (error instanceof WireError) throw error;
    losses.push(
      depotLoss(cache === undefined ? 'file' : 'cache', error, cache === undefined ? undefined : label(cache)),
    );
    return { count: 0, losses };
  }
}
