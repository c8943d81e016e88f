/** Reads what a storage place keeps beside Web Storage and databases, and goes on reading a cache or the files. */
import type { WireValue } from '@psp/protocol';
import { decodeValue } from '../codec/decode.js';
import { encodeValue } from '../codec/encode.js';
import { fromWireString } from '../codec/text.js';
import type { DepotPlace, DepotReply, DumpRequest, EntriesRequest, PageLoss, RecordsReply } from '../contract.js';
import { home } from '../home.js';
import { type Batch, finishBatch } from '../idb/batch.js';
import { type Budget, budgetOf } from '../idb/read.js';
import { depotLoss, describe, loss } from '../loss.js';
import { within } from '../within.js';
import { readBuckets } from './buckets.js';
import { readCache, readCaches } from './caches.js';
import { type EntriesRead, nothingRead, Pace } from './entries.js';
import { type FileKey, openRoot, readFiles, readFolder } from './read-files.js';
import { readPersisted, readWorkers } from './registry.js';

interface DepotDump {
  readonly reply: DepotReply;
  /** One for each of the batches. */
  readonly lines: string[];
}

/** Reads until the budget is spent. What fails is a loss, and costs nothing else. */
export async function dumpDepot(
  { depot, maxRecordBytes, timeoutMs, bucket }: DumpRequest & { bucket?: unknown },
  budget: Budget,
  losses: PageLoss[],
): Promise<DepotDump> {
  const pace = new Pace(budget, maxRecordBytes, timeoutMs, losses);
  const orLoss = <T>(kind: 'cache' | 'file', work: Promise<T>): Promise<T | undefined> =>
    within(timeoutMs, work).catch((error: unknown) => void losses.push(depotLoss(kind, error)));
  const [caches, files, registry] = await Promise.all([
    depot.includes('cache') ? orLoss('cache', readCaches(pace)) : undefined,
    depot.includes('file') ? orLoss('file', readFiles(pace)) : undefined,
    bucket === undefined ? readRegistry(depot.includes('serviceWorker'), timeoutMs, losses) : {},
  ]);
  const reply: DepotReply = { ...registry, batches: [], rest: [] };
  const dump = { reply, lines: [] };
  if (caches !== undefined) {
    reply.caches = caches.map(({ name }) => ({ name, records: [] }));
    for (const [at, { read }] of caches.entries()) await append(dump, ['caches', at], read);
  }
  if (files !== undefined) {
    reply.files = { records: [] };
    await append(dump, ['files', 0], files);
  }
  return dump;
}

/** What belongs to the storage key as a whole. */
async function readRegistry(withWorkers: boolean, timeoutMs: number, losses: PageLoss[]): Promise<Partial<DepotReply>> {
  const orAbsent = <T>(work: Promise<T>): Promise<T | undefined> => within(timeoutMs, work).catch(() => undefined);
  const [serviceWorkers, persisted, buckets] = await Promise.all([
    withWorkers ? orAbsent(readWorkers()) : undefined,
    orAbsent(readPersisted()),
    within(timeoutMs, readBuckets()).catch((error: unknown) => {
      losses.push(loss('bucket-not-read', 'origin', { detail: describe(error) }));
      return undefined;
    }),
  ]);
  return {
    ...(serviceWorkers === undefined ? {} : { serviceWorkers }),
    ...(persisted === undefined ? {} : { persisted }),
    ...(buckets === undefined ? {} : { buckets }),
  };
}

async function append({ reply, lines }: DepotDump, at: DepotPlace, read: EntriesRead<IDBValidKey>): Promise<void> {
  for (const batch of read.batches) {
    lines.push(await lineOf([batch]));
    reply.batches.push({ at, count: batch.contents.length });
  }
  if (read.hasMore) reply.rest.push({ at, after: keyWire(read.after) });
}

const keyWire = (key: IDBValidKey | undefined): WireValue | undefined =>
  key === undefined ? undefined : encodeValue(key).wire;

/** Entries hold nothing that could be lost. */
async function lineOf(batches: readonly Batch[]): Promise<string> {
  const texts: string[] = [];
  for (const batch of batches) texts.push(await finishBatch(batch, '', []));
  return `[${texts.join(',')}]`;
}

/** One line with the next entries of a cache, or the next pieces of the files. */
export async function readEntries(request: EntriesRequest): Promise<{ header: RecordsReply; line: string }> {
  const { cache, maxBytes, maxRecordBytes, timeoutMs } = request;
  const losses: PageLoss[] = [];
  const pace = new Pace(budgetOf(maxBytes), maxRecordBytes, timeoutMs, losses);
  const after = request.after === undefined ? undefined : await decodeValue(request.after);
  const read = nothingRead<IDBValidKey>(after as IDBValidKey);
  try {
    const { caches } = home();
    if (cache !== undefined && caches !== undefined) {
      await within(timeoutMs, readCache(caches, fromWireString(cache), read as EntriesRead<number>, pace));
    }
    const root = cache === undefined ? await openRoot() : undefined;
    if (root !== undefined) await within(timeoutMs, readFolder(root, read as EntriesRead<FileKey>, pace));
  } catch (error) {
    read.hasMore = false;
    losses.push(depotLoss(cache === undefined ? 'file' : 'cache', error));
  }
  const count = read.batches.reduce((sum, batch) => sum + batch.contents.length, 0);
  const next = read.hasMore ? keyWire(read.after) : undefined;
  return { header: { count, ...(next === undefined ? {} : { next }), losses }, line: await lineOf(read.batches) };
}
