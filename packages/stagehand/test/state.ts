/** A login as a page keeps it, and what the page sees of it: source text, for frameworks that evaluate expressions. */

/** Puts something into each kind of storage that a page can write. */
export const SEED = `(async () => {
  localStorage.setItem('token', 'local');
  sessionStorage.setItem('tab', 'session');
  document.cookie = 'sid=cookie; max-age=3600';
  const open = indexedDB.open('app', 2);
  open.onupgradeneeded = () => open.result.createObjectStore('things');
  const db = await new Promise((done, fail) => { open.onsuccess = () => done(open.result); open.onerror = () => fail(open.error); });
  const writing = db.transaction('things', 'readwrite');
  writing.objectStore('things').put(new Map([['n', 7n]]), 'map');
  await new Promise((done, fail) => { writing.oncomplete = done; writing.onabort = () => fail(writing.error); });
  db.close();
})()`;

/** The same state in words. */
export const DESCRIBE = `(async () => {
  const done = (request) => new Promise((r, j) => { request.onsuccess = () => r(request.result); request.onerror = () => j(request.error); });
  const names = (await indexedDB.databases()).map(({ name }) => name);
  let map = 'none';
  if (names.includes('app')) {
    const db = await done(indexedDB.open('app'));
    const found = await done(db.transaction('things').objectStore('things').get('map'));
    map = db.version + ' ' + found?.get('n');
    db.close();
  }
  return [localStorage.getItem('token'), sessionStorage.getItem('tab'), document.cookie, map].join(' | ');
})()`;

export const SEEDED = 'local | session | sid=cookie | 2 7';
export const EMPTY = ' |  |  | none';

/** Losses of a capture but one: whether a browser that was in use may hold more than it lists is the driver suite's matter. */
export function ownLosses(losses: readonly { code: string }[]): unknown[] {
  return losses.filter(({ code }) => code !== 'origins-may-be-missing');
}
