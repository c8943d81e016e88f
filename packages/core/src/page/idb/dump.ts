/** Reads all databases of the origin, and goes on reading a store. */
import type { IdbDatabase, IdbStore, WireValue } from '@psp/protocol';
import { decodeValue } from '../codec/decode.js';
import { encodeValue } from '../codec/encode.js';
import { fromWireString, toWireString } from '../codec/text.js';
import type { DumpReply, DumpRequest, PageLoss, RecordsReply, RecordsRequest } from '../contract.js';
import { BlockedError, databaseLoss, label } from '../loss.js';
import { peekGenerator } from './generator.js';
import { openDatabase } from './open.js';
import { type Batch, type Budget, finishBatch, readStore, type StoreRead } from './read.js';
import { aborted } from './request.js';
import { readSchema } from './schema.js';

export interface DatabasesDump extends Pick<DumpReply, 'batches' | 'rest'> {
  databases?: IdbDatabase[];
  /** One for each entry of `batches`. */
  lines: string[];
}

/** A database as one transaction saw it. */
interface DatabaseRead {
  readonly database: IdbDatabase;
  readonly stores: readonly StoreRead[];
}

/** Reads until `maxBytes`; the stores that have more are in `rest`. One bad database costs a loss, never the others. */
export async function dumpDatabases(request: DumpRequest, losses: PageLoss[]): Promise<DatabasesDump> {
  const dump: DatabasesDump = { batches: [], rest: [], lines: [] };
  const names = await listDatabases(request.timeoutMs).catch((error: unknown) => {
    losses.push(databaseLoss(error));
    return undefined;
  });
  if (names === undefined) return dump;
  const budget = { left: request.maxBytes };
  // All at once, so that the waits for blocked databases do not add up.
  const reads = await Promise.all(names.map((name) => readDatabase(name, budget, request.timeoutMs, losses)));
  dump.databases = [];
  for (const read of reads) if (read !== undefined) await append(dump, read, losses);
  return dump;
}

async function append(dump: DatabasesDump, { database, stores }: DatabaseRead, losses: PageLoss[]): Promise<void> {
  const at = (dump.databases ??= []).push(database) - 1;
  for (const [store, { batches, after, hasMore }] of stores.entries()) {
    const path = pathOf(database, database.stores[store]!);
    for (const batch of batches) {
      dump.lines.push(await finishBatch(batch, path, losses));
      dump.batches.push({ database: at, store, count: batch.count });
    }
    if (hasMore) dump.rest.push({ database: at, store, after: keyWire(after) });
  }
}

const keyWire = (key: IDBValidKey | undefined): WireValue | undefined =>
  key === undefined ? undefined : encodeValue(key).wire;

const pathOf = (database: Pick<IdbDatabase, 'name'>, store: Pick<IdbStore, 'name'>): string =>
  `${label(database.name)}/${label(store.name)}`;

/** The names of the origin's databases. */
async function listDatabases(timeoutMs: number): Promise<string[]> {
  return (await databaseInfos(timeoutMs)).map(({ name }) => name as string);
}

export function databaseInfos(timeoutMs: number): Promise<IDBDatabaseInfo[]> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new BlockedError('the list of databases does not come')), timeoutMs);
    indexedDB
      .databases()
      .then(resolve, reject)
      .finally(() => clearTimeout(timer));
  });
}

async function readDatabase(
  name: string,
  budget: Budget,
  timeoutMs: number,
  losses: PageLoss[],
): Promise<DatabaseRead | undefined> {
  const item = label(toWireString(name));
  try {
    const database = await openDatabase(name, timeoutMs);
    try {
      return await readStores(database, budget, timeoutMs, losses);
    } finally {
      database.close();
    }
  } catch (error) {
    losses.push(databaseLoss(error, item));
    return undefined;
  }
}

/** All stores in one transaction, so that they belong together. */
async function readStores(
  database: IDBDatabase,
  budget: Budget,
  timeoutMs: number,
  losses: PageLoss[],
): Promise<DatabaseRead> {
  const stores: IdbStore[] = readSchema(database).map((store) => ({ ...store, records: [] }));
  const found = { name: toWireString(database.name), version: database.version, stores };
  const reads = stores.map((): StoreRead => ({ batches: [], after: undefined, hasMore: true }));
  if (stores.length === 0) return { database: found, stores: reads };
  const hasGenerator = stores.some(({ autoIncrement }) => autoIncrement);
  const names = stores.map(({ name }) => fromWireString(name));
  const transaction = database.transaction(names, hasGenerator ? 'readwrite' : 'readonly');
  try {
    for (const [at, name] of names.entries()) {
      await readStore(transaction.objectStore(name), reads[at]!, budget, timeoutMs).catch((error: unknown) => {
        if (error instanceof BlockedError) throw error;
        reads[at]!.hasMore = false;
        losses.push(databaseLoss(error, pathOf(found, stores[at]!)));
      });
    }
    for (const store of stores) {
      if (!store.autoIncrement) continue;
      store.keyGenerator = await peekGenerator(transaction.objectStore(fromWireString(store.name)), timeoutMs);
    }
  } finally {
    await aborted(transaction);
  }
  return { database: found, stores: reads };
}

/** One line with the next records of a store. */
export async function readRecords(request: RecordsRequest): Promise<{ header: RecordsReply; line: string }> {
  const losses: PageLoss[] = [];
  const after = request.after === undefined ? undefined : ((await decodeValue(request.after)) as IDBValidKey);
  const read: StoreRead = { batches: [], after, hasMore: true };
  try {
    await readOn(request, read);
  } catch (error) {
    read.hasMore = false;
    losses.push(databaseLoss(error, pathOf({ name: request.database }, { name: request.store })));
  }
  const line = await joinBatches(read.batches, pathOf({ name: request.database }, { name: request.store }), losses);
  const count = read.batches.reduce((sum, batch) => sum + batch.count, 0);
  const next = read.hasMore ? keyWire(read.after) : undefined;
  return { header: { count, ...(next === undefined ? {} : { next }), losses }, line };
}

async function readOn(request: RecordsRequest, into: StoreRead): Promise<void> {
  const database = await openDatabase(fromWireString(request.database), request.timeoutMs);
  try {
    const name = fromWireString(request.store);
    const transaction = database.transaction(name);
    try {
      await readStore(transaction.objectStore(name), into, { left: request.maxBytes }, request.timeoutMs);
    } finally {
      await aborted(transaction);
    }
  } finally {
    database.close();
  }
}

async function joinBatches(batches: readonly Batch[], path: string, losses: PageLoss[]): Promise<string> {
  const inner: string[] = [];
  for (const batch of batches) inner.push((await finishBatch(batch, path, losses)).slice(1, -1));
  return `[${inner.join(',')}]`;
}
