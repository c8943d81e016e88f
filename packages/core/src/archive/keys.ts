/** All keys of a prefix, page by page. */
import type { ListedItem, Store } from '../store/store.js';

const PAGE = 500;

/** `firstPage` is for who hopes to need few; the pages after it are twice as long each. */
export async function* allKeys(
  store: Store,
  prefix: string,
  { after, firstPage = PAGE }: { after?: string | undefined; firstPage?: number } = {},
): AsyncGenerator<ListedItem> {
  let from = after;
  let limit = firstPage;
  do {
    const page = await store.list(prefix, from === undefined ? { limit } : { after: from, limit });
    yield* page.items;
    from = page.next;
    limit = Math.min(limit * 2, PAGE);
  } while (from !== undefined);
}
