/** All keys of a prefix, page by page. */
import type { ListedItem, Store } from '../store/store.js';

const PAGE = 500;

export async function* allKeys(store: Store, prefix: string, after?: string): AsyncGenerator<ListedItem> {
  let from = after;
  do {
    const page = await store.list(prefix, from === undefined ? { limit: PAGE } : { after: from, limit: PAGE });
    yield* page.items;
    from = page.next;
  } while (from !== undefined);
}
