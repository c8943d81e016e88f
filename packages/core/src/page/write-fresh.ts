/**
 * As write.ts, for a place that holds nothing yet, and records that JSON carries as they are: what a restore mostly finds. Engines take long
 * for code that comes new to a process, and this is a sixth of it. It tells of no loss: where anything is otherwise or fails, the reply is
 * `notFresh`, and write.ts replaces what was written so far.
 */
import type { IdbDatabase, IdbRecord, IdbStore } from '@psp/protocol';
import { plainValue } from './codec/plain-value.js';
import { fromWireString } from './codec/text.js';
import type { Addressed, LoadReply, LoadRequest, PageFailure } from './contract.js';
import { openRoot } from './depot/read-files.js';
import { workers } from './depot/registry.js';
import { buckets, home } from './home.js';
import { databaseInfos } from './idb/dump.js';
import { setGenerator } from './idb/generator.js';
import { upgradeDatabase } from './idb/open.js';
import { replaceStores } from './idb/schema.js';
import { within } from './within.js';

/** Thrown where write.ts is to go on. Nobody reads it. */
const NOT_FRESH: PageFailure = { error: 'the place is not empty, or would not take everything', notFresh: true };

export const run = async (text: string): Promise<string> => JSON.stringify(await load(text).catch(() => NOT_FRESH));

type Request = LoadRequest & Addressed;

async function load(text: string): Promise<LoadReply> {
  const request = JSON.parse(text) as Request;
  expect(request.origin === self.origin && request.bucket === undefined);
  const steps = [emptyDepot(request), loadDatabases(request)] as const;
  // Whoever goes on after this is to be alone with the place.
  const settled = Promise.allSettled(steps);
  try {
    for (const kind of ['localStorage', 'sessionStorage'] as const) loadItems(kind, request[kind]);
  } finally {
    await settled;
  }
  const [depot] = await Promise.all(steps);
  return { failed: [], losses: [], ...(depot === undefined ? {} : { depot }) };
}

function expect(isSo: boolean): void {
  if (!isSo) throw new Error(NOT_FRESH.error);
}

function loadItems(kind: 'localStorage' | 'sessionStorage', items: Request[typeof kind]): void {
  if (items === undefined) return;
  const storage = globalThis[kind];
  expect(storage.length === 0);
  for (const { name, value } of items) storage.setItem(fromWireString(name), fromWireString(value));
}

/** The kinds that may get entries, where there is nothing of any. Caches, workers, buckets and a promise that storage stays are made by write.ts. */
async function emptyDepot({ depot, timeoutMs }: Request): Promise<LoadReply['depot']> {
  if (depot === undefined) return undefined;
  const { caches = [], serviceWorkers = [], files, persisted } = depot;
  expect(caches.length === 0 && serviceWorkers.length === 0 && persisted !== true);
  const there = [
    listIf(depot.serviceWorkers, () => workers()?.getRegistrations()),
    listIf(depot.caches, () => home().caches?.keys()),
    listIf(depot.buckets, () => buckets()?.keys()),
    listIf(files, firstFile),
  ] as const;
  const lists = await within(timeoutMs, Promise.all(there));
  expect(lists.every((list) => list === undefined || list.length === 0));
  const [, cachesThere, , filesThere] = lists;
  return [
    ...(cachesThere === undefined ? [] : (['caches'] as const)),
    ...(filesThere === undefined ? [] : (['files'] as const)),
  ];
}

/** Undefined where it is not asked for, and where the browser has none. */
async function listIf<T>(
  isAskedFor: unknown,
  list: () => Promise<readonly T[] | undefined> | undefined,
): Promise<readonly T[] | undefined> {
  return isAskedFor === undefined || isAskedFor === false ? undefined : list();
}

/** Undefined where the browser has no files. */
async function firstFile(): Promise<unknown[] | undefined> {
  const root = await openRoot();
  if (root === undefined) return undefined;
  const { done, value } = await root.values().next();
  return done === true ? [] : [value];
}

async function loadDatabases(request: Request): Promise<void> {
  const { databases, timeoutMs } = request;
  if (databases === undefined) return;
  expect((await databaseInfos(timeoutMs)).length === 0);
  const made = await Promise.allSettled(databases.map((database) => loadDatabase(database, request)));
  expect(made.every(({ status }) => status === 'fulfilled'));
}

/** With its records in the transaction that makes it: any that is refused takes all back. */
async function loadDatabase({ name, version, stores }: IdbDatabase, { puts = [], timeoutMs }: Request): Promise<void> {
  const own = fromWireString(name);
  const mine = puts.filter(({ database }) => fromWireString(database) === own).map(readyPut);
  let isMade = false;
  const run = (database: IDBDatabase, transaction: IDBTransaction): void => {
    replaceStores(database, stores.map(withoutGenerator));
    for (const { store, records } of mine) putAll(transaction.objectStore(store), records);
    for (const { name, autoIncrement, keyGenerator } of stores) {
      if (autoIncrement && keyGenerator !== undefined)
        setGenerator(transaction.objectStore(fromWireString(name)), keyGenerator);
    }
    isMade = true;
  };
  (await upgradeDatabase(own, { version, run }, timeoutMs)).close();
  expect(isMade);
}

/** It is set in the end: where a record has its number, that stays. */
const withoutGenerator = ({ keyGenerator: _, ...store }: IdbStore): IdbStore => store;

interface ReadyPut {
  readonly store: string;
  readonly records: readonly { readonly key: IDBValidKey; readonly value: unknown }[];
}

function readyPut({ store, records }: NonNullable<Request['puts']>[number]): ReadyPut {
  const list = JSON.parse(records as string) as IdbRecord[];
  return {
    store: fromWireString(store),
    records: list.map(({ key, value }) => ({ key: plainValue(key) as IDBValidKey, value: plainValue(value) })),
  };
}

function putAll(store: IDBObjectStore, records: ReadyPut['records']): void {
  const isInline = store.keyPath !== null;
  for (const { key, value } of records) store.put(value, isInline ? undefined : key);
}
