/** Writes the storage of one origin in one frame, batch by batch. */
import {
  Chooser,
  isStorePlace,
  showStoragePlace,
  type IdbDatabase,
  type IdbStore,
  type Loss,
  type OriginState,
  type RecordPlace,
  type StorageItem,
  type StorePlace,
  type WireString,
} from '@psp/protocol';
import { bytesInRequest, callPage, MAX_RECORD_BYTES, type Place } from './page-call.js';
import type { DepotLoad, LoadRequest } from './page/contract.js';
import { ofOrigin } from './read-origin.js';
import { cutRecords } from './record-texts.js';
import type { RecordBatch } from './state.js';
import { cacheOf, DepotWriter, type Writing } from './write-depot.js';

/** So much JSON text of records goes along with the call that makes the databases. */
const FIRST_BYTES = 512 * 1024;
/** Most JSON text in one put, unless one record alone has more. Batches of imports or of other programs may be of any size. */
const PUT_BYTES = 4 * 1024 * 1024;

export interface WriteOptions {
  /** What to make of caches, files, workers and buckets. */
  readonly depot?: DepotLoad;
  readonly timeoutMs: number;
  readonly chooser?: Chooser;
}

/** Replaces all that the place of the state holds, but sessionStorage, as far as it is chosen. Gives what the browser would not take. */
export async function writeOrigin(
  place: Place,
  state: OriginState,
  batches: AsyncIterable<RecordBatch>,
  { depot = {}, timeoutMs, chooser = new Chooser() }: WriteOptions,
): Promise<Loss[]> {
  const losses: Loss[] = [];
  const reader = sendable(state, batches, losses);
  const puts: StorePut[] = [];
  let next = await reader.next();
  for (let bytes = 0; next.done !== true; next = await reader.next()) {
    const { at } = next.value;
    bytes += next.value.json.length;
    if (bytes > FIRST_BYTES || !isStorePlace(at)) break;
    puts.push({ ...storeOf(state, at), records: textOf(next.value) });
  }
  const { header } = await callPage(place, { do: 'load', ...chosenOf(state, chooser), puts, depot, timeoutMs });
  losses.push(...header.losses.map((loss) => ofOrigin(loss, showStoragePlace(state))));
  const rest = next.done === true ? [] : concat(next.value, reader);
  if (header.noBucket !== true) await writeRest({ place, state, timeoutMs, losses, header }, rest);
  return losses;
}

async function* concat(first: RecordBatch, rest: AsyncIterable<RecordBatch>): AsyncGenerator<RecordBatch> {
  yield first;
  yield* rest;
}

async function writeRest(writing: Writing, batches: AsyncIterable<RecordBatch> | Iterable<RecordBatch>): Promise<void> {
  const entries = new DepotWriter(writing);
  // Two under way: the page makes the values of one batch while the browser writes those of the one before.
  let before: Promise<void> = Promise.resolve();
  for await (const batch of batches) {
    const { at } = batch;
    if (!isStorePlace(at)) {
      // The order of entries counts, and files follow what handles in databases made for a moment.
      await before;
      await entries.put(at, batch);
    } else if (!writing.header.failed.includes(at[1])) {
      const current = putRecords(writing, at, batch);
      current.catch(() => undefined); // awaited one turn later
      await before;
      before = current;
    }
  }
  await before;
  await entries.end();
}

async function putRecords(writing: Writing, at: StorePlace, batch: RecordBatch): Promise<void> {
  const { place, state, timeoutMs, losses } = writing;
  const offer = place.driver.offer?.(place.frame, batch.json);
  const records = offer === undefined ? textOf(batch) : { from: offer.path };
  try {
    const { header } = await callPage(place, { do: 'put', ...storeOf(state, at), records, timeoutMs });
    losses.push(...header.losses.map((loss) => ofOrigin(loss, showStoragePlace(state))));
  } finally {
    offer?.end();
  }
}

/** What the page is to replace: an absent member stays as it is. */
function chosenOf(state: OriginState, chooser: Chooser): Pick<LoadRequest, 'localStorage' | 'databases' | 'names'> {
  const localStorage = chooser.nameRules('localStorage', state);
  const indexedDB = chooser.nameRules('indexedDB', state);
  return {
    // Buckets have no Web Storage.
    ...(localStorage === undefined || state.bucket !== undefined ? {} : { localStorage: state.localStorage }),
    ...(indexedDB === undefined ? {} : { databases: state.indexedDB }),
    names: {
      localStorage: localStorage ?? [],
      indexedDB: indexedDB ?? [],
      cache: chooser.nameRules('cache', state) ?? [],
      file: chooser.nameRules('file', state) ?? [],
      serviceWorker: chooser.nameRules('serviceWorker', state) ?? [],
    },
  };
}

/** Replaces the sessionStorage that this tab has for the frame's origin, as far as it is chosen. */
export async function writeSessionStorage(
  place: Place,
  items: StorageItem[],
  timeoutMs: number,
  chooser = new Chooser(),
): Promise<Loss[]> {
  const origin = place.frame.origin as string;
  const sessionStorage = chooser.nameRules('sessionStorage', place.frame);
  if (sessionStorage === undefined) return [];
  const { partition } = place.frame;
  const below = partition === undefined ? {} : { partition };
  const { header } = await callPage(place, { do: 'load', sessionStorage: items, names: { sessionStorage }, timeoutMs });
  return header.losses.map((loss) => ofOrigin(loss, showStoragePlace({ origin, ...below })));
}

/** The batches in pieces that the browser can take. A record that is too large by itself becomes a loss. */
async function* sendable(
  state: OriginState,
  batches: AsyncIterable<RecordBatch>,
  losses: Loss[],
): AsyncGenerator<RecordBatch> {
  for await (const batch of batches) {
    if (batch.json.length <= PUT_BYTES) yield batch;
    else {
      for (const { text, count } of cutRecords(batch.json, PUT_BYTES)) {
        if (text.length > PUT_BYTES && bytesInRequest(text) > MAX_RECORD_BYTES)
          losses.push(tooLarge(state, batch, text));
        else yield { at: batch.at, count, json: Buffer.concat([OPEN, text, CLOSE]) };
      }
    }
  }
}

const OPEN = Buffer.from('[');
const CLOSE = Buffer.from(']');

function tooLarge(state: OriginState, { at }: RecordBatch, record: Uint8Array): Loss {
  const detail = `the record takes ${bytesInRequest(record)} bytes on its way to the browser, which takes ${MAX_RECORD_BYTES}`;
  const names = namesOf(state, at);
  const item = names.map(nameLabel).concat(keyLabel(record)).join('/');
  const kind = isStorePlace(at) ? 'indexedDB' : at[1] === 'caches' ? 'cache' : 'file';
  return { code: 'record-not-restored', kind, origin: showStoragePlace(state), item, detail };
}

function namesOf(state: OriginState, at: RecordPlace): WireString[] {
  if (!isStorePlace(at)) return Object.values(cacheOf(state, at));
  const { database, store } = placeOf(state, at);
  return [database.name, store.name];
}

/** A name that JSON cannot hold as it is stands in reports as a mark. */
const nameLabel = (name: WireString): string => (typeof name === 'string' ? name : '?');

/** The key of a record for a report, where it is short and plain. */
function keyLabel(record: Uint8Array): string {
  const found = KEY.exec(Buffer.from(record.subarray(0, 1024)).toString());
  return found?.[1] === undefined ? '?' : String(JSON.parse(found[1]));
}

/** A record as this code writes it: the key comes first. */
const KEY = /^\s*\{"key":("(?:[^"\\]|\\.){0,120}"|-?\d[\d.eE+-]*),/;

type StorePut = NonNullable<LoadRequest['puts']>[number];

const textOf = ({ json }: RecordBatch): string => Buffer.from(json.buffer, json.byteOffset, json.byteLength).toString();

/** What a put says beside its records. */
function storeOf(state: OriginState, at: StorePlace): Omit<StorePut, 'records'> {
  const { database, store } = placeOf(state, at);
  return {
    database: database.name,
    store: store.name,
    // With every batch, since writing records moves the generator.
    ...(store.keyGenerator === undefined ? {} : { keyGenerator: store.keyGenerator }),
  };
}

function placeOf(state: OriginState, at: StorePlace): { database: IdbDatabase; store: IdbStore } {
  const database = state.indexedDB[at[1]];
  const store = database?.stores[at[2]];
  // Checked when the payload was read.
  if (database === undefined || store === undefined) throw new RangeError(`no store at [${at.join(', ')}]`);
  return { database, store };
}
