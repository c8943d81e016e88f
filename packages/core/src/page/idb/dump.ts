/** Reads all databases of the origin, and goes on reading a store. */
import type { IdbDatabase, IdbStore, WireValue } from '@psp/protocol';
import { decodeValue } from '../codec/decode.js';
import { encodeValue } from '../codec/encode.js';
import { fromWireString, toWireString } from '../codec/text.js';
import type { DumpReply, DumpRequest, PageLoss, RecordsReply, RecordsRequest } from '../contract.js';
import { home } from '../home.js';
import { BlockedError, databaseLoss, label } from '../loss.js';
import { type Batch, finishBatch } from './batch.js';
import { peekGenerator } from './generator.js';
import { openDatabase } from './open.js';
import { type Budget, budgetOf, cutsOf, readStore, type Reading, type StoreRead } from './read.js';
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
  /** Of each store. */
  readonly cuts: readonly (readonly IDBValidKey[])[];
}

interface DumpReading extends Omit<Reading, 'path'> {
  /** Of the pieces that are left for later. */
  readonly pieceLength: number;
}

/** Reads until the budget is spent; the stores that have more are in `rest`. One bad database costs a loss, never the others. */
export async function dumpDatabases(request: DumpRequest, budget: Budget, losses: PageLoss[]): Promise<DatabasesDump> {
  const dump: DatabasesDump = { batches: [], rest: [], lines: [] };
  const names = await listDatabases(request.timeoutMs).catch((error: unknown) => {
    losses.push(databaseLoss(error));
    return undefined;
  });
  if (names === undefined) return dump;
  const { maxRecordBytes, timeoutMs } = request;
  const reading = { budget, maxRecordBytes, timeoutMs, losses, pieceLength: request.pieceBytes };
  // All at once, so that the waits for blocked databases do not add up.
  const reads = await Promise.all(names.map((name) => readDatabase(name, reading)));
  dump.databases = [];
  for (const read of reads) if (read !== undefined) await append(dump, read, losses);
  return dump;
}

async function append(
  dump: DatabasesDump,
  { database, stores, cuts }: DatabaseRead,
  losses: PageLoss[],
): Promise<void> {
  const at = (dump.databases ??= []).push(database) - 1;
  for (const [store, { batches, after, hasMore }] of stores.entries()) {
    const path = pathOf(database, database.stores[store]!);
    for (const batch of batches) {
      dump.lines.push(`[${await finishBatch(batch, path, losses)}]`);
      dump.batches.push({ database: at, store, count: batch.contents.length });
    }
    if (hasMore) dump.rest.push({ database: at, store, after: keyWire(after), cuts: cuts[store]!.map(keyOf) });
  }
}

const keyOf = (key: IDBValidKey): WireValue => encodeValue(key).wire;

const keyWire = (key: IDBValidKey | undefined): WireValue | undefined => (key === undefined ? undefined : keyOf(key));

const keyFrom = async (wire: WireValue | undefined): Promise<IDBValidKey | undefined> =>
  wire === undefined ? undefined : ((await decodeValue(wire)) as IDBValidKey);

const pathOf = (database: Pick<IdbDatabase, 'name'>, store: Pick<IdbStore, 'name'>): string =>
  `${label(database.name)}/${label(store.name)}`;

/** The names of the origin's databases. */
async function listDatabases(timeoutMs: number): Promise<string[]> {
  return (await databaseInfos(timeoutMs)).map(({ name }) => name as string);
}

export function databaseInfos(timeoutMs: number): Promise<IDBDatabaseInfo[]> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new BlockedError('the list of databases does not come')), timeoutMs);
    home()
      .indexedDB.databases()
      .then(resolve, reject)
      .finally(() => clearTimeout(timer));
  });
}

async function readDatabase(name: string, reading: DumpReading): Promise<DatabaseRead | undefined> {
  const item = label(toWireString(name));
  try {
    const database = await openDatabase(name, reading.timeoutMs);
    try {
      return await readStores(database, reading);
    } finally {
      database.close();
    }
  } catch (error) {
    reading.losses.push(databaseLoss(error, item));
    return undefined;
  }
}

/** All stores in one transaction, so that they belong together. */
async function readStores(database: IDBDatabase, reading: DumpReading): Promise<DatabaseRead> {
  const stores: IdbStore[] = readSchema(database).map((store) => ({ ...store, records: [] }));
  const found = { name: toWireString(database.name), version: database.version, stores };
  const reads = stores.map((): StoreRead => ({ batches: [], after: undefined, hasMore: true }));
  const cuts = stores.map((): IDBValidKey[] => []);
  if (stores.length === 0) return { database: found, stores: reads, cuts };
  const hasGenerator = stores.some(({ autoIncrement }) => autoIncrement);
  const names = stores.map(({ name }) => fromWireString(name));
  const transaction = database.transaction(names, hasGenerator ? 'readwrite' : 'readonly');
  try {
    for (const [at, name] of names.entries()) {
      const path = pathOf(found, stores[at]!);
      const store = transaction.objectStore(name);
      const read = reads[at]!;
      try {
        await readStore(store, read, { ...reading, path });
        if (read.hasMore) cuts[at] = await cutsOf(store, read, reading.pieceLength, reading.timeoutMs);
      } catch (error) {
        if (error instanceof BlockedError) throw error;
        read.hasMore = false;
        reading.losses.push(databaseLoss(error, path));
      }
    }
    for (const store of stores) {
      if (!store.autoIncrement) continue;
      store.keyGenerator = await peekGenerator(transaction.objectStore(fromWireString(store.name)), reading.timeoutMs);
    }
  } finally {
    await aborted(transaction);
  }
  return { database: found, stores: reads, cuts };
}

/** One line with the next records of a store. */
export async function readRecords(request: RecordsRequest): Promise<{ header: RecordsReply; line: string }> {
  const { maxRecordBytes, timeoutMs } = request;
  const losses: PageLoss[] = [];
  const path = pathOf({ name: request.database }, { name: request.store });
  const [after, upTo] = [await keyFrom(request.after), await keyFrom(request.upTo)];
  const read: StoreRead = { batches: [], after, ...(upTo === undefined ? {} : { upTo }), hasMore: true };
  try {
    await readOn(request, read, { budget: budgetOf(request.maxBytes), maxRecordBytes, timeoutMs, path, losses });
  } catch (error) {
    read.hasMore = false;
    losses.push(databaseLoss(error, path));
  }
  const line = await joinBatches(read.batches, path, losses);
  const count = read.batches.reduce((sum, batch) => sum + batch.contents.length, 0);
  const next = read.hasMore ? keyWire(read.after) : undefined;
  return { header: { count, ...(next === undefined ? {} : { next }), losses }, line };
}

async function readOn(request: RecordsRequest, into: StoreRead, reading: Reading): Promise<void> {
  const database = await openDatabase(fromWireString(request.database), request.timeoutMs);
  try {
    const name = fromWireString(request.store);
    const transaction = database.transaction(name);
    try {
      await readStore(transaction.objectStore(name), into, reading);
    } finally {
      await aborted(transaction);
    }
  } finally {
    database.close();
  }
}

async function joinBatches(batches: readonly Batch[], path: string, losses: PageLoss[]): Promise<string> {
  const texts: string[] = [];
  for (const batch of batches) texts.push(await finishBatch(batch, path, losses));
  return `[${texts.join(',')}]`;
}
