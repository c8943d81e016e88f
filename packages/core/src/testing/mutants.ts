/** Stores that are wrong in one way each. The suite must fail every one of them. */
import { PspError } from '@psp/protocol';
import type { Store } from '../store/store.js';

/** From a right store to a wrong one. */
export type Mutant = (store: Store) => Store;

const change = (store: Store, changes: Partial<Store>): Store => ({
  url: store.url,
  features: store.features,
  get: (key) => store.get(key),
  put: (key, body, condition) => store.put(key, body, condition),
  list: (prefix, options) => store.list(prefix, options),
  remove: (key) => store.remove(key),
  probe: () => store.probe(),
  close: () => store.close(),
  ...changes,
});

const isConflict = (error: unknown): boolean => error instanceof PspError && error.code === 'CONFLICT';

async function overwrite(store: Store, key: string, body: Uint8Array): Promise<string> {
  for (;;) {
    const found = await store.get(key);
    try {
      return await store.put(key, body, found === undefined ? { absent: true } : { etag: found.etag });
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  }
}

export const MUTANTS: Readonly<Record<string, Mutant>> = {
  'ignores conditions': (store) => change(store, { put: (key, body) => overwrite(store, key, body) }),
  'ignores etags but not absence': (store) =>
    change(store, {
      put: (key, body, condition) =>
        'etag' in condition ? overwrite(store, key, body) : store.put(key, body, condition),
    }),
  'remove does nothing': (store) => change(store, { remove: async () => undefined }),
  'list drops the last item of a page': (store) =>
    change(store, {
      list: async (prefix, options) => {
        const page = await store.list(prefix, options);
        return page.next === undefined ? page : { ...page, items: page.items.slice(0, -1) };
      },
    }),
  'list never has a second page': (store) =>
    change(store, { list: async (prefix, options) => ({ items: (await store.list(prefix, options)).items }) }),
  'list is not in byte order': (store) =>
    change(store, {
      list: async (prefix, options) => {
        const page = await store.list(prefix, options);
        return { ...page, items: page.items.toReversed() };
      },
    }),
  'the etag is the body': (store) => {
    const text = (body: Uint8Array): string => `etag ${Buffer.from(body).toString('latin1')}`;
    return change(store, {
      get: async (key) => {
        const found = await store.get(key);
        return found && { ...found, etag: text(found.body) };
      },
      put: async (key, body, condition) => {
        const found = await store.get(key);
        const matches = 'etag' in condition && found !== undefined && condition.etag === text(found.body);
        await store.put(key, body, matches ? { etag: found.etag } : condition);
        return text(body);
      },
    });
  },
  'put gives the etag before': (store) => {
    const before = new Map<string, string>();
    return change(store, {
      put: async (key, body, condition) => {
        const etag = await store.put(key, body, condition);
        const old = before.get(key) ?? etag;
        before.set(key, etag);
        return old;
      },
    });
  },
  'a put with an etag creates': (store) =>
    change(store, {
      put: async (key, body, condition) =>
        store.put(key, body, (await store.get(key)) === undefined ? { absent: true } : condition),
    }),
  'loses the last byte': (store) =>
    change(store, { put: (key, body, condition) => store.put(key, body.slice(0, -1), condition) }),
  'checks the condition, then writes': (store) => {
    const values = new Map<string, { etag: string; body: Uint8Array }>();
    let count = 0;
    return change(store, {
      get: async (key) => values.get(key),
      put: async (key, body, condition) => {
        const wanted = 'etag' in condition ? condition.etag : undefined;
        if (values.get(key)?.etag !== wanted) throw new PspError('CONFLICT', key);
        await new Promise((resolve) => setImmediate(resolve));
        values.set(key, { etag: `e${(count += 1)}`, body: body.slice() });
        return `e${count}`;
      },
      list: async () => ({ items: [] }),
      remove: async (key) => void values.delete(key),
    });
  },
};
