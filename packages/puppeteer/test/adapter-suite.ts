/** What a user of the adapter sees: a login that moves from one browser to another, and a browser that is not disturbed. Defines the tests. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, BrowserContext, Page } from 'puppeteer-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DESCRIBE, SEED } from '../../core/test/support/login.js';
import { startSite, type TestSite } from '../../core/test/support/site.js';
import { PuppeteerAdapter } from '../src/index.js';
import type { Kind } from './support.js';

let folder: string;
let adapter: PuppeteerAdapter;
let site: TestSite;
let browser: Browser;
let context: BrowserContext;
let page: Page;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'psp-test-'));
  adapter = newAdapter();
});
afterEach(() => rm(folder, { recursive: true, maxRetries: 10 }));

function newAdapter(): PuppeteerAdapter {
  return new PuppeteerAdapter({
    storage: `file:${folder}/store`,
    keyFile: join(folder, 'key'),
    onNotice: () => undefined,
  });
}

/** The whole of it, or only that a login moves. */
export function describeAdapter(kind: Kind, { whole }: { whole: boolean }): void {
  describe(`capture and restore: ${kind.name}`, () => {
    useBrowser(kind);
    defineMove(kind);
    if (whole) defineQuiet(kind);
  });
}

function useBrowser(kind: Kind): void {
  beforeAll(async () => {
    site = await startSite();
    if (kind.missing === undefined) browser = await kind.launch();
  });
  afterAll(async () => {
    if (kind.missing === undefined) await browser.close();
    await site.close();
  });
  beforeEach(async (test) => {
    if (kind.missing !== undefined) test.skip(kind.missing);
    context = await browser.createBrowserContext();
    page = await context.newPage();
  });
  afterEach(async () => {
    if (kind.missing === undefined) await context.close();
  });
}

function defineMove(kind: Kind): void {
  test('[PSP-RES-1] another browser process has every kind of state', async () => {
    const session = await adapter.createSession(page, { name: 'everything' });
    await page.goto(`${site.origin('app.localhost')}/`);
    await page.evaluate(SEED);
    const login = await page.evaluate(DESCRIBE);
    const report = await session.capture();
    expect(report.counts).toMatchObject({ cookies: 1, localStorage: 1, sessionStorage: 1, records: 1, tabs: 1 });
    await session.close();

    const other = await kind.launch();
    try {
      const target = await (await other.createBrowserContext()).newPage();
      const saved = await newAdapter().loadSession(session.getId());
      const restored = await saved.restore(target);
      expect(restored.notDone).toEqual([]);
      await target.goto(`${site.origin('app.localhost')}/`);
      expect(await target.evaluate(DESCRIBE)).toBe(login);
      await saved.close();
    } finally {
      await other.close();
    }
  });
}

function defineQuiet(kind: Kind): void {
  test('[PSP-CAP-1] a capture is no event in the listeners of the user, and Puppeteer works on after it', async () => {
    await page.goto(`${site.origin('a.localhost')}/`);
    await page.evaluate(SEED);
    const session = await adapter.createSession(page, { name: 'quiet', origins: ['https://elsewhere.example'] });
    const heard = listen(browser, context, page);
    const requests = site.requests.length;
    await session.capture();
    await session.close();
    // What came too late would be noise in the next test.
    await sleep(300);
    // A browser without hidden tabs shows the helper as a target, yet nothing happens in the user's own tab.
    expect(heard.filter((event) => kind.name !== 'Firefox' || event.startsWith('page '))).toEqual([]);
    expect(site.requests.length).toBe(requests);
    expect((await context.pages()).length).toBe(1);

    await page.setRequestInterception(true);
    page.once('request', (request) => void request.respond({ body: '<title>answered by the user</title>' }));
    await page.goto(`${site.origin('a.localhost')}/`);
    expect(await page.title()).toBe('answered by the user');
    const popup = await context.newPage();
    await popup.goto(`${site.origin('b.localhost')}/`);
    expect(await popup.title()).toBe('a page');
    await popup.close();
  });

  test('[PSP-CAP-1] a restore opens no tab, and leaves what the user intercepts alone', async () => {
    await page.goto(`${site.origin('app.localhost')}/`);
    await page.evaluate(SEED);
    const login = await page.evaluate(DESCRIBE);
    const session = await adapter.createSession(page, { name: 'intercepted' });
    await session.capture();
    await session.close();

    const other = await browser.createBrowserContext();
    const target = await other.newPage();
    await target.setRequestInterception(true);
    const intercepted: string[] = [];
    target.on('request', (request) => {
      intercepted.push(request.url());
      void request.continue();
    });
    const opened: string[] = [];
    other.on('targetcreated', (made) => opened.push(made.type()));
    const saved = await adapter.loadSession(session.getId());
    expect((await saved.restore(target)).notDone).toEqual([]);
    await saved.close();
    if (kind.name !== 'Firefox') expect(opened).toEqual([]);
    expect((await other.pages()).length).toBe(1);
    intercepted.length = 0;
    await target.goto(`${site.origin('app.localhost')}/`);
    expect(await target.evaluate(DESCRIBE)).toBe(login);
    expect(intercepted).toContain(`${site.origin('app.localhost')}/`);
    await other.close();
  });

  test('captures again over the same page, tab after tab', async () => {
    const session = await adapter.createSession(page, { name: 'again' });
    for (const host of ['one.localhost', 'two.localhost']) {
      await page.goto(`${site.origin(host)}/`);
      await page.evaluate('localStorage.setItem("k", "v")');
      await session.capture();
    }
    expect((await session.capture()).counts).toMatchObject({ localStorage: 2 });
    await session.close();
  });

  test('a closed page is refused at once', async () => {
    await page.close();
    await expect(adapter.createSession(page, { name: 'closed' })).rejects.toMatchObject({ code: 'BROWSER_GONE' });
  });

  test('a browser that Puppeteer let go of is refused', async () => {
    const own = await kind.launch({ userDataDir: join(folder, 'profile') });
    const ended = once(own.process() as ChildProcess, 'exit');
    try {
      const first = await own.newPage();
      const session = await adapter.createSession(first, { name: 'let go' });
      await own.disconnect();
      await expect(adapter.createSession(first, { name: 'again' })).rejects.toMatchObject({ code: 'BROWSER_GONE' });
      await expect(session.capture()).rejects.toMatchObject({ code: 'BROWSER_GONE' });
      await session.close();
    } finally {
      own.process()?.kill();
      await ended;
    }
  });
}

/** Everything that Puppeteer tells a user. */
function listen(browser: Browser, context: BrowserContext, page: Page): string[] {
  const heard: string[] = [];
  for (const name of ['targetcreated', 'targetchanged', 'targetdestroyed'] as const) {
    browser.on(name, (target) => heard.push(`browser ${name} ${target.type()}`));
    context.on(name, (target) => heard.push(`context ${name} ${target.type()}`));
  }
  const pageEvents = ['console', 'dialog', 'domcontentloaded', 'error', 'frameattached', 'framedetached'] as const;
  const moreEvents = ['framenavigated', 'load', 'popup', 'request', 'requestfinished', 'workercreated'] as const;
  for (const name of [...pageEvents, ...moreEvents]) page.on(name, () => heard.push(`page ${name}`));
  return heard;
}
