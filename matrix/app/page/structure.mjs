/** Key paths, indexes, the key generator and versions: what a database is besides its values. */

const ADDRESSES = [
  { user: 'ada', address: { city: 'Ulm' }, since: 1 },
  { user: 'ada', address: { city: 'Bonn' }, since: 2 },
];
const MAILS = [
  { id: 1, mail: 'a@example.org', tags: ['new', 'paid'] },
  { id: 2, mail: 'b@example.org', tags: ['paid'] },
];
/** What `describe` says of each store. */
const EXPECTED = {
  'structure:composite key path': {
    store: 'composite',
    is: {
      version: 7,
      keyPath: ['user', 'address.city'],
      autoIncrement: false,
      indexes: [],
      records: ADDRESSES.toReversed(),
    },
  },
  'structure:indexes': {
    store: 'indexed',
    is: {
      version: 7,
      keyPath: 'id',
      autoIncrement: false,
      indexes: [
        { name: 'both', keyPath: ['mail', 'id'], unique: false, multiEntry: false, keys: [1, 2] },
        { name: 'mail', keyPath: 'mail', unique: true, multiEntry: false, keys: [1, 2] },
        { name: 'tags', keyPath: 'tags', unique: false, multiEntry: true, keys: [1, 1, 2] },
      ],
      records: MAILS,
    },
  },
  'structure:key generator': {
    store: 'generated',
    is: {
      version: 7,
      keyPath: 'id',
      autoIncrement: true,
      indexes: [],
      records: [1, 2].map((id) => ({ n: id, id })),
      next: 4,
    },
  },
};

/** @param {any} kit @returns {Promise<string[]>} ids of the items written */
export async function seedStructure(kit) {
  const database = await kit.open('structure', 7, (made) => {
    made.createObjectStore('composite', { keyPath: ['user', 'address.city'] });
    const indexed = made.createObjectStore('indexed', { keyPath: 'id' });
    indexed.createIndex('mail', 'mail', { unique: true });
    indexed.createIndex('tags', 'tags', { multiEntry: true });
    indexed.createIndex('both', ['mail', 'id']);
    made.createObjectStore('generated', { keyPath: 'id', autoIncrement: true });
  });
  const transaction = database.transaction(['composite', 'indexed', 'generated'], 'readwrite');
  for (const value of ADDRESSES) transaction.objectStore('composite').put(value);
  for (const value of MAILS) transaction.objectStore('indexed').put(value);
  for (const n of [1, 2, 3]) transaction.objectStore('generated').add({ n });
  // The generator goes on from the third all the same.
  transaction.objectStore('generated').delete(3);
  await kit.done(transaction);
  database.close();
  (await kit.open('empty', 2)).close();
  return [...Object.keys(EXPECTED), 'structure:empty database'];
}

/**
 * How to look at each item: undefined when it is as it was written, else what it is.
 *
 * @param {any} kit
 * @param {readonly string[]} names of the databases that are there
 * @returns {Record<string, () => Promise<string | undefined>>}
 */
export function checkStructure(kit, names) {
  const looks = Object.entries(EXPECTED).map(([id, { store, is }]) => [
    id,
    async () => (names.includes('structure') ? kit.difference(is, await describe(kit, store)) : 'no database'),
  ]);
  return {
    ...Object.fromEntries(looks),
    'structure:empty database': async () => {
      if (!names.includes('empty')) return 'no database';
      const database = await kit.open('empty');
      const found = `version ${database.version}, ${database.objectStoreNames.length} stores`;
      database.close();
      return found === 'version 2, 0 stores' ? undefined : found;
    },
  };
}

async function describe(kit, name) {
  const database = await kit.open('structure');
  try {
    const store = database.transaction(name).objectStore(name);
    const records = await kit.result(store.getAll());
    const indexes = await Promise.all([...store.indexNames].map((index) => describeIndex(kit, store.index(index))));
    const { keyPath, autoIncrement } = store;
    const next = autoIncrement ? { next: await nextKey(kit, database, name) } : {};
    return { version: database.version, keyPath: plain(keyPath), autoIncrement, indexes, records, ...next };
  } finally {
    database.close();
  }
}

async function describeIndex(kit, index) {
  const { name, keyPath, unique, multiEntry } = index;
  return { name, keyPath: plain(keyPath), unique, multiEntry, keys: await kit.result(index.getAllKeys()) };
}

/** An aborted transaction gives the number back. */
async function nextKey(kit, database, name) {
  const transaction = database.transaction(name, 'readwrite');
  const ended = kit.done(transaction).catch(() => undefined);
  const key = await kit.result(transaction.objectStore(name).add({ n: 0 }));
  transaction.abort();
  await ended;
  return key;
}

const plain = (keyPath) => (typeof keyPath === 'string' ? keyPath : [...keyPath]);
