/** A state with something of everything, and the same state in words. */

/** Of any version of Playwright. */
export interface AnyPage {
  goto(url: string): Promise<unknown>;
  evaluate<R>(expression: string): Promise<R>;
  waitForRequest(url: string): Promise<{ allHeaders(): Promise<Record<string, string>> }>;
}

/** Runs in the page: a state with something of everything. */
const SEED = `(async () => {
  localStorage.setItem('length', 'a key that careless listings miss');
  localStorage.setItem('token', location.hostname);
  localStorage.setItem('\\ud800', 'lone surrogate');
  sessionStorage.setItem('tab', 'first');
  const open = indexedDB.open('app', 3);
  open.onupgradeneeded = () => {
    const people = open.result.createObjectStore('people', { keyPath: 'id', autoIncrement: true });
    people.createIndex('by tag', 'tags', { multiEntry: true });
    open.result.createObjectStore('things');
  };
  const db = await new Promise((r, j) => { open.onsuccess = () => r(open.result); open.onerror = () => j(open.error); });
  const cyclic = { name: 'cyclic' };
  cyclic.self = cyclic;
  const tx = db.transaction(['people', 'things'], 'readwrite');
  for (const name of ['ada', 'grace', 'gone']) tx.objectStore('people').add({ name, tags: [name, 'all'], born: new Date(0) });
  tx.objectStore('people').delete(3);
  tx.objectStore('things').put(new Map([['k', { n: 1n, zero: -0 }]]), 'map');
  tx.objectStore('things').put(new Blob(['blob text'], { type: 'text/plain' }), new Date(5));
  tx.objectStore('things').put(cyclic, [1, 'array', new Uint8Array([1, 2])]);
  await new Promise((r, j) => { tx.oncomplete = r; tx.onabort = () => j(tx.error); });
  db.close();
})()`;

/** Runs in the page: the same state in words. */
const DESCRIBE = `(async () => {
  const items = (storage) => Array.from({ length: storage.length }, (_, i) => storage.key(i)).sort()
    .map((key) => [encodeURI(key.replace(/[\\ud800-\\udfff]/g, 'LONE')), storage.getItem(key)]);
  const done = (request) => new Promise((r, j) => { request.onsuccess = () => r(request.result); request.onerror = () => j(request.error); });
  const db = await done(indexedDB.open('app'));
  const tx = db.transaction(['people', 'things'], 'readwrite');
  const people = tx.objectStore('people');
  const things = tx.objectStore('things');
  const map = await done(things.get('map'));
  const blob = await done(things.get(new Date(5)));
  const cyclic = await done(things.get([1, 'array', new Uint8Array([1, 2])]));
  const all = await done(people.getAll());
  const grace = await done(people.index('by tag').get('grace'));
  const next = await done(people.add({ tags: [] }));
  tx.abort();
  db.close();
  return JSON.stringify({
    localStorage: items(localStorage), sessionStorage: items(sessionStorage), version: db.version, all, grace, next,
    map: map instanceof Map && [String(map.get('k').n), Object.is(map.get('k').zero, -0)],
    blob: await blob.text(), cyclic: cyclic.self === cyclic,
  });
})()`;

/** Puts the state into the origin, and gives it in words. */
export async function seed(page: AnyPage, origin: string): Promise<unknown> {
  await page.goto(`${origin}/`);
  await page.evaluate(SEED);
  return JSON.parse(await page.evaluate<string>(DESCRIBE));
}

export async function described(page: AnyPage, origin: string): Promise<unknown> {
  await page.goto(`${origin}/`);
  return JSON.parse(await page.evaluate<string>(DESCRIBE));
}
