/** IndexedDB in the shape of Playwright's storage state: databases, stores, indexes and records. */
import {
  fromWireString,
  showKey,
  toWireString,
  type IdbDatabase,
  type IdbIndex,
  type IdbRecord,
  type IdbStore,
  type Loss,
  type WireString,
  type WireValue,
} from '@psp/protocol';
import { keyAt } from './key-path.js';
import { formatLoss } from './losses.js';
import { array, boolean, misplaced, object, optional, positiveInteger, string, type JsonObject } from './place.js';
import { fromEncoded, fromPlain } from './playwright-decode.js';
import { toPlaywright, type Encoding } from './playwright-encode.js';

interface Sink {
  readonly origin: string;
  readonly losses: Loss[];
}

export function writeDatabase(database: IdbDatabase, sink: Sink): object {
  return {
    name: fromWireString(database.name),
    version: database.version,
    stores: database.stores.map((store) => writeStore(database, store, sink)),
  };
}

function writeStore(database: IdbDatabase, store: IdbStore, sink: Sink): object {
  const item = `${fromWireString(database.name)}/${fromWireString(store.name)}`;
  if (generatorIsLost(store)) {
    sink.losses.push(
      formatLoss('indexedDB', sink.origin, item, 'playwright does not hold the position of the key generator'),
    );
  }
  return {
    name: fromWireString(store.name),
    ...(store.keyPath === null ? {} : writeKeyPath(store.keyPath)),
    autoIncrement: store.autoIncrement,
    records: store.records.flatMap((record) => writeRecord(record, store, item, sink)),
    indexes: store.indexes.map(({ name, keyPath, multiEntry, unique }) => ({
      name: fromWireString(name),
      ...writeKeyPath(keyPath),
      multiEntry,
      unique,
    })),
  };
}

/** Adding the records leaves the generator just above the highest number among the keys. */
function generatorIsLost({ keyGenerator, records }: IdbStore): boolean {
  if (keyGenerator === undefined) return false;
  const highest = records.reduce(
    (high, { key }) => (typeof key === 'number' && key > high ? Math.floor(key) : high),
    0,
  );
  return keyGenerator !== highest + 1;
}

function writeKeyPath(keyPath: WireString | WireString[]): object {
  return Array.isArray(keyPath) ? { keyPathArray: keyPath.map(fromWireString) } : { keyPath: fromWireString(keyPath) };
}

function writeRecord(record: IdbRecord, store: IdbStore, item: string, sink: Sink): object[] {
  const lose = (detail: string): void => {
    sink.losses.push(formatLoss('indexedDB', sink.origin, `${item}/${showKey(record.key)}`, detail));
  };
  const key: Encoding = store.keyPath === null ? toPlaywright(record.key) : { value: undefined };
  const value = toPlaywright(record.value);
  const unheld = [key, value].flatMap((encoding) => ('unheld' in encoding ? [encoding.unheld] : []));
  if (unheld.length > 0) {
    lose(`playwright cannot hold ${unheld.join(', ')}: the record was left out`);
    return [];
  }
  for (const encoding of [key, value]) {
    if ('altered' in encoding) encoding.altered.forEach((change) => lose(`playwright alters it: ${change}`));
  }
  return [{ ...(store.keyPath === null ? member('key', key) : {}), ...member('value', value) }];
}

function member(name: 'key' | 'value', encoding: Encoding): object {
  if ('encoded' in encoding) return { [`${name}Encoded`]: encoding.encoded };
  return 'value' in encoding ? { [name]: encoding.value } : {};
}

export function readDatabase(json: unknown, place: string): IdbDatabase {
  const fields = object(json, place);
  return {
    name: toWireString(string(fields.name, `${place}.name`)),
    version: positiveInteger(fields.version, `${place}.version`),
    stores: array(fields.stores, `${place}.stores`).map((store, at) => readStore(store, `${place}.stores[${at}]`)),
  };
}

function readStore(json: unknown, place: string): IdbStore {
  const fields = object(json, place);
  const keyPath = readKeyPath(fields, place) ?? null;
  const indexes = optional(fields.indexes, `${place}.indexes`, array) ?? [];
  return {
    name: toWireString(string(fields.name, `${place}.name`)),
    keyPath,
    autoIncrement: boolean(fields.autoIncrement, `${place}.autoIncrement`),
    indexes: indexes.map((index, at) => readIndex(index, `${place}.indexes[${at}]`)),
    records: array(fields.records, `${place}.records`).map((r, at) =>
      readRecord(r, keyPath, `${place}.records[${at}]`),
    ),
  };
}

function readIndex(json: unknown, place: string): IdbIndex {
  const fields = object(json, place);
  const keyPath = readKeyPath(fields, place);
  if (keyPath === undefined) throw misplaced(`${place}.keyPath`, 'string', undefined);
  return {
    name: toWireString(string(fields.name, `${place}.name`)),
    keyPath,
    unique: boolean(fields.unique, `${place}.unique`),
    multiEntry: boolean(fields.multiEntry, `${place}.multiEntry`),
  };
}

function readKeyPath(fields: JsonObject, place: string): WireString | WireString[] | undefined {
  const list = optional(fields.keyPathArray, `${place}.keyPathArray`, array);
  if (list !== undefined) return list.map((path, at) => toWireString(string(path, `${place}.keyPathArray[${at}]`)));
  const path = optional(fields.keyPath, `${place}.keyPath`, string);
  return path === undefined ? undefined : toWireString(path);
}

function readRecord(json: unknown, keyPath: IdbStore['keyPath'], place: string): IdbRecord {
  const fields = object(json, place);
  const value = readMember(fields, 'value', place);
  if (keyPath !== null) return { key: keyAt(value, keyPath, place), value };
  return { key: readMember(fields, 'key', place), value };
}

function readMember(fields: JsonObject, name: 'key' | 'value', place: string): WireValue {
  if (name in fields) return fromPlain(fields[name]);
  if (`${name}Encoded` in fields) return fromEncoded(fields[`${name}Encoded`], `${place}.${name}Encoded`);
  throw misplaced(`${place}.${name}`, 'a value', undefined);
}
