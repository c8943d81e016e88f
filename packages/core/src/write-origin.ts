/** Writes the storage of one origin in one frame, batch by batch. */
import type { Loss, OriginState, StorageItem } from '@psp/protocol';
import { callPage, type Place } from './page-call.js';
import type { LoadRequest } from './page/contract.js';
import { ofOrigin } from './read-origin.js';
import type { RecordBatch } from './state.js';

/** So much JSON text of records goes along with the call that makes the databases. */
const FIRST_BYTES = 2 * 1024 * 1024;

/** Replaces localStorage and the databases of the origin. Gives what the browser would not take. */
export async function writeOrigin(
  place: Place,
  state: OriginState,
  batches: AsyncIterable<RecordBatch>,
  timeoutMs: number,
): Promise<Loss[]> {
  const { localStorage, indexedDB: databases } = state;
  const reader = batches[Symbol.asyncIterator]();
  const puts: StorePut[] = [];
  let next = await reader.next();
  for (let bytes = 0; next.done !== true; next = await reader.next()) {
    bytes += next.value.json.length;
    if (bytes > FIRST_BYTES) break;
    puts.push(putOf(state, next.value));
  }
  const { header } = await callPage(place, { do: 'load', localStorage, databases, puts, timeoutMs });
  const losses = header.losses.map((loss) => ofOrigin(loss, state.origin));
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

/** Replaces the sessionStorage that this tab has for the frame's origin. */
export async function writeSessionStorage(place: Place, items: StorageItem[], timeoutMs: number): Promise<Loss[]> {
  const { header } = await callPage(place, { do: 'load', sessionStorage: items, timeoutMs });
  return header.losses.map((loss) => ofOrigin(loss, place.frame.origin as string));
}

type StorePut = NonNullable<LoadRequest['puts']>[number];

function putOf(state: OriginState, { at, json }: RecordBatch): StorePut {
  const database = state.indexedDB[at[1]];
  const store = database?.stores[at[2]];
  // Checked when the payload was read.
  if (database === undefined || store === undefined) throw new RangeError(`no store at [${at.join(', ')}]`);
  return {
    database: database.name,
    store: store.name,
    records: Buffer.from(json).toString(),
    // With every batch, since writing records moves the generator.
    ...(store.keyGenerator === undefined ? {} : { keyGenerator: store.keyGenerator }),
  };
}
