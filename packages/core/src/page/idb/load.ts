/** Makes the origin's databases those of a session, empty: the records follow by `put`. */
import type { IdbDatabase, IdbStore, NameRules } from '@psp/protocol';
import { fromWireString, toWireString } from '../codec/text.js';
import { WireError } from '../codec/wire.js';
import type { PageLoss } from '../contract.js';
import { databaseLoss, label, loss } from '../loss.js';
import { isTaken, isWholeTaken } from '../names.js';
import { databaseInfos } from './dump.js';
import { peekGenerator, setGenerator } from './generator.js';
import { deleteDatabase, openDatabase, upgradeDatabase, type OpenDatabases } from './open.js';
import { aborted, committed, resultOf } from './request.js';
import { readSchema, replaceStores, sameSchema } from './schema.js';

/**
 * Those not wanted are deleted, if `rules` take their names; stores whose names they do not take are left as they are. A database that fails or is held by a page is a loss that names it, and costs no other. Gives the
 * indexes of those that could not be made. The others stand open, in `open`, for who has records for them.
 */
export async function loadDatabases(
  wanted: readonly IdbDatabase[],
  { rules, timeoutMs, losses, open }: Work & { readonly open: OpenDatabases },
): Promise<number[]> {
  const versions = new Map<string, number>();
  try {
    for (const { name, version } of await databaseInfos(timeoutMs)) versions.set(name as string, version as number);
  } catch (error) {
    losses.push(databaseLoss(error));
    return [...wanted.keys()];
  }
  const names = wanted.map(({ name }) => fromWireString(name));
  const guarded = async (name: string, step: Promise<void>): Promise<boolean> => {
    try {
      await step;
      return true;
    } catch (error) {
      losses.push(databaseLoss(error, label(toWireString(name))));
      return false;
    }
  };
  const others = [...versions].filter(([name]) => !names.includes(name) && isWholeTaken(rules, name));
  // All at once, so that the waits for blocked databases do not add up.
  const [made] = await Promise.all([
    Promise.all(
      wanted.map((database, index) => {
        const name = names[index]!;
        const made = install(name, database, versions.get(name), { rules, timeoutMs, losses });
        return guarded(
          name,
          made.then((database) => open.keep(name, database)),
        );
      }),
    ),
    Promise.all(others.map(([name, version]) => guarded(name, deleteDatabase(name, version, timeoutMs)))),
  ]);
  return [...made.keys()].filter((index) => made[index] === false);
}

interface Work {
  readonly rules: NameRules;
  readonly timeoutMs: number;
  readonly losses: PageLoss[];
}

/**
 * A database of the same shape is emptied where it stands, which open pages do not notice; an older one is upgraded; only one that
 * is newer or of another shape must be deleted first.
 */
async function install(
  name: string,
  wanted: IdbDatabase,
  version: number | undefined,
  work: Work,
): Promise<IDBDatabase> {
  const emptied = version === wanted.version ? await emptyInPlace(name, wanted, work) : undefined;
  if (emptied !== undefined) return emptied;
  if (version !== undefined && work.rules.length > 0) await refuseToReplace(name, work);
  if (version !== undefined && version >= wanted.version) await deleteDatabase(name, version, work.timeoutMs);
  const run = (database: IDBDatabase): void => replaceStores(database, wanted.stores);
  return upgradeDatabase(name, { version: wanted.version, run }, work.timeoutMs);
}

/** Throws when the database holds a store that is to be left alone: a database of another shape is made anew as a whole. */
async function refuseToReplace(name: string, { rules, timeoutMs }: Work): Promise<void> {
  const database = await openDatabase(name, timeoutMs);
  const stores = [...database.objectStoreNames];
  database.close();
  if (stores.every((store) => isTaken(rules, namesOf(name, store)))) return;
  throw new WireError('it has another shape here, and a store that was not chosen, which is left as it is');
}

/** Those by which a rule can know a store. */
const namesOf = (database: string, store: string): string[] => [database, `${database}/${store}`];

/** Undefined, and nothing done, when the database has another shape. */
async function emptyInPlace(name: string, wanted: IdbDatabase, work: Work): Promise<IDBDatabase | undefined> {
  const database = await openDatabase(name, work.timeoutMs);
  let isEmpty = false;
  try {
    isEmpty = sameSchema(readSchema(database), wanted.stores);
    if (isEmpty) await emptyStores(database, wanted, work);
    return isEmpty ? database : undefined;
  } catch (error) {
    isEmpty = false;
    throw error;
  } finally {
    if (!isEmpty) database.close();
  }
}

async function emptyStores(database: IDBDatabase, wanted: IdbDatabase, work: Work): Promise<void> {
  const stores = wanted.stores.filter(({ name }) => isTaken(work.rules, namesOf(database.name, fromWireString(name))));
  if (stores.length === 0) return;
  for (const { store, next, limit } of await beyond(database, stores, work.timeoutMs)) {
    const item = `${label(wanted.name)}/${label(store.name)}`;
    const detail = `the next generated key will be ${next}, not ${limit}`;
    work.losses.push(loss('database-altered', 'indexedDB', { item, detail }));
  }
  const names = stores.map(({ name }) => fromWireString(name));
  const transaction = database.transaction(names, 'readwrite', { durability: 'relaxed' });
  const done = committed(transaction);
  const clears = stores.map(({ name, keyGenerator }) => {
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
