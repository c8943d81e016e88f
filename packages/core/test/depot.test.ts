/** Caches, private files, handles of them, workers and buckets: from one browser into another, and not a request to the site. */
import { newSessionId, type Loss } from '@psp/protocol';
import { chromium, type Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startFirefox } from '../../../matrix/browsers/firefox.mjs';
import { openBidi } from '../src/browser/bidi/open.js';
import { connectBidiSocket } from '../src/browser/bidi/websocket.js';
import { connectCdp } from '../src/browser/cdp/connect.js';
import type { BrowserDriver } from '../src/browser/driver.js';
import { captureState, type CapturedState } from '../src/capture.js';
import { restoreState } from '../src/restore.js';
import { BidiUser } from './support/bidi-user.js';
import { startChromium } from './support/raw-chromium.js';
import { startSite, type TestSite } from './support/site.js';

/** Bytes of a piece, so that one file ends with a whole piece and another does not. */
const PIECE = 720 * 1024;

const HELPERS = `
const bytes = (length) => Uint8Array.from({ length }, (_, at) => (at * 7 + (at >> 8)) & 255);
const done = (request) => new Promise((good, bad) => {
  request.onsuccess = () => good(request.result);
  request.onerror = () => bad(request.error);
});
const digest = async (body) => {
  const data = new Uint8Array(await body.arrayBuffer());
  const made = bytes(data.length);
  return data.every((byte, at) => byte === made[at]) ? data.length + ' as made' : new TextDecoder().decode(data);
};
const home = (of) => ({ indexedDB: of.indexedDB, caches: of.caches, root: () => of.getDirectory() });
const main = { indexedDB, caches, root: () => navigator.storage.getDirectory() };`;

/** Fills a place; `third` is an address whose content no page of the site may read. With `dangling`, there is a handle of a file that is gone. */
const SEED = `async (at, third, dangling = true) => {
  const cache = await at.caches.open('pages');
  const headers = { 'x-lang': 'de', accept: 'text/plain' };
  await cache.put(new Request('/binary?q=secret', { headers }), new Response(bytes(256), { headers: { vary: 'x-lang' } }));
  await cache.put('/empty', new Response('', { status: 404, statusText: 'Not here' }));
  await cache.put('/none', new Response(null, { status: 204 }));
  await cache.put('/fetched', await fetch('/fetched'));
  await cache.put('/moved', await fetch('/elsewhere'));
  if (third !== undefined) await cache.put('/opaque?q=secret', await fetch(third, { mode: 'no-cors' }));
  const many = await at.caches.open('\\ud800');
  for (let count = 0; count < 300; count++) await many.put('/' + count, new Response('body ' + count));
  await at.caches.open('');
  const root = await at.root();
  const write = async (folder, name, data) => {
    const file = await folder.getFileHandle(name, { create: true });
    const stream = await file.createWritable();
    await stream.write(data);
    await stream.close();
    return file;
  };
  const a = await root.getDirectoryHandle('a', { create: true });
  const folder = await a.getDirectoryHandle('b c', { create: true });
  await a.getDirectoryHandle('hollow', { create: true });
  const file = await write(folder, 'grün.bin', bytes(256));
  await write(folder, 'nothing', '');
  await write(root, 'exact', bytes(${2 * PIECE}));
  await write(root, 'big', bytes(${3 * PIECE + 5}));
  await write(root, 'a.txt', 'between');
  const gone = dangling ? await write(root, 'gone', 'was here') : undefined;
  const opening = at.indexedDB.open('handles', 2);
  opening.onupgradeneeded = () => opening.result.createObjectStore('s').put({ file, folder, root, gone }, 1);
  (await done(opening)).close();
  if (dangling) await root.removeEntry('gone');
}`;

/** All of it in words. */
const READ = `async (at) => {
  const caches = {};
  for (const name of await at.caches.keys()) {
    const cache = await at.caches.open(name);
    caches[escape(name)] = (await cache.keys()).length;
  }
  const pages = await at.caches.open('pages');
  const entries = [];
  for (const request of await pages.keys()) {
    const response = await pages.match(request);
    const headers = [...request.headers].join() + '|' + [...response.headers].filter(([name]) => name === 'vary').join();
    const body = await digest(response);
    entries.push([new URL(request.url).pathname, headers, response.status, response.statusText, body]);
  }
  const many = await at.caches.open('\\ud800');
  const order = (await many.keys()).every(({ url }, index) => new URL(url).pathname === '/' + index);
  const files = {};
  const walk = async (folder, path) => {
    for await (const [name, handle] of folder.entries()) {
      files[path + name] = handle.kind === 'file' ? await digest(await handle.getFile()) : 'folder';
      if (handle.kind === 'directory') await walk(handle, path + name + '/');
    }
  };
  const root = await at.root();
  await walk(root, '');
  const db = await done(at.indexedDB.open('handles'));
  const { file, folder, root: top, gone } = (await done(db.transaction('s').objectStore('s').get(1))) ?? {};
  db.close();
  const handles = file && [
    await digest(await file.getFile()), await root.resolve(folder), await root.resolve(top),
    ...(gone ? [gone.name, await gone.getFile().catch((error) => error.name)] : []),
  ];
  return { caches, entries, order, last: await (await many.match('/299'))?.text(), files, handles };
}`;

const EXPECTED = {
  caches: { pages: 5, '%uD800': 300, '': 0 },
  entries: [
    ['/binary', 'accept,text/plain,x-lang,de|vary,x-lang', 200, '', '256 as made'],
    ['/empty', '|', 404, 'Not here', '0 as made'],
    ['/none', '|', 204, '', '0 as made'],
    ['/fetched', '|', 200, 'OK', '<title>a page</title>'],
    ['/moved', '|', 200, 'OK', '<title>a page</title>'],
  ],
  order: true,
  last: 'body 299',
  files: {
    a: 'folder',
    'a/b c': 'folder',
    'a/b c/grün.bin': '256 as made',
    'a/b c/nothing': '0 as made',
    'a/hollow': 'folder',
    exact: `${2 * PIECE} as made`,
    big: `${3 * PIECE + 5} as made`,
    'a.txt': 'between',
  },
  handles: ['256 as made', ['a', 'b c'], [], 'gone', 'NotFoundError'],
};

/** What another login left, none of which may stay. */
const STALE = `async (at) => {
  await (await at.caches.open('stale')).put('/stale', new Response('stale'));
  await (await at.caches.open('pages')).put('/stale', new Response('stale'));
  const root = await at.root();
  await root.getFileHandle('stale', { create: true });
  await root.getDirectoryHandle('big', { create: true });
  if (navigator.storageBuckets) await navigator.storageBuckets.open('stale');
}`;

const LONG = { timeoutMs: 60_000 };
const script = (work: string, ...rest: string[]): string =>
  `(async () => { ${HELPERS} return (${work})(${['main', ...rest].join()}); })()`;
const inBucket = (work: string): string =>
  `(async () => { ${HELPERS} const drafts = await navigator.storageBuckets.open('drafts'); return (${work})(home(drafts)); })()`;

let site: TestSite;
const open: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  site = await startSite();
});
afterAll(async () => {
  for (const each of open.splice(0).toReversed()) await each.close();
  await site.close();
});

function closing<T extends { close(): Promise<void> }>(opened: T): T {
  open.push(opened);
  return opened;
}

async function userOfChromium(): Promise<{ page: Page; driver: BrowserDriver }> {
  const browser = await startChromium();
  open.push({ close: () => browser.kill() });
  const user = closing(await chromium.connectOverCDP(browser.address));
  const driver = closing(await connectCdp(browser.address, { onlyTabIsPrimary: true }));
  return { page: user.contexts()[0]!.pages()[0]!, driver };
}

const captured = async (driver: BrowserDriver): Promise<CapturedState> =>
  captureState(driver, { id: newSessionId(), name: 'a login', ...LONG });

/** Restores, and gives the losses that this test is about. Nothing may reach the site meanwhile. */
async function restored(driver: BrowserDriver, state: CapturedState): Promise<unknown[]> {
  const asked = site.requests.length;
  const { losses } = await restoreState(driver, state, { ...LONG, tabs: 'none' });
  expect(site.requests.slice(asked)).toEqual([]);
  return told(losses);
}

const told = (losses: readonly Loss[]): unknown[] =>
  losses
    .filter(({ code }) => code !== 'origins-may-be-missing')
    .map(({ code, item }) => [code, item])
    .toSorted((a, b) => (String(a) < String(b) ? -1 : 1));

/** Folders come before what is in them, pieces in their order. */
const KEYS = [
  ['a'],
  ['a', 'b c'],
  ['a', 'b c', 'grün.bin', 0],
  ['a', 'b c', 'nothing', 0],
  ['a', 'hollow'],
  ['a.txt', 0],
  ...[0, 1, 2, 3].map((count) => ['big', count * PIECE]),
  ...[0, 1].map((count) => ['exact', count * PIECE]),
];

function fileKeys({ document, batches }: CapturedState): unknown[] {
  const origin = document.origins.findIndex((state) => state.origin.includes('app.') && state.bucket === undefined);
  const lines = batches.filter(({ at }) => at[0] === origin && at[1] === 'files');
  const records = lines.flatMap(({ json }) => JSON.parse(Buffer.from(json).toString()) as { key: { json: unknown } }[]);
  return records.map(({ key }) => key.json);
}

test('[PSP-TRAP-9] [PSP-TRAP-26] [PSP-TRAP-29] [PSP-CACHE-2] [PSP-CACHE-3] [PSP-FILE-2] [PSP-FILE-3] [PSP-SW-1] [PSP-BUCKET-1] caches, files, handles and buckets go from Chromium to Chromium, and what was there is gone', async () => {
  const origin = site.origin('app.localhost');
  const [from, to] = await Promise.all([userOfChromium(), userOfChromium()]);
  const worker = site.origin('worker.localhost');
  await from.page.goto(`${worker}/worker`);
  expect(await from.page.evaluate('window.worker')).toBe('active');
  const third = JSON.stringify(`${site.origin('third.localhost')}/`);
  await from.page.goto(`${origin}/`);
  await from.page.evaluate(script(SEED, third));
  const expires = Date.now() + 1e9;
  await from.page.evaluate(`navigator.storageBuckets.open('drafts', { expires: ${expires} })`);
  await from.page.evaluate(inBucket(SEED));
  expect(await from.page.evaluate(script(READ))).toMatchObject({
    ...EXPECTED,
    caches: { pages: 6 },
    entries: { length: 6 },
  });
  const state = await captured(from.driver);
  expect(fileKeys(state)).toEqual(KEYS);
  expect(told(state.document.losses)).toEqual([['cache-entry-opaque', `pages/${origin}/opaque`]]);

  await to.page.goto(`${origin}/`);
  await to.page.evaluate(script(STALE));
  const losses = await restored(to.driver, state);
  expect(losses).toEqual([
    ['cache-entry-altered', `pages/${origin}/moved`],
    ['cache-entry-altered', `pages/${origin}/moved`],
    ['service-worker-not-restored', `${worker}/`],
  ]);
  expect(await to.page.evaluate(script(READ))).toEqual(EXPECTED);
  expect(await to.page.evaluate('navigator.storageBuckets.keys()')).toEqual(['drafts']);
  expect(await to.page.evaluate(inBucket(READ))).toEqual(EXPECTED);
});

test('caches, files and handles go from Chromium to Firefox and back', async () => {
  const origin = site.origin('app.localhost');
  const firefox = await startFirefox();
  open.push({ close: () => firefox.kill() });
  const user = await BidiUser.atFirstTab(closing(await connectBidiSocket(firefox.address, LONG)));
  const driver = closing(await openBidi({ transport: user.shared, primaryContext: user.context, ...LONG }));
  await user.goto(`${origin}/`);
  // Firefox does not tell where a handle led whose file is gone.
  await user.evaluate(script(SEED, 'undefined', 'false'));
  const expected = { ...EXPECTED, handles: EXPECTED.handles.slice(0, 3) };
  expect(await user.evaluate(script(READ))).toEqual(expected);
  const state = await captured(driver);
  expect(told(state.document.losses)).toEqual([]);
  const { page, driver: target } = await userOfChromium();
  expect(await restored(target, state)).toEqual([['cache-entry-altered', `pages/${origin}/moved`]]);
  await page.goto(`${origin}/`);
  expect(await page.evaluate(script(READ))).toEqual(expected);
});

test('[PSP-SW-2] storage that was persistent is so again where the browser grants it, and else is named', async () => {
  const origin = site.origin('app.localhost');
  const { page, driver } = await userOfChromium();
  await page.goto(`${origin}/`);
  const state = await captured(driver);
  const [first] = state.document.origins;
  expect(first).toMatchObject({ origin, persisted: false });
  const persisted = { ...state, document: { ...state.document, origins: [{ ...first!, persisted: true }] } };
  expect(await restored(driver, persisted)).toEqual([['persistence-not-granted', undefined]]);
  const session = await page.context().browser()!.newBrowserCDPSession();
  await session.send('Browser.grantPermissions', { permissions: ['durableStorage'], origin });
  expect(await restored(driver, persisted)).toEqual([]);
  expect(await page.evaluate('navigator.storage.persisted()')).toBe(true);
});

test('[PSP-TRAP-29] where a page has no caches, files or buckets, nothing is invented, and each is named', async () => {
  const { driver } = await userOfChromium();
  const origin = 'http://plain.example';
  const state = await captureState(driver, { id: newSessionId(), name: 'plain', origins: [origin], ...LONG });
  expect(state.document.origins).toEqual([{ origin, localStorage: [], indexedDB: [] }]);
  const files = { records: [] };
  const places = [
    { origin, localStorage: [], indexedDB: [], caches: [{ name: 'c', records: [] }], files, serviceWorkers: [] },
    { origin, localStorage: [], indexedDB: [], bucket: { name: 'b' }, files },
  ];
  const json = Buffer.from('[{"key":{"json":["folder"]},"value":null}]');
  const batches = [0, 1].map((at) => ({ at: [at, 'files', 0] as const, count: 1, json }));
  const wanted = { document: { ...state.document, origins: places }, batches };
  expect(await restored(driver, wanted)).toEqual([
    ['bucket-not-restored', 'b'],
    ['storage-missing', undefined],
    ['storage-missing', 'c'],
  ]);
});
