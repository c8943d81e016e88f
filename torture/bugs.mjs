/** Stores that are wrong in one way each, to show that the judges of histories and crashes would see it. */
import { randomUUID } from 'node:crypto';
import { MemoryStore } from '@psp/core/store/memory';

const tick = () => new Promise((resolve) => setTimeout(resolve, 1));

/** As a store elsewhere: answers take a moment, so that operations meet. */
function slow(store) {
  return {
    url: store.url,
    features: store.features,
    get: async (key) => (await tick(), store.get(key).then(later)),
    put: async (key, body, condition) => (await tick(), store.put(key, body, condition).then(later)),
    list: (prefix, options) => store.list(prefix, options),
    remove: (key) => store.remove(key),
    probe: async () => undefined,
    close: () => store.close(),
  };
}

async function later(value) {
  await tick();
  return value;
}

const every = (times) => {
  let count = 0;
  return () => (count += 1) % times === 0;
};

/** @type {Readonly<Record<string, () => import('@psp/core').Store>>} */
export const BUGS = {
  none: () => slow(new MemoryStore()),
  'stale read': () => {
    const store = slow(new MemoryStore());
    const old = new Map();
    const wrong = every(20);
    return {
      ...store,
      async get(key) {
        const found = await store.get(key);
        if (old.has(key) && wrong()) return old.get(key);
        if (found !== undefined) setTimeout(() => old.set(key, found), 20);
        return found;
      },
    };
  },
  'lost update': () => {
    const store = slow(new MemoryStore());
    const wrong = every(20);
    return {
      ...store,
      async put(key, body, condition) {
        const found = await store.get(key);
        const holds = 'etag' in condition ? found?.etag === condition.etag : found === undefined;
        return holds && wrong() ? randomUUID() : store.put(key, body, condition);
      },
    };
  },
  'condition checked, then written': () => {
    const store = slow(new MemoryStore());
    return {
      ...store,
      async put(key, body, condition) {
        const found = await store.get(key);
        const holds = 'etag' in condition ? found?.etag === condition.etag : found === undefined;
        if (!holds) return store.put(key, body, condition);
        await tick();
        for (;;) {
          const now = await store.get(key);
          try {
            return await store.put(key, body, now === undefined ? { absent: true } : { etag: now.etag });
          } catch {
            // Somebody else was faster: this store overwrites all the same.
          }
        }
      },
    };
  },
  'refused, but done': () => {
    const store = slow(new MemoryStore());
    const wrong = every(10);
    return {
      ...store,
      async put(key, body, condition) {
        const etag = await store.put(key, body, condition);
        if (!wrong()) return etag;
        return store.put(key, body, { etag: 'a refused one' });
      },
    };
  },
};
