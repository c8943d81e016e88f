/** What no tool can be faster than on this machine: the browser's own part of the work, without anything of ours. */
const BLANK = {
  responseCode: 200,
  responseHeaders: [{ name: 'content-type', value: 'text/html' }],
  body: Buffer.from('<!doctype html>').toString('base64'),
};

/** Ms for a new context with a page, which every restore that is measured begins with. */
export async function newPage(browser) {
  const started = performance.now();
  const page = await (await browser.newContext()).newPage();
  const took = performance.now() - started;
  await page.context().close();
  return took;
}

/** Ms for blank documents of one origin after another, served without a network, in one tab of a new context. */
export async function blankNavigations(browser, origins) {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    const cdp = await context.newCDPSession(page);
    cdp.on('Fetch.requestPaused', ({ requestId }) => {
      cdp.send('Fetch.fulfillRequest', { requestId, ...BLANK }).catch(() => undefined); // the navigation tells
    });
    await cdp.send('Fetch.enable', { patterns: [{ urlPattern: '*' }] });
    const started = performance.now();
    for (const origin of origins) await cdp.send('Page.navigate', { url: `${origin}/__floor__` });
    return performance.now() - started;
  } finally {
    await context.close();
  }
}

/** Runs in the page: all records of the store, as JSON. */
const READ = `(async () => {
  const started = performance.now();
  const open = indexedDB.open('bench');
  const db = await new Promise((r, j) => { open.onsuccess = () => r(open.result); open.onerror = () => j(open.error); });
  const request = db.transaction('records').objectStore('records').getAll();
  const records = await new Promise((r, j) => { request.onsuccess = () => r(request.result); request.onerror = () => j(request.error); });
  const length = JSON.stringify(records).length;
  db.close();
  return { took: performance.now() - started, length };
})()`;

/** Runs in the page: the records once more, into a database of its own. */
const WRITE = `(async () => {
  const open = indexedDB.open('bench');
  const db = await new Promise((r, j) => { open.onsuccess = () => r(open.result); open.onerror = () => j(open.error); });
  const request = db.transaction('records').objectStore('records').getAll();
  const records = await new Promise((r) => { request.onsuccess = () => r(request.result); });
  db.close();
  const started = performance.now();
  const making = indexedDB.open('floor', 1);
  making.onupgradeneeded = () => making.result.createObjectStore('records', { keyPath: 'id' }).createIndex('by group', 'group');
  const copy = await new Promise((r, j) => { making.onsuccess = () => r(making.result); making.onerror = () => j(making.error); });
  const tx = copy.transaction('records', 'readwrite', { durability: 'relaxed' });
  for (const record of records) tx.objectStore('records').put(record);
  await new Promise((r, j) => { tx.oncomplete = r; tx.onabort = () => j(tx.error); });
  const took = performance.now() - started;
  copy.close();
  const gone = indexedDB.deleteDatabase('floor');
  await new Promise((r) => { gone.onsuccess = r; });
  return took;
})()`;

/** Ms for the page's own getAll and JSON.stringify. The page must stand on the origin. */
export async function readRecords(page) {
  return (await page.evaluate(READ)).took;
}

/** Ms for the page's own loop of put. The page must stand on the origin. */
export async function writeRecords(page) {
  return page.evaluate(WRITE);
}
