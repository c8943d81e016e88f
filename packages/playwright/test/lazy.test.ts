/** Restores at the speed `lazy`: whatever way leads to a site, its storage is there before its first script, and written once. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Archive, openKeySource, openStore, splitRecords, type RestoreReport, type Session } from '@psp/core';
import { newSessionId, type OriginState, type SessionDocument } from '@psp/protocol';
import type { Browser, BrowserContext, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startSite, type TestSite } from '../../core/test/support/site.js';
import type { PlaywrightPage } from '../src/adapter.js';
import { PlaywrightAdapter } from '../src/index.js';
import { launch } from './fixture.js';

let site: TestSite;
let folder: string;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let session: Session<PlaywrightPage>;

/** Its first script notes what it found, and renews the token as sites do. */
const PROBE = `<script>
const found = localStorage.getItem('token');
document.title = String(found);
localStorage.setItem('token', found + '!');
</script>`;
/** A frame tells its parent what it found. */
const TELL = '<script>parent.postMessage(localStorage.getItem("token"), "*")</script>';
const HOSTS = ['a', 'b', 'c', 'd', 'e'];

beforeAll(async () => {
  site = await startSite();
  site.serve('/probe', PROBE);
  site.serve('/tell', TELL);
  browser = await launch();
  folder = await mkdtemp(join(tmpdir(), 'psp-test-'));
});
afterAll(async () => {
  await browser.close();
  await site.close();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  context = await browser.newContext();
  page = await context.newPage();
});
afterEach(async () => {
  await session.close();
  await context.close();
});

const origin = (host: string): string => site.origin(`${host}.localhost`);

function stateOf(host: string): OriginState {
  const store = { name: 's', keyPath: null, autoIncrement: true, indexes: [], records: [{ key: 1, value: host }] };
  const indexedDB = [{ name: 'd', version: 3, stores: [store] }];
  return { origin: origin(host), localStorage: [{ name: 'token', value: `of ${host}` }], indexedDB };
}

async function load(fields: Partial<SessionDocument> = {}): Promise<Session<PlaywrightPage>> {
  const options = { storage: `file:${folder}/store`, keyFile: join(folder, 'key'), onNotice: () => undefined };
  const document: SessionDocument = {
    format: 'psp-session',
    version: 1,
    id: newSessionId(),
    name: 'lazy',
    tags: [],
    capturedAt: new Date().toISOString(),
    cookies: [],
    origins: HOSTS.map(stateOf),
    tabs: [],
    losses: [],
    ...fields,
  };
  const archive = new Archive(await openStore(options.storage), openKeySource(options));
  await archive.save(splitRecords(document, { maxBytes: 1_000_000 }));
  return (session = await new PlaywrightAdapter(options).loadSession(document.id));
}

async function restoreLazily(fields?: Partial<SessionDocument>): Promise<RestoreReport> {
  return (await load(fields)).restore(page, { speed: 'lazy' });
}

/** What an origin holds, asked in a tab of its own. */
async function held(host: string): Promise<unknown> {
  const tab = await context.newPage();
  await tab.goto(`${origin(host)}/`);
  const value = await tab.evaluate(`new Promise((done) => {
    const open = indexedDB.open('d');
    open.onsuccess = () => {
      if (open.result.version !== 3) return done('no database');
      open.result.transaction('s').objectStore('s').get(1).onsuccess = ({ target }) => {
        open.result.close();
        done(localStorage.getItem('token') + ', ' + target.result);
      };
    };
  })`);
  await tab.close();
  return value;
}

describe('a lazy restore', () => {
  test('[PSP-TRAP-12] [PSP-RES-7] has the storage there before the first script of a site, and the rest after settle', async () => {
    const asked = site.requests.length;
    expect(await restoreLazily()).toMatchObject({ done: ['0 cookies'], pending: HOSTS.map(origin), notDone: [] });
    expect(site.requests).toHaveLength(asked);
    const opened: string[] = [];
    context.on('page', (other) => opened.push(other.url()));
    expect((await page.goto(`${origin('a')}/probe`))?.status()).toBe(200);
    expect(await page.title()).toBe('of a');
    expect(await held('b')).toBe('of b, b');
    expect(opened).toHaveLength(1);
    const settled = await session.settle();
    expect(settled).toMatchObject({ pending: [], notDone: [], losses: [] });
    expect(settled.done.toSorted()).toEqual(['0 cookies', ...HOSTS.map(origin)]);
    expect(await Promise.all(['c', 'd', 'e'].map(held))).toEqual(['of c, c', 'of d, d', 'of e, e']);
    expect(site.requests.slice(asked).filter((request) => request.endsWith('/probe'))).toHaveLength(1);
  });

  test('[PSP-TRAP-12] [PSP-RES-7] never writes over what the site has renewed, however many tabs ask at once', async () => {
    await restoreLazily();
    const tabs = [page, await context.newPage(), await context.newPage()];
    await Promise.all(tabs.map((tab) => tab.goto(`${origin('a')}/probe`)));
    const titles = await Promise.all(tabs.map((tab) => tab.title()));
    // Tabs hear of each other's items in their own time.
    expect(titles).toContain('of a');
    expect(titles.filter((title) => !title.startsWith('of a'))).toEqual([]);
    await session.settle();
    await page.goto(`${origin('a')}/probe`);
    expect(await page.title()).toMatch(/^of a!+$/);
  });

  test('holds popups, frames of other origins and redirects', async () => {
    await restoreLazily();
    await page.goto(`${origin('up.c')}/`);
    for (const [host, features] of [
      ['a', ''],
      ['b', 'noopener'],
    ]) {
      const popup = context.waitForEvent('page');
      await page.evaluate(`void open('${origin(host ?? '')}/probe', '', '${features}')`);
      await (await popup).waitForLoadState();
      expect(await (await popup).title()).toBe(`of ${host}`);
    }
    // Of the same site: Playwright denies storage to frames below others.
    const told = `new Promise((done) => {
      addEventListener('message', ({ data }) => done(data), { once: true });
      document.body.append(Object.assign(document.createElement('iframe'), { src: '${origin('c')}/tell' }));
    })`;
    expect(await page.evaluate(told)).toBe('of c');
    site.serve('/away', '', { location: `${origin('e')}/probe` }, 302);
    await page.goto(`${origin('d')}/away`);
    expect(page.url()).toBe(`${origin('e')}/probe`);
    expect(await page.title()).toBe('of e');
    expect(await held('d')).toBe('of d, d');
    expect((await session.settle()).losses).toEqual([]);
  });

  test('holds what the user’s own interception answers, and leaves that its answers', async () => {
    await restoreLazily();
    const body = { body: PROBE, contentType: 'text/html' };
    await page.route('**/mocked', (route) => route.fulfill(body));
    await page.goto(`${origin('a')}/mocked`);
    expect(await page.title()).toBe('of a');
    const tab = await context.newPage();
    await context.route('**/probe', (route) => route.continue());
    await tab.goto(`${origin('b')}/probe`);
    expect(await tab.title()).toBe('of b');
    await tab.route('https://no.example/**', (route) => route.fulfill(body));
    await tab.goto('https://no.example/');
    expect(await tab.title()).toBe('null');
  });

  test('writes at once what no request announces: open pages, entries of histories, sites with a service worker', async () => {
    await page.goto(`${origin('a')}/`);
    await page.goto('about:blank');
    const closed = await context.newPage();
    await closed.goto(`${origin('b')}/worker`);
    expect(await closed.evaluate('window.worker')).toBe('active');
    await closed.close();
    const framing = await context.newPage();
    await framing.setContent(`<iframe src="${origin('c')}/"></iframe>`);
    await framing.frameLocator('iframe').locator('title').waitFor({ state: 'attached' });
    const { done, pending } = await restoreLazily();
    expect(done.toSorted()).toEqual(['0 cookies', ...['a', 'b', 'c'].map(origin)]);
    expect(pending).toEqual(['d', 'e'].map(origin));
  });

  test('close writes what is left, and a site that does not answer costs nothing', async () => {
    const unreachable = 'http://dead.localhost:4';
    await restoreLazily({ origins: [...HOSTS.map(stateOf), { ...stateOf('a'), origin: unreachable }] });
    const lost = await context.newPage();
    await expect(lost.goto(`${unreachable}/`)).rejects.toThrow('ERR_CONNECTION_REFUSED');
    const going = page.goto(`${origin('a')}/probe`);
    await session.close();
    await going;
    expect(await page.title()).toBe('of a');
    expect(await Promise.all(['b', 'e'].map(held))).toEqual(['of b, b', 'of e, e']);
  });

  test('capture writes what is left first', async () => {
    await restoreLazily();
    expect(await session.capture()).toMatchObject({ version: 2, counts: { localStorage: 5, records: 5 } });
  });

  test('other contexts of the browser are left alone, and cost nothing', async () => {
    const steps: string[] = [];
    await (await load()).restore(page, { speed: 'lazy', onProgress: ({ step }) => steps.push(step) });
    const other = await browser.newContext();
    const tab = await other.newPage();
    await tab.goto(`${origin('a')}/probe`);
    expect(await tab.title()).toBe('null');
    await other.close();
    expect(steps).not.toContain('origins');
    expect((await session.settle()).done).toHaveLength(6);
    expect(await held('a')).toBe('of a, a');
  });

  test('a browser that is gone ends it: settle says what was not written, and close throws nothing', async () => {
    await restoreLazily();
    await context.close();
    const error = await session.settle().then(
      () => undefined,
      (reason: unknown) => reason as { report: RestoreReport },
    );
    expect(error).toMatchObject({ code: 'RESTORE_INCOMPLETE', cause: { code: 'BROWSER_GONE' } });
    expect(error?.report.done).toEqual(['0 cookies']);
    expect(error?.report.notDone.toSorted()).toEqual(HOSTS.map(origin));
    await expect(session.capture()).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await session.close();
  });
});
