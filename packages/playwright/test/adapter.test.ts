/** Capture in one browser process, restore in another: what a user of the adapter sees. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findChromium, launchFlags } from '@psp/core';
import { chromium, type Browser, type Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startSite, type TestSite } from '../../core/test/support/site.js';
import { PlaywrightAdapter } from '../src/index.js';

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

let site: TestSite;
let folder: string;
let adapter: PlaywrightAdapter;
const browsers: Browser[] = [];

async function launch(): Promise<Browser> {
  const browser = await chromium.launch({ executablePath: (await findChromium()) ?? '', args: launchFlags() });
  browsers.push(browser);
  return browser;
}

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
});
afterEach(async () => {
  for (const browser of browsers.splice(0)) await browser.close();
  await rm(folder, { recursive: true });
});

async function seeded(page: Page, host: string): Promise<unknown> {
  await page.goto(`${site.origin(host)}/`);
  await page.evaluate(SEED);
  return JSON.parse(await page.evaluate<string>(DESCRIBE));
}

async function described(page: Page, host: string): Promise<unknown> {
  await page.goto(`${site.origin(host)}/`);
  return JSON.parse(await page.evaluate<string>(DESCRIBE));
}

describe('capture and restore', () => {
  test('[PSP-RES-1] another browser process has every kind of state', async () => {
    const first = await launch();
    const page = await first.newPage();
    const session = await adapter.createSession(page, { name: 'everything' });
    const a = await seeded(page, 'a.localhost');
    const b = await seeded(page, 'b.localhost');
    await page
      .context()
      .addCookies([
        { name: 'sid', value: 'secret', domain: 'b.localhost', path: '/', httpOnly: true, sameSite: 'Strict' },
      ]);
    const report = await session.capture();
    expect(report.losses).toEqual([]);
    expect(report.counts).toMatchObject({ cookies: 1, origins: 2, databases: 2, records: 10, tabs: 1 });
    await first.close();

    const second = await launch();
    const newPage = await second.newPage();
    const saved = await new PlaywrightAdapter({
      storage: `file:${folder}/store`,
      keyFile: join(folder, 'key'),
    }).loadSession(session.getId());
    const restored = await saved.restore(newPage);
    expect(restored).toMatchObject({ losses: [], notDone: [] });
    expect(newPage.url()).toBe('about:blank');
    expect(await described(newPage, 'b.localhost')).toEqual(b);
    expect(await newPage.context().cookies()).toMatchObject([
      { name: 'sid', value: 'secret', httpOnly: true, sameSite: 'Strict' },
    ]);
    // The tab had left this origin when the session was captured, so its sessionStorage was out of reach.
    expect(await described(newPage, 'a.localhost')).toEqual({ ...(a as object), sessionStorage: [] });
  });

  test('[PSP-CAP-2] finds origins of closed tabs and frames, of cookies and of the caller, without asking their servers', async () => {
    const browser = await launch();
    const context = await browser.newContext();
    const popup = await context.newPage();
    await popup.goto(`${site.origin('before.localhost')}/`);
    await popup.evaluate('localStorage.setItem("k", "v")');
    await popup.close();
    const page = await context.newPage();
    const session = await adapter.createSession(page, {
      name: 'found',
      origins: [`${site.origin('before.localhost')}/x`],
    });
    const closed = await context.newPage();
    await closed.goto(`${site.origin('closed.localhost')}/`);
    await closed.evaluate('localStorage.setItem("k", "v")');
    await closed.close();
    await page.goto(`${site.origin('history.localhost')}/`);
    await page.evaluate('localStorage.setItem("k", "v"); document.cookie = "c=1"');
    await page.goto(`${site.origin('open.localhost')}/`);
    await page.evaluate('localStorage.setItem("k", "v")');
    const requests = site.requests.length;
    const report = await session.capture();
    expect(report.counts.origins).toBe(4);
    expect(site.requests.length).toBe(requests);
  });

  test('[PSP-CAP-3] captures the sessionStorage of every open tab; [PSP-RES-4] opens them when asked', async () => {
    const browser = await launch();
    const context = await browser.newContext();
    const page = await context.newPage();
    const other = await context.newPage();
    await page.goto(`${site.origin('a.localhost')}/one`);
    await other.goto(`${site.origin('a.localhost')}/two`);
    await page.evaluate('sessionStorage.setItem("tab", "one")');
    await other.evaluate('sessionStorage.setItem("tab", "two")');
    const session = await adapter.createSession(page, { name: 'tabs' });
    expect((await session.capture()).counts).toMatchObject({ tabs: 2, sessionStorage: 2 });

    const target = await browser.newContext();
    const newPage = await target.newPage();
    const saved = await adapter.loadSession('tabs');
    expect((await saved.restore(newPage)).losses).toMatchObject([{ code: 'tab-not-restored', kind: 'tab' }]);
    expect(target.pages()).toHaveLength(1);
    await saved.restore(newPage, { tabs: 'all' });
    await newPage.goto(`${site.origin('a.localhost')}/one`);
    expect(await newPage.evaluate('sessionStorage.getItem("tab")')).toBe('one');
    const opened = target.pages().find((candidate) => candidate !== newPage);
    await opened?.waitForURL(`${site.origin('a.localhost')}/two`);
    expect(await opened?.evaluate('sessionStorage.getItem("tab")')).toBe('two');
  });

  test('[PSP-RES-2] replaces what the session is about and leaves the rest', async () => {
    const browser = await launch();
    const page = await browser.newPage();
    const state = await seeded(page, 'a.localhost');
    await page.context().addCookies([{ name: 'sid', value: 'right', domain: 'a.localhost', path: '/' }]);
    const session = await adapter.createSession(page, { name: 'replaced' });
    await session.capture();

    const target = await browser.newPage();
    await target.goto(`${site.origin('elsewhere.localhost')}/`);
    await target.evaluate('localStorage.setItem("kept", "1"); document.cookie = "kept=1"');
    await target.goto(`${site.origin('a.localhost')}/`);
    await target.evaluate(`(async () => {
      localStorage.setItem('stale', '1'); sessionStorage.setItem('stale', '1');
      document.cookie = 'stale=1'; document.cookie = 'sid=wrong';
      await new Promise((r) => { indexedDB.open('stale').onsuccess = (e) => { e.target.result.close(); r(); }; });
    })()`);
    await (await adapter.loadSession(session.getId())).restore(target);
    expect(await described(target, 'a.localhost')).toEqual(state);
    expect(await target.evaluate('document.cookie')).toBe('sid=right');
    expect(await target.evaluate('indexedDB.databases().then((all) => all.map(({ name }) => name))')).toEqual(['app']);
    await target.goto(`${site.origin('elsewhere.localhost')}/`);
    expect(await target.evaluate('localStorage.getItem("kept") + document.cookie')).toBe('1kept=1');
  });

  test('[PSP-RES-2] an origin that held nothing holds nothing afterwards: no other login stays there', async () => {
    const browser = await launch();
    const page = await browser.newPage();
    const origin = site.origin('app.localhost');
    await page.goto(`${origin}/`);
    await page.context().addCookies([{ name: 'sid', value: 'alice', domain: 'app.localhost', path: '/' }]);
    const session = await adapter.createSession(page, { name: 'cookies only' });
    expect((await session.capture()).counts).toMatchObject({ cookies: 1, origins: 1, localStorage: 0 });

    const target = await browser.newPage();
    await target.goto(`${origin}/`);
    await target.evaluate(`new Promise((r) => {
      localStorage.setItem('token', 'bob');
      indexedDB.open('bob').onsuccess = (e) => { e.target.result.close(); r(); };
    })`);
    await (await adapter.loadSession(session.getId())).restore(target);
    await target.goto(`${origin}/`);
    expect(await target.evaluate('document.cookie')).toBe('sid=alice');
    expect(await target.evaluate('localStorage.length')).toBe(0);
    expect(await target.evaluate('indexedDB.databases()')).toEqual([]);
  });

  test('[PSP-RES-2] the user’s tab on another site is left alone, history included', async () => {
    const browser = await launch();
    const page = await browser.newPage();
    await page.goto(`${site.origin('a.localhost')}/`);
    const session = await adapter.createSession(page, { name: 'nothing for the tab' });
    await session.capture();
    const target = await browser.newPage();
    await target.goto(`${site.origin('elsewhere.localhost')}/one`);
    await target.goto(`${site.origin('elsewhere.localhost')}/two`);
    await target.evaluate('window.typed = "half a sentence"');
    await session.restore(target);
    expect(await target.evaluate('window.typed')).toBe('half a sentence');
    await target.goBack();
    expect(target.url()).toBe(`${site.origin('elsewhere.localhost')}/one`);
  });

  test('[PSP-RES-4] tabs without sessionStorage are opened at their address too', async () => {
    const browser = await launch();
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${site.origin('a.localhost')}/one`);
    await (await context.newPage()).goto(`${site.origin('a.localhost')}/two`);
    const session = await adapter.createSession(page, { name: 'plain tabs' });
    await session.capture();
    const target = await browser.newContext();
    const newPage = await target.newPage();
    await session.restore(newPage, { tabs: 'all' });
    const opened = target.pages().find((candidate) => candidate !== newPage);
    await opened?.waitForURL(`${site.origin('a.localhost')}/two`);
    expect(target.pages()).toHaveLength(2);
  });

  test('works in a persistent context and over CDP', async () => {
    const profile = join(folder, 'profile');
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: (await findChromium()) ?? '',
      args: [...launchFlags(), '--remote-debugging-port=0'],
    });
    const page = context.pages()[0] as Page;
    const state = await seeded(page, 'a.localhost');
    const session = await adapter.createSession(page, { name: 'persistent' });
    expect((await session.capture()).losses).toEqual([]);
    await context.close();
    const target = await (await launch()).newPage();
    await (await adapter.loadSession('persistent')).restore(target);
    expect(await described(target, 'a.localhost')).toEqual(state);
  });

  test('[PSP-CAP-1] leaves no helper tab, and none of its listeners, behind', async () => {
    const browser = await launch();
    const page = await browser.newPage();
    await seeded(page, 'a.localhost');
    const events: string[] = [];
    for (const name of ['page', 'request', 'response', 'serviceworker'] as const)
      page.context().on(name as 'page', () => events.push(name));
    page.on('framenavigated', () => events.push('framenavigated'));
    const session = await adapter.createSession(page, { name: 'quiet', origins: ['https://elsewhere.example'] });
    await session.capture();
    await session.close();
    expect(events).toEqual([]);
    const browserSession = await browser.newBrowserCDPSession();
    const { targetInfos } = await browserSession.send('Target.getTargets');
    expect(targetInfos.filter(({ type }) => type === 'page' || type === 'other').map(({ url }) => url)).toEqual([
      page.url(),
    ]);
  });
});
