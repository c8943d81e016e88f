/** What the application keeps beside Web Storage and databases: an entry of a cache, private files, a handle of one in a database. */

const BYTES = Uint8Array.from({ length: 300 }, (_, at) => at & 255);
const same = (buffer) => {
  const bytes = new Uint8Array(buffer);
  return bytes.length === BYTES.length && bytes.every((byte, at) => byte === BYTES[at]);
};

const cacheEntry = {
  async seed() {
    const cache = await caches.open('login');
    const head = { status: 203, headers: { 'content-type': 'image/x-test', 'x-of': 'login' } };
    await cache.put('/avatar?size=1', new Response(BYTES, head));
  },
  async check() {
    const response = await caches.match('/avatar?size=1', { cacheName: 'login' });
    if (response === undefined) return 'no entry';
    const found = [response.status, response.headers.get('x-of'), same(await response.arrayBuffer())].join();
    return found === '203,login,true' ? undefined : found;
  },
};

const privateFiles = {
  async seed() {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle('notes', { create: true });
    await folder.getDirectoryHandle('hollow', { create: true });
    const stream = await (await folder.getFileHandle('grün.bin', { create: true })).createWritable();
    await stream.write(BYTES);
    await stream.close();
  },
  async check() {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle('notes');
    await folder.getDirectoryHandle('hollow');
    const file = await (await folder.getFileHandle('grün.bin')).getFile();
    return same(await file.arrayBuffer()) ? undefined : `${file.size} other bytes`;
  },
};

const handleIn = (kit) => ({
  async seed() {
    const root = await navigator.storage.getDirectory();
    const file = await (await root.getDirectoryHandle('notes')).getFileHandle('grün.bin');
    const database = await kit.open('handles', 1, (made) => made.createObjectStore('s'));
    const transaction = database.transaction('s', 'readwrite');
    transaction.objectStore('s').put(file, 'file');
    await kit.done(transaction);
    database.close();
  },
  async check() {
    const database = await kit.open('handles');
    const handle = await kit.result(database.transaction('s').objectStore('s').get('file'));
    database.close();
    if (handle === undefined) return 'no record';
    return same(await (await handle.getFile()).arrayBuffer()) ? undefined : 'another file';
  },
});

/** By the id of an item: how it is written, and how it is looked at, which gives undefined when it is as it was written. */
const items = (kit) => ({
  'depot:cache': cacheEntry,
  'depot:files': privateFiles,
  'depot:handle': handleIn(kit),
});

/**
 * @param {any} kit
 * @returns {Promise<{ stored: string[], refused: Record<string, string> }>} ids of items, and the engine's own words
 */
export async function seedDepot(kit) {
  const stored = [];
  const refused = {};
  for (const [id, { seed }] of Object.entries(items(kit))) {
    try {
      await seed();
      stored.push(id);
    } catch (error) {
      refused[id] = String(error);
    }
  }
  return { stored, refused };
}

/** How to look at each item. @param {any} kit @returns {Record<string, () => Promise<string | undefined>>} */
export const checkDepot = (kit) => Object.fromEntries(Object.entries(items(kit)).map(([id, { check }]) => [id, check]));
