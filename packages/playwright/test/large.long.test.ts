/** Records as large as a browser's connection carries, and larger: they move or are named, and the browser lives on. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findChromium, launchFlags, restoreState } from '@psp/core';
import { newSessionId, SESSION_VERSION, type SessionDocument } from '@psp/protocol';
import { chromium, type Browser, type Page } from 'playwright';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startSite, type TestSite } from '../../core/test/support/site.js';
import { openPlaywrightDriver } from '../src/adapter.js';
import { PlaywrightAdapter } from '../src/index.js';

// Hundreds of megabytes go through two processes, on machines that may be busy.
vi.setConfig({ testTimeout: 240_000 });
const LONG = { timeoutMs: 200_000 };

let site: TestSite;
let folder: string;
let browser: Browser;
beforeEach(async () => {
  site = await startSite();
  folder = await mkdtemp(join(tmpdir(), 'psp-test-'));
  browser = await chromium.launch({ executablePath: (await findChromium()) ?? '', args: launchFlags() });
});
afterEach(async () => {
  await browser.close();
  await site.close();
  await rm(folder, { recursive: true, force: true });
});

/** A page of a new context. */
async function open(): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await page.goto(`${site.origin('a.localhost')}/`);
  return page;
}

/** Runs in the page: makes a database `large` with records. */
const seed = (records: string): string => `(async () => {
  localStorage.setItem('token', 't');
  const open = indexedDB.open('large', 1);
  open.onupgradeneeded = () => open.result.createObjectStore('s');
  await new Promise((r) => (open.onsuccess = r));
  const tx = open.result.transaction('s', 'readwrite');
  for (const [key, value] of ${records}) tx.objectStore('s').put(value, key);
  await new Promise((r, j) => { tx.oncomplete = r; tx.onabort = () => j(tx.error); });
  open.result.close();
})()`;

/** Runs in the page: a digest of each record by key. */
const DIGESTS = `(async () => {
  const done = (request) => new Promise((r, j) => { request.onsuccess = () => r(request.result); request.onerror = () => j(request.error); });
  const db = await done(indexedDB.open('large'));
  const found = {};
  for (const key of await done(db.transaction('s').objectStore('s').getAllKeys())) {
    const value = await done(db.transaction('s').objectStore('s').get(key));
    const bytes = value instanceof Blob ? await value.arrayBuffer() : new TextEncoder().encode(JSON.stringify(value));
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
    found[key] = [value instanceof Blob, bytes.byteLength, digest.join()].join(' ');
  }
  db.close();
  return found;
})()`;

/** Captures from a new page with the records, and restores to another, whose digests it gives beside those of the first. */
async function move(records: string): Promise<{ before: object; after: object; losses: string[] }> {
  const from = await open();
  await from.evaluate(seed(records));
  const before = (await from.evaluate(DIGESTS)) as object;
  const adapter = new PlaywrightAdapter({
    storage: `file:${folder}/store`,
    keyFile: join(folder, 'key'),
    onNotice: () => undefined,
  });
  const session = await adapter.createSession(from, { name: 'large' });
  const { losses: captured } = await session.capture(LONG);
  await session.close();
  const to = await (await browser.newContext()).newPage();
  const loaded = await adapter.loadSession('large');
  const { losses: restored } = await loaded.restore(to, LONG);
  await loaded.close();
  await to.goto(`${site.origin('a.localhost')}/`);
  expect(browser.isConnected()).toBe(true);
  expect(await to.evaluate(`localStorage.getItem('token')`)).toBe('t');
  // Nobody knows where a tab has been before the session began; this one began with a page that was open.
  const named = [...captured, ...restored].filter(({ code }) => code !== 'origins-may-be-missing');
  const losses = named.map(({ code, item }) => `${code} ${item}`);
  return { before, after: (await to.evaluate(DIGESTS)) as object, losses };
}

test('a hundred megabytes of Blobs move, each in a message of its own', async () => {
  const bytes = `new Uint8Array(6e6).fill(7 + i)`;
  const { before, after, losses } = await move(`Array.from({ length: 16 }, (_, i) => [i, new Blob([${bytes}])])`);
  expect(losses).toEqual([]);
  expect(Object.keys(after)).toHaveLength(16);
  expect(after).toEqual(before);
});

test('records just below the limit move, whatever they grow by on the way; one above is named, and the rest is there', async () => {
  const { before, after, losses } = await move(`[
    ['a first', 1],
    ['ascii', 'x'.repeat(66e6)],
    ['beyond ascii', 'ä'.repeat(8.3e6)],
    ['huge', 'x'.repeat(110e6)],
    ['quotes', '"'.repeat(4e6)],
    ['z last', { z: 1 }],
  ]`);
  expect(losses).toEqual(['record-too-large large/s/huge']);
  const { huge, ...rest } = before as Record<string, string>;
  expect(huge).toContain('110000002');
  expect(after).toEqual(rest);
});

test('one batch of over a hundred megabytes, as an import may hold, is restored', async () => {
  const document: SessionDocument = {
    format: 'psp-session',
    version: SESSION_VERSION,
    id: newSessionId(),
    name: 'large',
    tags: [],
    capturedAt: new Date(0).toISOString(),
    source: { engine: 'chromium' },
    cookies: [],
    origins: [
      {
        origin: site.origin('a.localhost'),
        localStorage: [],
        indexedDB: [
          {
            name: 'large',
            version: 1,
            stores: [{ name: 's', keyPath: null, autoIncrement: false, indexes: [], records: [] }],
          },
        ],
      },
    ],
    tabs: [],
    losses: [],
  };
  const records = Array.from({ length: 5 }, (_, key) => `{"key":${key},"value":"${'v'.repeat(8e6)}"}`);
  const json = Buffer.from(`[${records.join(',')},{"key":"huge","value":"${'v'.repeat(70e6)}"}]`);
  const driver = await openPlaywrightDriver((await open()) as never, 30_000);
  const to = browser.contexts()[0]!.pages()[0]!;
  const report = await restoreState(driver, { document, batches: [{ at: [0, 0, 0], count: 6, json }] }, LONG);
  await driver.close();
  expect(report.losses.map(({ code, item }) => `${code} ${item}`)).toEqual(['record-not-restored large/s/huge']);
  expect(Object.keys((await to.evaluate(DIGESTS)) as object)).toHaveLength(5);
});
