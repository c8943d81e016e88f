/** Object stores and indexes: told, made, compared. */
import type { IdbIndex, IdbStore, WireString } from '@psp/protocol';
import { fromWireString, toWireString } from '../codec/text.js';
import { setGenerator } from './generator.js';

/** A store without its records and without the position of its key generator. */
export type StoreSchema = Omit<IdbStore, 'records' | 'keyGenerator'>;

const writePath = (path: string | string[]): WireString | WireString[] =>
  Array.isArray(path) ? path.map(toWireString) : toWireString(path);

const readPath = (path: WireString | WireString[]): string | string[] =>
  Array.isArray(path) ? path.map(fromWireString) : fromWireString(path);

/** The stores of an open database. */
export function readSchema(database: IDBDatabase): StoreSchema[] {
  const names = [...database.objectStoreNames];
  if (names.length === 0) return [];
  const transaction = database.transaction(names);
  return names.map((name) => {
    const store = transaction.objectStore(name);
    return {
      name: toWireString(name),
      keyPath: store.keyPath === null ? null : writePath(store.keyPath),
      autoIncrement: store.autoIncrement,
      indexes: [...store.indexNames].map((index) => readIndex(store.index(index))),
    };
  });
}

const readIndex = ({ name, keyPath, unique, multiEntry }: IDBIndex): IdbIndex => ({
  name: toWireString(name),
  keyPath: writePath(keyPath),
  unique,
  multiEntry,
});

/** Within an upgrade: replaces all stores by empty ones, each with its key generator in position. */
export function replaceStores(database: IDBDatabase, stores: readonly IdbStore[]): void {
  for (const name of [...database.objectStoreNames]) database.deleteObjectStore(name);
  for (const { name, keyPath, autoIncrement, indexes, keyGenerator } of stores) {
    const options = { keyPath: keyPath === null ? null : readPath(keyPath), autoIncrement };
    const store = database.createObjectStore(fromWireString(name), options);
    for (const { name: index, keyPath: path, unique, multiEntry } of indexes) {
      store.createIndex(fromWireString(index), readPath(path), { unique, multiEntry });
    }
    if (autoIncrement && keyGenerator !== undefined) setGenerator(store, keyGenerator);
  }
}

/** True when both lists describe the same stores and indexes, in whatever order. */
export const sameSchema = (some: readonly StoreSchema[], others: readonly StoreSchema[]): boolean =>
  canonical(some) === canonical(others);

function canonical(stores: readonly StoreSchema[]): string {
  const texts = stores.map(({ name, keyPath, autoIncrement, indexes }) => {
    const ofIndexes = indexes.map((index) => [index.name, index.keyPath, index.unique, index.multiEntry]);
    return JSON.stringify([name, keyPath, autoIncrement, ofIndexes.map((index) => JSON.stringify(index)).sort()]);
  });
  return JSON.stringify(texts.sort());
}
