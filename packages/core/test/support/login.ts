/** A login as a page keeps it, and what the page sees of it: source text, for frameworks that evaluate expressions. */

/** Runs in the page: a login with something of everything. */
export const SEED = `(async () => {
  localStorage.setItem('token', location.hostname);
  sessionStorage.setItem('tab', 'first');
  document.cookie = 'sid=secret; path=/; SameSite=Lax';
  const open = indexedDB.open('app', 2);
  open.onupgradeneeded = () => open.result.createObjectStore('things');
  const db = await new Promise((r, j) => { open.onsuccess = () => r(open.result); open.onerror = () => j(open.error); });
  const tx = db.transaction('things', 'readwrite');
  tx.objectStore('things').put(new Map([['k', { n: 1n, born: new Date(0) }]]), 'map');
  await new Promise((r, j) => { tx.oncomplete = r; tx.onabort = () => j(tx.error); });
  db.close();
})()`;

/** Runs in the page: the same login in words. */
export const DESCRIBE = `(async () => {
  const done = (request) => new Promise((r, j) => { request.onsuccess = () => r(request.result); request.onerror = () => j(request.error); });
  const db = await done(indexedDB.open('app'));
  const map = await done(db.transaction('things').objectStore('things').get('map'));
  db.close();
  return JSON.stringify([
    localStorage.getItem('token'), sessionStorage.getItem('tab'), document.cookie, db.version,
    map instanceof Map && [String(map.get('k').n), map.get('k').born instanceof Date],
  ]);
})()`;
