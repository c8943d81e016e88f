/** Stores that are wrong in one way each. The suite must fail every one of them. */
import { PspError } from '@psp/protocol';
import type { Store, StoredValue } from '../store/store.js';

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
  'an etag returns when a removed key does': (store) => {
    const etags = new Map<string, string>();
    const real = async (key: string): Promise<string | undefined> => (await store.get(key))?.etag;
    return change(store, {
      get: async (key) => {
        const found = await store.get(key);
        return found && { ...found, etag: etags.get(found.etag) ?? found.etag };
      },
      put: async (key, body, condition) => {
        const stands = await real(key);
        const named = 'etag' in condition && stands !== undefined && etags.get(stands) === condition.etag;
        const etag = await store.put(key, body, named ? { etag: stands } : condition);
        const number = stands === undefined ? 1 : Number(etags.get(stands)) + 1;
        etags.set(etag, String(number));
        return String(number);
      },
    });
  },
  'a refused put is done all the same': (store) =>
    change(store, {
      put: async (key, body, condition) => {
        try {
          return await store.put(key, body, condition);
        } catch (error) {
          await overwrite(store, key, body);
          throw error;
        }
      },
    }),
  'a put is acknowledged before it is done': (store) => {
    const before = new Map<string, StoredValue | undefined>();
    return change(store, {
      put: async (key, body, condition) => {
        const found = await store.get(key);
        const etag = await store.put(key, body, condition);
        before.set(key, found);
        return etag;
      },
      get: async (key) => {
        if (!before.has(key)) return store.get(key);
        const found = before.get(key);
        before.delete(key);
        return found;
      },
    });
  },
  'bodies are kept as text': (store) =>
    change(store, {
      put: (key, body, condition) => store.put(key, Buffer.from(Buffer.from(body).toString()), condition),
    }),
  'remove takes what is below along': (store) =>
    change(store, {
      remove: async (key) => {
        await store.remove(key);
        for (const below of (await store.list(`${key}/`, { limit: 1000 })).items) await store.remove(below.key);
      },
    }),
  'list takes a prefix for a folder': (store) =>
    change(store, {
      list: async (prefix, options) => {
        const page = await store.list(prefix, options);
        const inside = (key: string): boolean => prefix.endsWith('/') || key[prefix.length] === '/';
        return { ...page, items: page.items.filter(({ key }) => inside(key)) };
      },
    }),
  'list begins with the last key of the page before': (store) =>
    change(store, {
      list: async (prefix, { after, limit }) => {
        const page = await store.list(prefix, after === undefined ? { limit } : { after, limit });
        const found = after === undefined ? undefined : await store.get(after);
        if (after === undefined || found === undefined) return page;
        return { ...page, items: [{ key: after, etag: found.etag, size: found.body.byteLength }, ...page.items] };
      },
    }),
  'list ends after a thousand keys': (store) =>
    change(store, {
      list: async (prefix, options) => {
        const page = await store.list(prefix, options);
        return options.limit === 1000 ? { items: page.items } : page;
      },
    }),
  'list gives an etag of its own': (store) =>
    change(store, {
      list: async (prefix, options) => {
        const page = await store.list(prefix, options);
        return { ...page, items: page.items.map((item) => ({ ...item, etag: `"${item.etag}"` })) };
      },
    }),
  'list gives the etag that a key had when it was created': (store) => {
    const first = new Map<string, string>();
    return change(store, {
      put: async (key, body, condition) => {
        const etag = await store.put(key, body, condition);
        if (!first.has(key)) first.set(key, etag);
        return etag;
      },
      list: async (prefix, options) => {
        const page = await store.list(prefix, options);
        return { ...page, items: page.items.map((item) => ({ ...item, etag: first.get(item.key) ?? item.etag })) };
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
