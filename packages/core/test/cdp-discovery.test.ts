/** Origins that Chromium's own lists tell, in profiles and contexts that were used before. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newSessionId } from '@psp/protocol';
import { chromium, type Browser, type BrowserContext } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { connectCdp, type ConnectCdpOptions } from '../src/browser/cdp/connect.js';
import { CdpDriver } from '../src/browser/cdp/driver.js';
import { CdpRefusal, type CdpTransport } from '../src/browser/cdp/transport.js';
import { connectWebSocket } from '../src/browser/cdp/websocket.js';
import type { BrowserDriver } from '../src/browser/driver.js';
import { captureState } from '../src/capture.js';
import { startChromium, type RawChromium } from './support/raw-chromium.js';
import { startSite, type TestSite } from './support/site.js';

const TIMEOUT = { timeoutMs: 10_000 };
const KEEP_ITEM = 'localStorage.setItem("k", "v")';
const KEEP_DATABASE = `new Promise((done) => {
  const request = indexedDB.open('d', 1);
  request.onupgradeneeded = () => request.result.createObjectStore('s');
  request.onsuccess = () => { request.result.close(); done(); };
})`;

let site: TestSite;
let profile: string;
let browser: RawChromium;
let user: Browser;
let driver: BrowserDriver | undefined;

beforeAll(async () => {
  site = await startSite();
});
afterAll(() => site.close());
beforeEach(async () => {
  profile = await mkdtemp(join(tmpdir(), 'psp-test-profile-'));
  await start();
});
afterEach(async () => {
  await driver?.close();
  await browser.kill();
  await rm(profile, { recursive: true, force: true });
});

async function start(): Promise<void> {
  browser = await startChromium({ profile });
  user = await chromium.connectOverCDP(browser.address);
}

const defaultContext = (): BrowserContext => user.contexts()[0] as BrowserContext;

/** Each in a tab of its own, which is closed: nothing but the lists can tell. */
async function use(context: BrowserContext, host: string, keep: string): Promise<void> {
  const page = await context.newPage();
  await page.goto(`${site.origin(host)}/`);
  await page.evaluate(keep);
  await page.close();
}

async function attach(options: ConnectCdpOptions = {}): Promise<BrowserDriver> {
  driver = await connectCdp(browser.address, options);
  return driver;
}

/** All targets, hidden ones too, past the driver. The browser answers that it closes one before it is gone. */
async function targets(): Promise<{ type: string; url: string }[]> {
  const session = await user.newBrowserCDPSession();
  const { targetInfos } = await session.send('Target.getTargets');
  await session.detach();
  return targetInfos;
}

async function idOf(context: BrowserContext): Promise<string> {
  const session = await context.newCDPSession(context.pages()[0] ?? (await context.newPage()));
  const { targetInfo } = await session.send('Target.getTargetInfo');
  return targetInfo.browserContextId ?? '';
}

describe('a profile that was used before', () => {
  test('[PSP-TRAP-23] [PSP-CAP-2] [PSP-CAP-7] a capture after a restart finds origins with localStorage or a database alone, and visits none', async () => {
    await use(defaultContext(), 'item.localhost', KEEP_ITEM);
    await use(defaultContext(), 'database.localhost', KEEP_DATABASE);
    await (await user.newBrowserCDPSession()).send('Browser.close');
    await browser.ended();
    await start();
    const events: string[] = [];
    defaultContext().on('page', (page) => events.push(page.url()));
    const asked = site.requests.length;
    const { document } = await captureState(await attach(), { id: newSessionId(), name: 'after a restart' });
    expect(document.origins).toMatchObject([
      { origin: site.origin('database.localhost'), localStorage: [], indexedDB: [{ name: 'd' }] },
      { origin: site.origin('item.localhost'), localStorage: [{ name: 'k', value: 'v' }], indexedDB: [] },
    ]);
    expect(document.losses).toMatchObject([
      { code: 'origins-may-be-missing', detail: expect.stringContaining('localStorage') },
    ]);
    expect(site.requests.length).toBe(asked);
    expect(events).toEqual([]);
    await expect.poll(async () => (await targets()).filter(({ url }) => /quota|engagement|psp/.test(url))).toEqual([]);
  });

  test('lists are asked for once; what came later was seen', async () => {
    const attached = await attach();
    expect(await attached.discoverOrigins(TIMEOUT)).toEqual({ origins: [], places: [], missing: undefined });
    await use(defaultContext(), 'later.localhost', KEEP_DATABASE);
    expect(await attached.discoverOrigins(TIMEOUT)).toEqual({ origins: [], places: [], missing: undefined });
    expect(attached.visited()).toContain(site.origin('later.localhost'));
  });
});

describe('a context that a client made', () => {
  test('tells its own databases, not those of the profile, nor what the user opened there', async () => {
    await use(defaultContext(), 'other.localhost', KEEP_DATABASE);
    const context = await user.newContext();
    await use(context, 'item.localhost', KEEP_ITEM);
    await use(context, 'database.localhost', KEEP_DATABASE);
    const attached = await attach({ browserContextId: await idOf(context) });
    expect(await attached.discoverOrigins(TIMEOUT)).toEqual({
      origins: [site.origin('database.localhost')],
      places: [],
      missing: expect.stringContaining('localStorage'),
    });
  });

  test('is complete when it was fresh, and says so after its pages were used', async () => {
    const context = await user.newContext();
    const attached = await attach({ browserContextId: await idOf(context) });
    await use(context, 'item.localhost', KEEP_ITEM);
    await use(context, 'database.localhost', KEEP_DATABASE);
    const { missing } = await attached.discoverOrigins(TIMEOUT);
    expect(missing).toBeUndefined();
    expect(attached.visited().toSorted()).toEqual(['database', 'item'].map((name) => site.origin(`${name}.localhost`)));
  });

  test.each([
    [
      'a cookie',
      (context: BrowserContext) => context.addCookies([{ name: 'c', value: 'v', url: 'https://a.example' }]),
    ],
    [
      'a tab that was elsewhere',
      async (context: BrowserContext) => {
        const page = await context.newPage();
        await page.goto(`${site.origin('item.localhost')}/`);
        await page.goto('about:blank');
      },
    ],
  ])('is not complete when it had %s', async (_, use) => {
    const context = await user.newContext();
    await use(context);
    const attached = await attach({ browserContextId: await idOf(context) });
    expect((await attached.discoverOrigins(TIMEOUT)).missing).toContain('localStorage');
  });
});

test.each(['quota-internals', 'site-engagement'])(
  'a browser without chrome://%s is asked for the rest, and it is said',
  async (page) => {
    await use(defaultContext(), 'database.localhost', KEEP_DATABASE);
    const transport = await connectWebSocket(browser.address, TIMEOUT);
    const lacking: CdpTransport = {
      framework: 'cdp',
      send: (method, params, sessionId) => {
        const isIt = 'url' in params && String(params.url).includes(page);
        return transport.send(method, isIt ? { url: 'chrome://no-such-page/' } : params, sessionId);
      },
      flatten: transport.flatten,
      onEvent: (listener) => transport.onEvent(listener),
      close: () => transport.close(),
    };
    driver = await CdpDriver.open({ transport: lacking, browserContextId: undefined, ...TIMEOUT });
    const { origins, missing } = await driver.discoverOrigins(TIMEOUT);
    expect(origins).toEqual(page === 'quota-internals' ? [] : [site.origin('database.localhost')]);
    expect(missing).toContain(`chrome://${page}/ is not there`);
    await expect
      .poll(async () => (await targets()).filter(({ url }) => /quota|engagement|no-such/.test(url)))
      .toEqual([]);
  },
);

test('lists that take too long are given up, asked for again later, and leave no tab', async () => {
  const attached = await attach();
  await expect(attached.discoverOrigins({ timeoutMs: 1 })).rejects.toMatchObject({ code: 'TIMEOUT' });
  expect(await attached.discoverOrigins(TIMEOUT)).toEqual({ origins: [], places: [], missing: undefined });
  await attached.close();
  await expect.poll(async () => (await targets()).filter(({ url }) => /quota|engagement/.test(url))).toEqual([]);
});

test('a driver that closes while the lists are asked for leaves no tab', async () => {
  const attached = await attach();
  const asking = attached.discoverOrigins(TIMEOUT).catch((error: { code: string }) => error.code);
  await attached.close();
  await asking;
  await expect
    .poll(async () => (await targets()).filter(({ type, url }) => type === 'other' && !url.startsWith('chrome-')))
    .toEqual([]);
});

test('a helper tab on its way while the driver closes is closed too, where the browser has no hidden ones', async () => {
  const before = (await targets()).filter(({ type }) => type === 'page');
  const transport = await connectWebSocket(browser.address, TIMEOUT);
  let closing: Promise<void> | undefined;
  const old: CdpTransport = {
    framework: 'cdp',
    send: (method, params, sessionId) => {
      if ('hidden' in params) return Promise.reject(new CdpRefusal(method, 'Invalid parameters'));
      const answer = transport.send(method, params, sessionId);
      // Once the call is under way.
      if (method === 'Target.createTarget') closing = Promise.resolve().then(() => driver?.close());
      return answer;
    },
    flatten: transport.flatten,
    onEvent: (listener) => transport.onEvent(listener),
    close: () => transport.close(),
  };
  driver = await CdpDriver.open({ transport: old, browserContextId: undefined, ...TIMEOUT });
  await driver.openHelper();
  await closing;
  // The browser answers before the tab has gone.
  await expect.poll(async () => (await targets()).filter(({ type }) => type === 'page')).toEqual(before);
});
