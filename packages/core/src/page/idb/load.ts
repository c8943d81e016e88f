/** Makes the origin's databases those of a session, empty: the records follow by `put`. */
import type { IdbDatabase, IdbStore } from '@psp/protocol';
import { fromWireString, toWireString } from '../codec/text.js';
import type { PageLoss } from '../contract.js';
import { databaseLoss, label, loss } from '../loss.js';
import { databaseInfos } from './dump.js';
import { peekGenerator, setGenerator } from './generator.js';
import { deleteDatabase, openDatabase, upgradeDatabase } from './open.js';
import { aborted, committed, resultOf } from './request.js';
import { readSchema, replaceStores, sameSchema } from './schema.js';

/** Those not wanted are deleted. A database that fails or is held by a page is a loss that names it, and costs no other. */
export async function loadDatabases(
  wanted: readonly IdbDatabase[],
  timeoutMs: number,
  losses: PageLoss[],
): Promise<void> {
  const versions = new Map<string, number>();
  try {
    for (const { name, version } of await databaseInfos(timeoutMs)) versions.set(name as string, version as number);
  } catch (error) {
    losses.push(databaseLoss(error));
    return;
  }
  const byName = new Map(wanted.map((database) => [fromWireString(database.name), database]));
  const guarded = (name: string, step: Promise<void>): Promise<void> =>
    step.catch((error: unknown) => void losses.push(databaseLoss(error, label(toWireString(name)))));
  // All at once, so that the waits for blocked databases do not add up.
  await Promise.all([
    ...[...versions]
      .filter(([name]) => !byName.has(name))
      .map(([name, version]) => guarded(name, deleteDatabase(name, version, timeoutMs))),
    ...[...byName].map(([name, database]) =>
      guarded(name, install(name, database, versions.get(name), { timeoutMs, losses })),
    ),
  ]);
}

interface Work {
  readonly timeoutMs: number;
  readonly losses: PageLoss[];
}

/**
 * A database of the same shape is emptied where it stands, which open pages do not notice; an older one is upgraded; only one that
 * is newer or of another shape must be deleted first.
 */
async function install(name: string, wanted: IdbDatabase, version: number | undefined, work: Work): Promise<void> {
  if (version === wanted.version && (await emptyInPlace(name, wanted, work))) return;
  if (version !== undefined && version >= wanted.version) await deleteDatabase(name, version, work.timeoutMs);
  const run = (database: IDBDatabase): void => replaceStores(database, wanted.stores);
  (await upgradeDatabase(name, { version: wanted.version, run }, work.timeoutMs)).close();
}

/** False, and nothing done, when the database has another shape. */
async function emptyInPlace(name: string, wanted: IdbDatabase, work: Work): Promise<boolean> {
  const database = await openDatabase(name, work.timeoutMs);
  try {
    if (!sameSchema(readSchema(database), wanted.stores)) return false;
    await emptyStores(database, wanted, work);
    return true;
  } finally {
    database.close();
  }
}

async function emptyStores(database: IDBDatabase, wanted: IdbDatabase, work: Work): Promise<void> {
  if (wanted.stores.length === 0) return;
  for (const { store, next, limit } of await beyond(database, wanted.stores, work.timeoutMs)) {
    const item = `${label(wanted.name)}/${label(store.name)}`;
    const detail = `the next generated key will be ${next}, not ${limit}`;
    work.losses.push(loss('database-altered', 'indexedDB', { item, detail }));
  }
  const names = wanted.stores.map(({ name }) => fromWireString(name));
  const transaction = database.transaction(names, 'readwrite', { durability: 'relaxed' });
  const done = committed(transaction);
  const clears = wanted.stores.map(({ name, keyGenerator }) => {
    const store = transaction.objectStore(fromWireString(name));
    const clear = store.clear();
    if (store.autoIncrement && keyGenerator !== undefined) setGenerator(store, keyGenerator);
    return clear;
  });
  try {
    await resultOf(clears[0]!, work.timeoutMs);
    await done;
  } catch (error) {
    done.catch(() => {});
    await aborted(transaction);
    throw error;
  }
}

interface Beyond {
  readonly store: IdbStore;
  readonly next: number;
  readonly limit: number;
}

/** The stores whose key generator has passed the wanted number. No call moves a generator back. */
async function beyond(database: IDBDatabase, stores: readonly IdbStore[], timeoutMs: number): Promise<Beyond[]> {
  const generating = stores.filter(({ autoIncrement }) => autoIncrement);
  if (generating.length === 0) return [];
  const names = generating.map(({ name }) => fromWireString(name));
  const transaction = database.transaction(names, 'readwrite');
  const found: Beyond[] = [];
  try {
    for (const [at, store] of generating.entries()) {
      const next = await peekGenerator(transaction.objectStore(names[at]!), timeoutMs);
      const limit = store.keyGenerator ?? 1;
      if (next > limit) found.push({ store, next, limit });
    }
  } finally {
    await aborted(transaction);
  }
  return found;
}
