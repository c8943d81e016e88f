/** Reads a value that may be damaged: then it can be replaced, but not read. */
import { PspError } from '@psp/protocol';
import type { Store, StoredValue } from '../store/store.js';

export interface LostValue {
  readonly etag: string;
  /** CORRUPT, as the store said. */
  readonly lost: PspError;
}

/** Throws errors of the store only. */
export async function readValue(store: Store, key: string): Promise<StoredValue | LostValue | undefined> {
  for (let before: string | undefined; ;) {
    try {
      return await store.get(key);
    } catch (error) {
      if (!(error instanceof PspError) || error.code !== 'CORRUPT') throw error;
      const etag = await listedEtag(store, key);
      if (etag === undefined) throw error;
      // The same etag before and after: so it is the value of this etag that is damaged, and no later one.
      if (etag === before) return { etag, lost: error };
      before = etag;
    }
  }
}

/** The key itself comes before all others that begin with it. */
async function listedEtag(store: Store, key: string): Promise<string | undefined> {
  const [first] = (await store.list(key, { limit: 1 })).items;
  return first?.key === key ? first.etag : undefined;
}
