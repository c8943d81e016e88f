/** What the benchmark measures on: a site with any number of origins, a browser, and contexts filled with state. */
import { createServer } from 'node:http';
import { findChromium, launchFlags } from '@psp/core';
import { chromium } from 'playwright';

/** Runs in the page. Text that does not compress to nothing, the same in every run. */
const SEED = `async ({ items, records, bytes }) => {
  let seed = 1;
  const letter = () => String.fromCharCode(97 + ((seed = (seed * 48271) % 2147483647) % 26));
  const text = (length) => Array.from({ length }, letter).join('');
  for (let i = 0; i < items; i++) localStorage.setItem('item ' + i, text(200));
  const open = indexedDB.open('bench', 1);
  open.onupgradeneeded = () => open.result.createObjectStore('records', { keyPath: 'id' }).createIndex('by group', 'group');
  const db = await new Promise((r, j) => { open.onsuccess = () => r(open.result); open.onerror = () => j(open.error); });
  const tx = db.transaction('records', 'readwrite', { durability: 'relaxed' });
  for (let id = 0; id < records; id++) tx.objectStore('records').put({ id, group: id % 10, name: text(40), text: text(bytes - 100), done: id % 2 === 0 });
  await new Promise((r, j) => { tx.oncomplete = r; tx.onabort = () => j(tx.error); });
  db.close();
}`;

/** Runs in the page: what a restored origin must show. */
const COUNT = `(async () => {
  const open = indexedDB.open('bench');
  const db = await new Promise((r, j) => { open.onsuccess = () => r(open.result); open.onerror = () => j(open.error); });
  const request = db.transaction('records').objectStore('records').count();
  const records = await new Promise((r) => { request.onsuccess = () => r(request.result); });
  db.close();
  return [localStorage.length, records].join(' ');
})()`;

export async function startSite() {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<title>bench</title>');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  return {
    origin: (index) => `http://o${index}.localhost:${port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export async function launch() {
  const executablePath = await findChromium();
  if (executablePath === undefined) throw new Error('No Chromium was found. Run `npm run setup` first.');
  return chromium.launch({ executablePath, args: launchFlags() });
}

/** Fills `origins` origins of the page's context; the page stays on the last. */
export async function fill(page, site, { origins, items, records, bytes }) {
  for (let index = 0; index < origins; index++) {
    await page.goto(`${site.origin(index)}/`);
    await page.evaluate(`(${SEED})(${JSON.stringify({ items, records, bytes })})`);
  }
}

/** Throws when the page's context does not hold the state in its first and last origin. */
export async function expectFilled(page, site, { origins, items, records }) {
  for (const index of new Set([0, origins - 1])) {
    await page.goto(`${site.origin(index)}/`);
    const found = await page.evaluate(COUNT);
    if (found !== `${items} ${records}`)
      throw new Error(`origin ${index}: expected ${items} ${records}, found ${found}`);
  }
}
