/** Adds records to a store. A record that fails is named and costs no other. */
import type { IdbRecord } from '@psp/protocol';
import { decodeValue } from '../codec/decode.js';
import { asObject } from '../codec/fields.js';
import { removeMade } from '../codec/handle.js';
import { fromWireString } from '../codec/text.js';
import { LostValueError, WireError } from '../codec/wire.js';
import type { PageLoss, PutReply, PutRequest } from '../contract.js';
import { BlockedError, databaseLoss, describe, keyLabel, label, loss } from '../loss.js';
import { setGenerator } from './generator.js';
import { openDatabase, type OpenDatabases } from './open.js';
import { aborted, committed, keepAlive } from './request.js';

interface ReadyRecord {
  readonly key: unknown;
  readonly value: unknown;
  /** It must have a transaction of its own. */
  readonly alone: boolean;
}

/** What one call of `put` has to do and has met. */
interface Work {
  readonly path: string;
  readonly records: ReadyRecord[];
  readonly losses: PageLoss[];
}

/** `open` may have the database already, and keeps it. */
export async function putRecords(request: PutRequest, open?: OpenDatabases): Promise<PutReply> {
  const path = `${label(request.database)}/${label(request.store)}`;
  const work: Work = { path, records: [], losses: [] };
  await makeReady(await recordsOf(request), work);
  let count = 0;
  try {
    const name = fromWireString(request.database);
    const kept = open?.get(name);
    const database = kept ?? (await openDatabase(name, request.timeoutMs));
    try {
      const { keyGenerator: _, ...alone } = request;
      const [together, ...each] = groupsOf(work.records);
      for (const records of each) count += await write(database, alone, { ...work, records });
      // Last, since it sets the key generator, which every record may move.
      count += await write(database, request, { ...work, records: together });
    } finally {
      if (kept === undefined) database.close();
    }
  } catch (error) {
    work.losses.push(databaseLoss(error, path));
  } finally {
    await removeMade();
  }
  return { count, losses: work.losses };
}

async function recordsOf({ records }: PutRequest): Promise<unknown[]> {
  if (typeof records === 'string') return parseRecords(records);
  const response = await fetch(records.from);
  return asRecords(await response.json().catch(() => undefined));
}

export function parseRecords(json: string): unknown[] {
  try {
    return asRecords(JSON.parse(json));
  } catch {
    // The engine's message quotes the text.
    return asRecords(undefined);
  }
}

function asRecords(records: unknown): unknown[] {
  if (Array.isArray(records)) return records;
  throw new WireError('expected the JSON text of an array in records');
}

/** Values are made before the transaction, which would end while a picture or a key is being read. */
async function makeReady(records: readonly unknown[], { path, records: ready, losses }: Work): Promise<void> {
  for (const record of records) {
    let key: unknown;
    try {
      const wire = asObject(record) as IdbRecord;
      key = await decodeValue(wire.key);
      ready.push({ key, value: await decodeValue(wire.value), alone: FILES_ALONE && holdsFile(wire.value) });
    } catch (error) {
      if (!(error instanceof LostValueError || error instanceof WireError)) throw error;
      losses.push(
        loss('record-not-restored', 'indexedDB', { item: `${path}/${keyLabel(key)}`, detail: describe(error) }),
      );
    }
  }
}

/**
 * WebKit that keeps nothing on disk refuses files in databases, and a transaction with such a record and others never ends, not even
 * by abort(). Alone, the record is refused, provided that the refusal may abort the transaction.
 */
const FILES_ALONE = navigator.vendor.startsWith('Apple');

/** Whether a value has a Blob or File in it: nodes of the wire form begin with their kind. */
function holdsFile(wire: unknown): boolean {
  return /\["(?:blob|file)"/.test(JSON.stringify(wire));
}

/** Records that go into one transaction: first those that go together, then each that goes alone. */
function groupsOf(records: readonly ReadyRecord[]): [ReadyRecord[], ...ReadyRecord[][]] {
  const alone = records.filter((record) => record.alone).map((record) => [record]);
  return [records.filter((record) => !record.alone), ...alone];
}

function isAlone(records: readonly ReadyRecord[]): boolean {
  return records[0]?.alone === true;
}

async function write(database: IDBDatabase, request: PutRequest, work: Work): Promise<number> {
  const name = fromWireString(request.store);
  const transaction = database.transaction(name, 'readwrite', { durability: 'relaxed' });
  const done = committed(transaction);
  const store = transaction.objectStore(name);
  const refusals: PageLoss[] = [];
  let blocked = false;
  const timer = setTimeout(() => {
    blocked = true;
    void aborted(transaction);
  }, request.timeoutMs);
  const requests = putAll(store, work, refusals);
  // The first answer shows that the transaction has begun; after that nobody can hold it up.
  for (const answer of ['success', 'error']) requests[0]?.addEventListener(answer, () => clearTimeout(timer));
  if (store.autoIncrement && request.keyGenerator !== undefined) setGenerator(store, request.keyGenerator);
  try {
    await done;
  } catch (error) {
    if (blocked) throw new BlockedError('a transaction of another page holds it');
    if (isAlone(work.records) && refusals.length > 0) {
      work.losses.push(...refusals);
      return 0;
    }
    const detail = `${describe(error)} (none of ${work.records.length} records was written)`;
    work.losses.push(loss('item-refused', 'indexedDB', { item: work.path, detail }));
    return 0;
  } finally {
    clearTimeout(timer);
  }
  work.losses.push(...refusals);
  return work.records.length - refusals.length;
}

/** In-line keys are within the value; giving them beside it would be an error. */
function putAll(store: IDBObjectStore, { records, path }: Work, refusals: PageLoss[]): IDBRequest[] {
  const requests: IDBRequest[] = [];
  const isInline = store.keyPath !== null;
  for (const { key, value } of records) {
    const refuse = (error: unknown): void => {
      refusals.push(loss('item-refused', 'indexedDB', { item: `${path}/${keyLabel(key)}`, detail: describe(error) }));
    };
    try {
      const request = isInline ? store.put(value) : store.put(value, key as IDBValidKey);
      request.onerror = (event) => {
        if (!isAlone(records)) keepAlive(event);
        refuse(request.error);
      };
      requests.push(request);
    } catch (error) {
      refuse(error);
    }
  }
  return requests;
}
