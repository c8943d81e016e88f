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
  for await (const batch of batches) {
    const database = databases[batch.at[1]];
    const store = database?.stores[batch.at[2]];
    if (database === undefined || store === undefined) continue;
    const { header } = await callPage(place, {
      do: 'put',
      database: database.name,
      store: store.name,
      records: Buffer.from(batch.json).toString(),
      // With every batch, since writing records moves the generator.
      ...(store.keyGenerator === undefined ? {} : { keyGenerator: store.keyGenerator }),
      timeoutMs,
    });
    losses.push(...header.losses.map((loss) => ofOrigin(loss, state.origin)));
  }
  return losses;
}

/** Replaces the sessionStorage that this tab has for the frame's origin. */
export async function writeSessionStorage(place: Place, items: StorageItem[], timeoutMs: number): Promise<Loss[]> {
  const { header } = await callPage(place, { do: 'load', sessionStorage: items, timeoutMs });
  return header.losses.map((loss) => ofOrigin(loss, place.frame.origin as string));
}
