/** Choices in a real browser: what is not chosen is neither opened nor read at a capture, nor touched by a restore. */
import { captureState, restoreState, type BrowserDriver, type Frame, type Tab } from '@psp/core';
import { newSessionId } from '@psp/protocol';
import type { Page } from 'playwright';
import { expect, test } from 'vitest';
import { openPlaywrightDriver } from '../src/adapter.js';
import { browser, page, site } from './fixture.js';

/** A driver that notes in which origins page code ran, and with what request. */
async function watched(target: Page): Promise<{ driver: BrowserDriver; asked: Map<string, Set<string>> }> {
  const driver = await openPlaywrightDriver(target, 30_000);
  const asked = new Map<string, Set<string>>();
  const { evaluate, visitBlank } = driver;
  const note = (origin: string | undefined, what: string): unknown =>
    asked.set(String(origin), (asked.get(String(origin)) ?? new Set()).add(what));
  driver.visitBlank = (tab: Tab, origin, options) => {
    note(origin, 'blank');
    return visitBlank.call(driver, tab, origin, options);
  };
  driver.evaluate = (tab: Tab, frame: Frame, source, argument, options) => {
    note(frame.origin, 'code');
    for (const [member, value] of Object.entries(JSON.parse(argument) as object))
      if (['localStorage', 'sessionStorage', 'indexedDB', 'databases'].includes(member) && value !== false)
        note(frame.origin, member);
    return evaluate.call(driver, tab, frame, source, argument, options);
  };
  return { driver, asked };
}

/** Fills an origin: `of` is in every value. Database `app` has stores `users` and `log`, at `version`. */
const fill = (of: string, version = 1): string => `(async () => {
  for (const name of ['token', 'theme']) localStorage.setItem(name, '${of}');
  sessionStorage.setItem('step', '${of}');
  document.cookie = 'sid=${of}; max-age=9999';
  document.cookie = 'theme=${of}; max-age=9999';
  for (const name of ['app', 'ads']) await new Promise((done, fail) => {
    const open = indexedDB.open(name, ${version});
    open.onupgradeneeded = () => ['users', 'log'].forEach((store) => open.result.createObjectStore(store));
    open.onerror = () => fail(open.error);
    open.onsuccess = () => {
      const work = open.result.transaction(['users', 'log'], 'readwrite');
      for (const store of ['users', 'log']) work.objectStore(store).put('${of}', 'key');
      work.oncomplete = () => { open.result.close(); done(); };
    };
  });
})()`;

const SHOW = `(async () => {
  const read = async (name) => {
    if (!(await indexedDB.databases()).some((one) => one.name === name)) return [name, 'none'];
    const db = await new Promise((done) => { const open = indexedDB.open(name); open.onsuccess = () => done(open.result); });
    const found = await Promise.all(['users', 'log'].map((store) => new Promise((done) => {
      const get = db.transaction(store).objectStore(store).get('key');
      get.onsuccess = () => done(get.result ?? 'none');
    })));
    db.close();
    return [name, ...found];
  };
  return { local: { ...localStorage }, session: { ...sessionStorage }, cookies: document.cookie.split('; ').sort(),
    app: await read('app'), ads: await read('ads') };
})()`;

async function seeded(at: Page, host: string, of: string, version?: number): Promise<void> {
  await at.goto(`${site.origin(host)}/`);
  await at.evaluate(fill(of, version));
}

async function shown(at: Page, host: string): Promise<unknown> {
  await at.goto(`${site.origin(host)}/`);
  return at.evaluate(SHOW);
}

const named = { id: newSessionId(), name: 'chosen' };

test('[PSP-CHO-4] a capture neither opens nor reads what is not chosen, open tabs and known origins alike, and counts it', async () => {
  const context = page.context();
  const other = await context.newPage();
  await seeded(other, 'open.localhost', 'secret');
  await seeded(page, 'known.localhost', 'secret');
  await seeded(page, 'a.localhost', 'mine');
  const { driver, asked } = await watched(page);
  const exclude = ['open.localhost', site.origin('known.localhost'), 'cookie:theme', 'a.localhost indexedDB'];
  const { document, batches } = await captureState(driver, { ...named, choices: [{ exclude }] });
  await driver.close();
  expect([...asked]).toEqual([[site.origin('a.localhost'), new Set(['code', 'localStorage', 'sessionStorage'])]]);
  expect(JSON.stringify(document)).not.toContain('secret');
  expect(batches).toEqual([]);
  expect(document.cookies.map(({ name, domain }) => [name, domain])).toEqual([['sid', 'a.localhost']]);
  expect(document.tabs.map(({ url }) => url)).toEqual([`${site.origin('a.localhost')}/`]);
  expect(document.losses.map(({ code }) => code)).toEqual(['origins-may-be-missing']);
  expect(document.skipped).toEqual(
    expect.arrayContaining([
      { kind: 'origin', origin: site.origin('open.localhost'), count: 1 },
      { kind: 'origin', origin: site.origin('known.localhost'), count: 1 },
      { kind: 'indexedDB', origin: site.origin('a.localhost') },
      { kind: 'tab', origin: site.origin('open.localhost'), count: 1 },
      { kind: 'cookie', origin: 'a.localhost', count: 1 },
      { kind: 'cookie', origin: 'open.localhost', count: 2 },
    ]),
  );
});

test('[PSP-CHO-4] what is included by its origin is looked at, though nothing points there', async () => {
  await seeded(page, 'a.localhost', 'mine');
  const target = await (await browser.newContext()).newPage();
  const origin = site.origin('quiet.localhost');
  const { driver, asked } = await watched(target);
  const { document } = await captureState(driver, { ...named, choices: [{ include: [origin] }] });
  await driver.close();
  expect([...asked.keys()]).toEqual([origin]);
  expect(document.origins.map((state) => state.origin)).toEqual([origin]);
  expect(document.losses).toEqual([]);
});

test('[PSP-CHO-5] a restore leaves alone what was not chosen: at the capture, and now', async () => {
  for (const host of ['b.localhost', 'a.localhost']) await seeded(page, host, 'new');
  const source = await openPlaywrightDriver(page, 30_000);
  const captured = await captureState(source, {
    ...named,
    choices: [{ exclude: ['cookie:theme', 'indexedDB:ads/*'] }],
  });
  await source.close();

  const target = await (await browser.newContext()).newPage();
  for (const host of ['b.localhost', 'c.localhost', 'a.localhost']) await seeded(target, host, 'old');
  const { driver, asked } = await watched(target);
  const exclude = ['b.localhost', 'localStorage:theme', 'indexedDB:app/log', 'sessionStorage'];
  const report = await restoreState(driver, captured, { exclude });
  await driver.close();
  expect(report).toMatchObject({ losses: [], done: ['1 cookies', site.origin('a.localhost'), expect.any(String)] });
  expect(report.skipped).toContainEqual({ kind: 'origin', origin: site.origin('b.localhost'), count: 1 });
  expect([...asked.keys()]).toEqual([site.origin('a.localhost')]);
  expect(await shown(target, 'a.localhost')).toEqual({
    local: { token: 'new', theme: 'old' },
    session: { step: 'old' },
    cookies: ['sid=new', 'theme=old'],
    app: ['app', 'new', 'old'],
    ads: ['ads', 'old', 'old'],
  });
  const old = {
    local: { token: 'old', theme: 'old' },
    session: { step: 'old' },
    cookies: ['sid=old', 'theme=old'],
    app: ['app', 'old', 'old'],
    ads: ['ads', 'old', 'old'],
  };
  for (const host of ['b.localhost', 'c.localhost']) expect(await shown(target, host)).toEqual(old);
});

test('[PSP-CHO-5] a database of another shape that holds a store which was not chosen stays, and is a loss', async () => {
  await seeded(page, 'a.localhost', 'new', 2);
  const source = await openPlaywrightDriver(page, 30_000);
  const captured = await captureState(source, named);
  await source.close();
  const target = await (await browser.newContext()).newPage();
  await seeded(target, 'a.localhost', 'old', 1);
  const driver = await openPlaywrightDriver(target, 30_000);
  const report = await restoreState(driver, captured, { include: ['indexedDB'], exclude: ['indexedDB:app/log'] });
  await driver.close();
  expect(report.losses).toEqual([expect.objectContaining({ code: 'database-failed', item: 'app' })]);
  expect(await shown(target, 'a.localhost')).toMatchObject({
    local: { token: 'old' },
    app: ['app', 'old', 'old'],
    ads: ['ads', 'new', 'new'],
  });
});

test('[PSP-CHO-6] a restore leaves alone what the capture left out for its size, by item, store and file', async () => {
  const enlarge = `(async () => {
    localStorage.setItem('theme', 'x'.repeat(2000));
    const db = await new Promise((done) => { const open = indexedDB.open('app'); open.onsuccess = () => done(open.result); });
    const work = db.transaction('log', 'readwrite');
    work.objectStore('log').put('x'.repeat(2000), 'key');
    await new Promise((done) => (work.oncomplete = done));
    db.close();
  })()`;
  const write = (of: string, files: Record<string, number>): string => `(async () => {
    const root = await navigator.storage.getDirectory();
    for (const [path, size] of ${JSON.stringify(Object.entries(files))}) {
      const folder = await root.getDirectoryHandle(path.split('/')[0], { create: true });
      const file = await folder.getFileHandle(path.split('/')[1], { create: true });
      const stream = await file.createWritable();
      await stream.write('${of}'.repeat(size));
      await stream.close();
    }
  })()`;
  const files = `(async () => {
    const found = {};
    for await (const folder of (await navigator.storage.getDirectory()).values())
      for await (const file of folder.values())
        found[folder.name + '/' + file.name] = await (await file.getFile()).text();
    return found;
  })()`;
  await seeded(page, 'a.localhost', 'new');
  await page.evaluate(enlarge);
  await page.evaluate(write('new', { 'docs/large': 2000, 'docs/small': 1 }));
  const source = await openPlaywrightDriver(page, 30_000);
  const captured = await captureState(source, {
    ...named,
    maxBytes: { localStorage: 1000, indexedDB: 1000, file: 1000 },
  });
  await source.close();
  const lost = captured.document.losses.filter(({ code }) => code === 'larger-than-allowed');
  expect(lost.map(({ kind, item }) => `${kind} ${item}`).sort()).toEqual([
    'file docs/large',
    'indexedDB app/log',
    'localStorage theme',
  ]);

  const target = await (await browser.newContext()).newPage();
  await seeded(target, 'a.localhost', 'old');
  await target.evaluate(write('old', { 'docs/large': 1, 'docs/small': 1, 'docs/other': 1, 'gone/other': 1 }));
  const driver = await openPlaywrightDriver(target, 30_000);
  const report = await restoreState(driver, captured, {});
  await driver.close();
  expect(report.losses).toEqual([]);
  expect(await shown(target, 'a.localhost')).toMatchObject({
    local: { token: 'new', theme: 'old' },
    app: ['app', 'new', 'old'],
    ads: ['ads', 'new', 'new'],
  });
  expect(await target.evaluate(files)).toEqual({ 'docs/large': 'old', 'docs/small': 'new' });
});
