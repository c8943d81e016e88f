/** Writes the storage of one origin in one frame, batch by batch. */
import { callPage, type Place } from './page-call.js';
import type { Loss, OriginState, StorageItem } from '@psp/protocol';
import { ofOrigin } from './read-origin.js';
import type { RecordBatch } from './state.js';

/** Replaces localStorage and the databases of the origin. Gives what the browser would not take. */
export async function writeOrigin(
  place: Place,
  state: OriginState,
  batches: AsyncIterable<RecordBatch>,
  timeoutMs: number,
): Promise<Loss[]> {
  const { localStorage, indexedDB: databases } = state;
  const loaded = await callPage(place, { do: 'load', localStorage, databases, timeoutMs });
  const losses = loaded.header.losses.map((loss) => ofOrigin(loss, state.origin));
  // Two under way: the page makes the values of one batch while the browser writes those of the one before.
  let before: Promise<void> = Promise.resolve();
  for await (const batch of batches) {
    const put = putBatch(place, state, batch, timeoutMs).then((more) => void losses.push(...more));
    put.catch(() => undefined); // awaited one turn later
    await before;
    before = put;
  }
  await before;
  return losses;
}

/** Replaces the sessionStorage that this tab has for the frame's origin. */
export async function writeSessionStorage(place: Place, items: StorageItem[], timeoutMs: number): Promise<Loss[]> {
  const { header } = await callPage(place, { do: 'load', sessionStorage: items, timeoutMs });
  return header.losses.map((loss) => ofOrigin(loss, place.frame.origin as string));
}

async function putBatch(place: Place, state: OriginState, batch: RecordBatch, timeoutMs: number): Promise<Loss[]> {
  const database = state.indexedDB[batch.at[1]];
  const store = database?.stores[batch.at[2]];
  // Checked when the payload was read.
  if (database === undefined || store === undefined) throw new RangeError(`no store at [${batch.at.join(', ')}]`);
  const { header } = await callPage(place, {
    do: 'put',
    database: database.name,
    store: store.name,
    records: Buffer.from(batch.json).toString(),
    // With every batch, since writing records moves the generator.
    ...(store.keyGenerator === undefined ? {} : { keyGenerator: store.keyGenerator }),
    timeoutMs,
  });
  return header.losses.map((loss) => ofOrigin(loss, state.origin));
}
