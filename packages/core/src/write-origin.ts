/** Writes the storage of one origin in one frame, batch by batch. */
import {
  Chooser,
  type IdbDatabase,
  type IdbStore,
  type Loss,
  type OriginState,
  type StorageItem,
  type WireString,
} from '@psp/protocol';
import { bytesInRequest, callPage, MAX_RECORD_BYTES, type Place } from './page-call.js';
import type { LoadRequest } from './page/contract.js';
import { ofOrigin } from './read-origin.js';
import { cutRecords } from './record-texts.js';
import type { RecordBatch } from './state.js';

/** So much JSON text of records goes along with the call that makes the databases. */
const FIRST_BYTES = 512 * 1024;
/** Most JSON text in one put, unless one record alone has more. Batches of imports or of other programs may be of any size. */
const PUT_BYTES = 4 * 1024 * 1024;

/** Replaces localStorage and the databases of the origin, as far as they are chosen. Gives what the browser would not take. */
export async function writeOrigin(
  place: Place,
  state: OriginState,
  batches: AsyncIterable<RecordBatch>,
  timeoutMs: number,
  chooser = new Chooser(),
): Promise<Loss[]> {
  const losses: Loss[] = [];
  const reader = sendable(state, batches, losses);
  const puts: StorePut[] = [];
  let next = await reader.next();
  for (let bytes = 0; next.done !== true; next = await reader.next()) {
    bytes += next.value.json.length;
    if (bytes > FIRST_BYTES) break;
    puts.push(putOf(state, next.value));
  }
  const { header } = await callPage(place, { do: 'load', ...chosenOf(state, chooser), puts, timeoutMs });
  losses.push(...header.losses.map((loss) => ofOrigin(loss, state.origin)));
  const put = async (batch: RecordBatch): Promise<void> => {
    const reply = await callPage(place, { do: 'put', ...putOf(state, batch), timeoutMs });
    losses.push(...reply.header.losses.map((loss) => ofOrigin(loss, state.origin)));
  };
  // Two under way: the page makes the values of one batch while the browser writes those of the one before.
  let before: Promise<void> = Promise.resolve();
  for (; next.done !== true; next = await reader.next()) {
    if (header.failed.includes(next.value.at[1])) continue;
    const current = put(next.value);
    current.catch(() => undefined); // awaited one turn later
    await before;
    before = current;
  }
  await before;
  return losses;
}

/** What the page is to replace: an absent member stays as it is. */
function chosenOf(state: OriginState, chooser: Chooser): Pick<LoadRequest, 'localStorage' | 'databases' | 'names'> {
  const localStorage = chooser.nameRules('localStorage', state);
  const indexedDB = chooser.nameRules('indexedDB', state);
  return {
    ...(localStorage === undefined ? {} : { localStorage: state.localStorage }),
    ...(indexedDB === undefined ? {} : { databases: state.indexedDB }),
    names: { localStorage: localStorage ?? [], indexedDB: indexedDB ?? [] },
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
  const sessionStorage = chooser.nameRules('sessionStorage', { origin });
  if (sessionStorage === undefined) return [];
  const { header } = await callPage(place, { do: 'load', sessionStorage: items, names: { sessionStorage }, timeoutMs });
  return header.losses.map((loss) => ofOrigin(loss, origin));
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
  const { database, store } = placeOf(state, at);
  const detail = `the record takes ${bytesInRequest(record)} bytes on its way to the browser, which takes ${MAX_RECORD_BYTES}`;
  const item = [database.name, store.name].map(nameLabel).concat(keyLabel(record)).join('/');
  return { code: 'record-not-restored', kind: 'indexedDB', origin: state.origin, item, detail };
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

function putOf(state: OriginState, { at, json }: RecordBatch): StorePut {
  const { database, store } = placeOf(state, at);
  return {
    database: database.name,
    store: store.name,
    records: Buffer.from(json).toString(),
    // With every batch, since writing records moves the generator.
    ...(store.keyGenerator === undefined ? {} : { keyGenerator: store.keyGenerator }),
  };
}

function placeOf(state: OriginState, at: RecordBatch['at']): { database: IdbDatabase; store: IdbStore } {
  const database = state.indexedDB[at[1]];
  const store = database?.stores[at[2]];
  // Checked when the payload was read.
  if (database === undefined || store === undefined) throw new RangeError(`no store at [${at.join(', ')}]`);
  return { database, store };
}
