/** A place that holds nothing is written by the small bundle; any other, and whatever that one cannot do, by the large one, to the same end. */
import type { StorageItem } from '@psp/protocol';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { connectCdp } from '../src/browser/cdp/connect.js';
import type { BrowserDriver, Tab } from '../src/browser/driver.js';
import { WRITE_FRESH_SOURCE, WRITE_SOURCE } from '../src/page-bundle.gen.js';
import { callPage, FIRST_READ_LIMITS, type Place } from '../src/page-call.js';
import type { LoadReply, LoadRequest } from '../src/page/contract.js';
import { startChromium, type RawChromium } from './support/raw-chromium.js';
import { startSite } from './support/site.js';

const TIMEOUT = { timeoutMs: 10_000 };
const SOURCES = new Map([
  [WRITE_FRESH_SOURCE, 'write-fresh'],
  [WRITE_SOURCE, 'write'],
]);
const BOTH = ['write-fresh', 'write'];

const INDEX = { name: 'by a', keyPath: 'a', unique: true, multiEntry: false };
const STORE = { name: 's', keyPath: null, autoIncrement: true, indexes: [INDEX], records: [] };
const DATABASE = { name: 'd', version: 3, stores: [{ ...STORE, keyGenerator: 8 }] };
const RECORD = '{"key":7,"value":{"json":{"a":[1,"x"]}}}';
const ITEMS = [
  { name: 'length', value: 'x' },
  { name: { utf16: 'ANg=' }, value: { utf16: 'ANg=' } },
];
const NOTHING = { caches: [], files: true, serviceWorkers: [], persisted: false, buckets: [] };

let browser: RawChromium;
let driver: BrowserDriver;
let place: Place;
/** What ran in the page. */
let ran: string[];
let visits = 0;
beforeAll(async () => {
  browser = await startChromium();
});
afterAll(() => browser.kill());
beforeEach(async () => {
  driver = await connectCdp(browser.address);
  const tab = await driver.openHelper();
  const frame = await driver.visitBlank(tab, `https://place-${(visits += 1)}.example`, TIMEOUT);
  place = { driver, tab, frame };
  ran = [];
  const { evaluate } = driver;
  driver.evaluate = (...call) => {
    const source = SOURCES.get(call[2]);
    if (source !== undefined) ran.push(source);
    return evaluate.apply(driver, call);
  };
});
afterEach(() => driver.close());

async function load(request: Omit<LoadRequest, 'do' | 'timeoutMs'>): Promise<LoadReply> {
  return (await callPage(place, { do: 'load', ...request, ...TIMEOUT })).header;
}

const withRecords = (...records: string[]): Pick<LoadRequest, 'databases' | 'puts'> => ({
  databases: [DATABASE],
  puts: [{ database: 'd', store: 's', records: `[${records.join(',')}]`, keyGenerator: 8 }],
});

/** What the place holds, records as text. */
async function stands(): Promise<{ items: StorageItem[][]; databases: unknown; records: string }> {
  const kinds = { localStorage: true, sessionStorage: true, indexedDB: true, depot: [] };
  const { header, records } = await callPage(place, { do: 'dump', ...kinds, ...FIRST_READ_LIMITS, ...TIMEOUT });
  const { localStorage = [], sessionStorage = [], databases } = header;
  return { items: [localStorage, sessionStorage], databases, records: Buffer.concat(records).toString() };
}

async function inFirstFrame(at: Tab, script: string): Promise<string> {
  const [frame] = await driver.frames(at, TIMEOUT);
  if (frame === undefined) throw new Error('no frame');
  return driver.evaluate(at, frame, script, '', TIMEOUT);
}

const inPage = (script: string): Promise<string> =>
  driver.evaluate(place.tab, place.frame, `async () => { ${script}; return ''; }`, '', TIMEOUT);

test('a place that holds nothing is written by the small bundle alone', async () => {
  const reply = await load({ localStorage: ITEMS, sessionStorage: ITEMS, ...withRecords(RECORD), depot: NOTHING });
  expect(reply).toEqual({ failed: [], losses: [], depot: ['caches', 'files'] });
  expect(ran).toEqual(['write-fresh']);
  const { items, databases, records } = await stands();
  for (const each of items) expect(each).toHaveLength(2);
  for (const each of items) expect(each).toEqual(expect.arrayContaining(ITEMS));
  // The generator is in position, and the record that has its last number is there.
  expect(databases).toEqual([DATABASE]);
  expect(records).toBe(`[${RECORD}]`);
});

test('what is not asked for is neither made nor looked at', async () => {
  await inPage(`localStorage.setItem('a', 'b'); await caches.open('c')`);
  expect(await load(withRecords())).toEqual({ failed: [], losses: [] });
  expect(ran).toEqual(['write-fresh']);
  const { items, records } = await stands();
  expect({ items, records }).toEqual({ items: [[{ name: 'a', value: 'b' }], []], records: '' });
});

/** Names of caches, buckets and files. */
const LEFT = `async () => {
  const root = await navigator.storage.getDirectory();
  return JSON.stringify([...(await caches.keys()), ...(await navigator.storageBuckets.keys()), ...(await Array.fromAsync(root.keys()))]);
}`;

test.each([
  ['an item', `localStorage.setItem('old', 'x')`],
  ['an item of the tab', `sessionStorage.setItem('old', 'x')`],
  [
    'a database',
    `await new Promise((done) => (indexedDB.open('old').onsuccess = ({ target }) => done(target.result.close())))`,
  ],
  [
    'the same database',
    `await new Promise((done) => (indexedDB.open('d', 3).onsuccess = ({ target }) => done(target.result.close())))`,
  ],
  ['a cache', `await caches.open('old')`],
  ['a file', `await (await navigator.storage.getDirectory()).getFileHandle('old', { create: true })`],
  ['a bucket', `await navigator.storageBuckets.open('old')`],
])('a place that holds %s comes to the same by the large one', async (_what, script) => {
  await inPage(script);
  const { failed, losses } = await load({
    localStorage: ITEMS,
    sessionStorage: ITEMS,
    ...withRecords(RECORD),
    depot: NOTHING,
  });
  expect({ failed, losses, ran }).toEqual({ failed: [], losses: [], ran: BOTH });
  const { items, databases, records } = await stands();
  for (const each of items) expect(each).toHaveLength(2);
  expect({ databases, records }).toEqual({ databases: [DATABASE], records: `[${RECORD}]` });
  expect(await driver.evaluate(place.tab, place.frame, LEFT, '', TIMEOUT)).toBe('[]');
});

/** Resolves when the page's service worker is active. */
const ACTIVE_WORKER = `async () => {
  for (;;) {
    const [registration] = await navigator.serviceWorker.getRegistrations();
    if (registration?.active) return 'active';
    await new Promise((done) => setTimeout(done, 10));
  }
}`;

test('a service worker of another session ends', async () => {
  const site = await startSite();
  try {
    const origin = site.origin('worker.localhost');
    const tab = await driver.openTab();
    await driver.goto(tab, `${origin}/worker`, TIMEOUT);
    await inFirstFrame(tab, ACTIVE_WORKER);
    place = { ...place, frame: await driver.visitBlank(place.tab, origin, TIMEOUT) };
    expect(await load({ depot: NOTHING })).toMatchObject({ failed: [], losses: [] });
    expect(ran).toEqual(BOTH);
    const left = `async () => String((await navigator.serviceWorker.getRegistrations()).length)`;
    expect(await driver.evaluate(place.tab, place.frame, left, '', TIMEOUT)).toBe('0');
  } finally {
    await site.close();
  }
});

test.each([
  ['caches', { caches: ['c'] }],
  [
    'a service worker',
    {
      serviceWorkers: [
        { scope: 'https://a.example/', scriptURL: 'https://a.example/w.js', updateViaCache: 'imports' as const },
      ],
    },
  ],
  ['a promise that it stays', { persisted: true }],
])('the large one answers for %s', async (_what, depot) => {
  await load({ depot });
  expect(ran).toEqual(BOTH);
});

test('a record that is refused costs itself alone', async () => {
  const { losses } = await load(withRecords(RECORD, '{"key":5,"value":{"json":{"a":[1,"x"]}}}'));
  expect(losses).toEqual([expect.objectContaining({ code: 'item-refused', item: 'd/s/5' })]);
  expect(ran).toEqual(BOTH);
  expect((await stands()).records).toBe(`[${RECORD}]`);
});

const DATE = '[["date",5]]';

test('other values than plain trees are written by the large one at once', async () => {
  await load(withRecords(`{"key":1,"value":{"nodes":${DATE},"root":{"ref":0}}}`));
  expect(ran).toEqual(['write']);
  expect((await stands()).records).toContain(DATE);
});

test('other values that look like none are written by the large one all the same', async () => {
  await load(withRecords(`{"key":1,"value":{"n\\u006fdes":${DATE},"root":{"ref":0}}}`));
  expect(ran).toEqual(BOTH);
  expect((await stands()).records).toContain(DATE);
});

test('a page that has gone elsewhere is written by neither', async () => {
  place = { ...place, frame: { ...place.frame, origin: 'https://elsewhere.example' } };
  await expect(load({ localStorage: ITEMS })).rejects.toMatchObject({ code: 'BROWSER_GONE' });
});
