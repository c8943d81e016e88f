/** What goes wrong in a browser: each fault gives one clear error or a named loss, in time, with nothing half written. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Archive, findChromium, launchFlags, openKeySource, openStore, splitRecords } from '@psp/core';
import { newSessionId, type Cookie, type SessionDocument } from '@psp/protocol';
import { chromium, type Browser, type Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startSite, type TestSite } from '../../core/test/support/site.js';
import { PlaywrightAdapter } from '../src/index.js';

let site: TestSite;
let folder: string;
let adapter: PlaywrightAdapter;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  site = await startSite();
});
afterAll(() => site.close());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'psp-test-'));
  adapter = new PlaywrightAdapter({
    storage: `file:${folder}/store`,
    keyFile: join(folder, 'key'),
    onNotice: () => undefined,
  });
  browser = await chromium.launch({ executablePath: (await findChromium()) ?? '', args: launchFlags() });
  page = await (await browser.newContext()).newPage();
});
afterEach(async () => {
  await browser.close();
  await rm(folder, { recursive: true });
});

async function openArchive(): Promise<Archive> {
  const keys = openKeySource({ keyFile: join(folder, 'key'), onNotice: () => undefined });
  return new Archive(await openStore(`file:${folder}/store`), keys);
}

async function stored(fields: Partial<SessionDocument>): Promise<string> {
  const document: SessionDocument = {
    format: 'psp-session',
    version: 1,
    id: newSessionId(),
    name: 'made by hand',
    tags: [],
    capturedAt: new Date().toISOString(),
    cookies: [],
    origins: [],
    tabs: [],
    losses: [],
    ...fields,
  };
  await (await openArchive()).save(splitRecords(document, { maxBytes: 1_000_000 }));
  return document.id;
}

function cookie(fields: Partial<Cookie>): Cookie {
  const base = { name: 'c', value: 'v', domain: 'a.example', hostOnly: true, path: '/', httpOnly: false, secure: true };
  return { ...base, ...fields };
}

describe('while capturing', () => {
  test('[PSP-CAP-4] a browser that dies gives BROWSER_GONE and stores nothing', async () => {
    await page.goto(`${site.origin('a.localhost')}/`);
    await page.evaluate('localStorage.setItem("k", "v")');
    const origins = Array.from({ length: 20 }, (_, index) => `https://o${index}.example`);
    const session = await adapter.createSession(page, { name: 'dies', origins });
    let closing: Promise<void> | undefined;
    const capture = session.capture({
      onProgress: ({ step, done }) => {
        if (step === 'origins' && done === 3) closing = browser.close();
      },
    });
    await expect(capture).rejects.toMatchObject({ code: 'BROWSER_GONE' });
    await closing;
    expect((await (await openArchive()).list()).items).toEqual([]);
    expect(
      (await readdir(join(folder, 'store'), { recursive: true })).filter((name) => name.includes(session.getId())),
    ).toEqual([]);
  });

  test('[PSP-CAP-4] a page with an open dialog loses its sessionStorage by name, and nothing else', async () => {
    await page.goto(`${site.origin('a.localhost')}/`);
    await page.evaluate('localStorage.setItem("k", "v"); sessionStorage.setItem("s", "v")');
    const dialog = page.waitForEvent('dialog');
    await page.evaluate('setTimeout(() => alert("hello"))');
    const session = await adapter.createSession(page, { name: 'dialog' });
    const opened = await dialog;
    const report = await session.capture({ timeoutMs: 1000 });
    expect(report.counts).toMatchObject({ localStorage: 1, tabs: 1, sessionStorage: 0 });
    expect(report.losses).toMatchObject([{ code: 'tab-blocked', kind: 'tab', item: `${site.origin('a.localhost')}/` }]);
    expect(report.losses[0]?.advice).toContain('dialog');
    await opened.dismiss();
    expect((await session.capture()).counts).toMatchObject({ localStorage: 1, sessionStorage: 1, losses: 0 });
  });

  test('a page whose script runs on is named, and its origin is read in another way', async () => {
    await page.goto(`${site.origin('a.localhost')}/`);
    await page.evaluate('localStorage.setItem("k", "v"); setTimeout(() => { for (;;); })');
    const session = await adapter.createSession(page, { name: 'busy' });
    const report = await session.capture({ timeoutMs: 1000 });
    expect(report.losses).toMatchObject([{ code: 'tab-blocked' }]);
    expect(report.counts).toMatchObject({ localStorage: 1 });
  });

  test('a crashed tab is named, and its origin is read in another way', async () => {
    await page.goto(`${site.origin('a.localhost')}/`);
    await page.evaluate('localStorage.setItem("k", "v")');
    const session = await adapter.createSession(page, { name: 'crashed' });
    const crash = page.waitForEvent('crash');
    page.goto('chrome://crash').catch(() => undefined);
    await crash;
    const report = await session.capture({ timeoutMs: 2000 });
    expect(report.losses).toMatchObject([{ code: 'tab-crashed', kind: 'tab' }]);
    expect(report.counts).toMatchObject({ localStorage: 1 });
  });

  test('an origin whose database is held back by another page is named; the others are there', async () => {
    await page.goto(`${site.origin('held.localhost')}/`);
    await page.evaluate(`(async () => {
      const open = (version) => indexedDB.open('held', version);
      window.held = await new Promise((r) => { open(1).onsuccess = (event) => r(event.target.result); });
      open(2).onblocked = () => (window.blocked = true);
    })()`);
    await page.waitForFunction('window.blocked');
    const other = await page.context().newPage();
    await other.goto(`${site.origin('free.localhost')}/`);
    await other.evaluate('localStorage.setItem("k", "v")');
    const session = await adapter.createSession(other, { name: 'held' });
    const report = await session.capture({ timeoutMs: 1000 });
    expect(report.losses).toMatchObject([
      { code: 'database-blocked', origin: site.origin('held.localhost'), item: 'held' },
    ]);
    expect(report.counts).toMatchObject({ localStorage: 1 });
  });

  test('a closed page is refused at once', async () => {
    await page.close();
    await expect(adapter.createSession(page, { name: 'closed' })).rejects.toMatchObject({ code: 'BROWSER_GONE' });
    await expect(adapter.createSession({} as Page, { name: 'not a page' })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });
  });
});

describe('while restoring', () => {
  test('[PSP-RES-3] one bad cookie never costs the others, and each change is told', async () => {
    const farAway = Math.floor(Date.now() / 1000) + 10 * 365 * 86_400;
    const id = await stored({
      cookies: [
        cookie({ name: 'good' }),
        cookie({ name: '__Host-wrong', hostOnly: false }),
        cookie({ name: 'long', value: 'x'.repeat(5000) }),
        cookie({ name: 'none', sameSite: 'none', secure: false }),
        cookie({ name: 'far', expires: farAway }),
        cookie({ name: 'expired', expires: 1 }),
      ],
    });
    const report = await (await adapter.loadSession(id)).restore(page);
    const told = Object.fromEntries(report.losses.map(({ item, code }) => [item?.split(' ')[0], code]));
    expect(told).toEqual({
      '__Host-wrong': 'cookie-refused',
      long: 'cookie-refused',
      none: 'cookie-refused',
      far: 'cookie-altered',
      expired: 'cookie-expired',
    });
    expect((await page.context().cookies()).map(({ name }) => name).toSorted()).toEqual(['far', 'good']);
    expect(JSON.stringify(report)).not.toContain('xxxxx');
  });

  test('[PSP-RES-5] a browser that dies is told with what was and was not done, and the stored session stays', async () => {
    const origins = Array.from({ length: 20 }, (_, index) => {
      return { origin: `https://o${index}.example`, localStorage: [{ name: 'k', value: 'v' }], indexedDB: [] };
    });
    const id = await stored({ cookies: [cookie({})], origins });
    const before = await (await openArchive()).metadata(id);
    let closing: Promise<void> | undefined;
    const restore = (await adapter.loadSession(id)).restore(page, {
      onProgress: ({ step, done }) => {
        if (step === 'origins' && done === 3) closing = browser.close();
      },
    });
    const error = await restore.then(
      () => undefined,
      (reason: unknown) => reason as { code: string; message: string; report: { done: string[]; notDone: string[] } },
    );
    await closing;
    expect(error).toMatchObject({ code: 'RESTORE_INCOMPLETE' });
    expect(error?.report.done[0]).toBe('1 cookies');
    expect([...(error?.report.done ?? []), ...(error?.report.notDone ?? [])]).toHaveLength(21);
    expect(error?.report.notDone).toContain('https://o19.example');
    expect(await (await openArchive()).metadata(id)).toEqual(before);
  });

  test('a database that another page holds open in another shape is named and stays whole; the other state is there', async () => {
    const store = { name: 's', keyPath: null, autoIncrement: false, indexes: [], records: [{ key: 'new', value: 1 }] };
    const database = { name: 'held', version: 2, stores: [store, { ...store, name: 't' }] };
    const origin = site.origin('a.localhost');
    const id = await stored({
      origins: [{ origin, localStorage: [{ name: 'k', value: 'v' }], indexedDB: [database] }],
    });
    const holder = await page.context().newPage();
    await holder.goto(`${origin}/`);
    await holder.evaluate(`new Promise((r) => {
      const open = indexedDB.open('held', 1);
      open.onupgradeneeded = () => open.result.createObjectStore('s').put(0, 'old');
      open.onsuccess = () => { window.held = open.result; r(); };
    })`);
    const report = await (await adapter.loadSession(id)).restore(page, { timeoutMs: 1000 });
    expect(report.losses).toMatchObject([{ code: 'database-blocked', origin, item: 'held' }]);
    await page.goto(`${origin}/`);
    expect(await page.evaluate('localStorage.getItem("k")')).toBe('v');
    const keys = `new Promise((r) => { held.transaction('s').objectStore('s').getAllKeys().onsuccess = (e) => r(e.target.result); })`;
    expect(await holder.evaluate(keys)).toEqual(['old']);
  });

  test('a wrong id, a deleted session and an ambiguous name are refused before the browser is touched', async () => {
    const id = await stored({});
    await expect(adapter.loadSession(newSessionId())).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(adapter.loadSession('../../etc/passwd')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await stored({});
    await expect(adapter.loadSession('made by hand')).rejects.toMatchObject({ code: 'AMBIGUOUS' });
    const session = await adapter.loadSession(id);
    await (await openArchive()).remove(id);
    await expect(session.restore(page)).rejects.toMatchObject({ code: 'DELETED' });
    await expect(adapter.loadSession(id)).rejects.toMatchObject({ code: 'DELETED' });
  });
});
