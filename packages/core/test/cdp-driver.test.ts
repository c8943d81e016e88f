/** The driver suite over a CDP address, beside a Playwright that drives the same browser. */
import { chromium, type Browser, type Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type WebSocket from 'ws';
import { connectCdp } from '../src/browser/cdp/connect.js';
import { CdpDriver } from '../src/browser/cdp/driver.js';
import type { TargetInfo } from '../src/browser/cdp/targets.js';
import { connectWebSocket } from '../src/browser/cdp/websocket.js';
import { CdpRefusal } from '../src/browser/cdp/transport.js';
import type { BrowserDriver } from '../src/browser/driver.js';
import { DRIVER_CASES } from '../src/testing/driver-suite.js';
import { playwrightTarget } from './support/playwright-target.js';
import { startChromium, type RawChromium } from './support/raw-chromium.js';
import { startSite, type TestSite } from './support/site.js';

let site: TestSite;
let browser: RawChromium;
let driver: BrowserDriver;

afterEach(async () => {
  await driver?.close();
  await site.close();
});

describe('the cdp driver by URL, in the profile of a browser', () => {
  let user: Browser;
  let page: Page;
  beforeAll(async () => {
    browser = await startChromium();
    user = await chromium.connectOverCDP(browser.address);
  });
  afterAll(() => browser.kill());
  beforeEach(async () => {
    // On a port of its own, so that no storage is left from the case before.
    site = await startSite();
    const [context] = user.contexts();
    if (context === undefined) throw new Error('The browser has no profile.');
    const before = context.pages();
    page = await context.newPage();
    for (const one of before) await one.close();
    await context.clearCookies();
  });

  test.each(DRIVER_CASES)('$name', async ({ run }) => {
    const target = await playwrightTarget(page);
    driver = await connectCdp(browser.address);
    const events: string[] = [];
    page.context().on('page', (opened) => events.push(opened.url()));
    await run({ driver, ...target }, site);
    expect(events.filter((url) => !url.includes('.localhost:'))).toEqual([]);
  });
});

describe('the cdp driver by URL', () => {
  beforeEach(async () => {
    [site, browser] = await Promise.all([startSite(), startChromium()]);
  });
  afterEach(() => browser.kill());

  test('stands in the way of a service worker, where the suite lets a driver refuse', async () => {
    const user = await chromium.connectOverCDP(browser.address);
    const page = user.contexts()[0]?.pages()[0];
    await page?.goto(`${site.origin('worker.localhost')}/worker`);
    expect(await page?.evaluate('window.worker')).toBe('active');
    driver = await connectCdp(browser.address);
    const helper = await driver.openHelper();
    const frame = await driver.visitBlank(helper, site.origin('worker.localhost'), { timeoutMs: 20_000 });
    const title = await driver.evaluate(helper, frame, 'async () => document.title', '', { timeoutMs: 20_000 });
    expect(title).toBe('psp');
  });

  test('[PSP-RES-7] tells of what a page fetches ahead, which no interception sees', async () => {
    const user = await chromium.connectOverCDP(browser.address);
    const page = user.contexts()[0]?.pages()[0];
    driver = await connectCdp(browser.address);
    const [ahead, rules] = [
      site.origin('ahead.localhost'),
      { source: 'list', urls: [`${site.origin('ahead.localhost')}/`] },
    ];
    const firsts: string[] = [];
    const onFirst = async (origin: string): Promise<void> => void firsts.push(origin);
    const hold = await driver.hold.hold({ origins: [ahead], onFirst, timeoutMs: 20_000 });
    const prefetch = JSON.stringify({ prefetch: [{ ...rules, eagerness: 'immediate' }] });
    site.serve('/fetches-ahead', `<script type="speculationrules">${prefetch}</script>`);
    await page?.goto(`${site.origin('a.localhost')}/fetches-ahead`);
    await expect.poll(() => firsts, { timeout: 10_000 }).toEqual([ahead]);
    await hold.end();
  });

  test('takes any origin for one with a service worker where the browser does not tell of them', async () => {
    const transport = await connectWebSocket(browser.address, { timeoutMs: 10_000 });
    const { send } = transport;
    transport.send = async (method, params, session) => {
      if (method === 'ServiceWorker.enable') throw new CdpRefusal(method, "'ServiceWorker.enable' wasn't found");
      return send.call(transport, method, params, session);
    };
    driver = await CdpDriver.open({ transport, browserContextId: undefined, timeoutMs: 10_000 });
    const origins = [site.origin('a.localhost'), site.origin('b.localhost')];
    const hold = await driver.hold.hold({ origins, onFirst: async () => undefined, timeoutMs: 10_000 });
    expect(await hold.unheld).toEqual(origins);
    await hold.end();
  });

  test('names the host of an address that does not answer, and nothing else of it', async () => {
    await browser.kill();
    const failure = connectCdp(`${browser.address}/?token=canary`, { timeoutMs: 3000 });
    await expect(failure).rejects.toMatchObject({ code: 'BROWSER_UNREACHABLE' });
    await expect(failure).rejects.toThrow(expect.objectContaining({ message: expect.not.stringContaining('canary') }));
  });

  test('refuses what is not an address', async () => {
    await expect(connectCdp('localhost:9222')).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(connectCdp(browser.address, { timeoutMs: 0 })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(connectCdp(browser.address, { browserContextId: 'NOPE' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  test('uses the context that has tabs when the default one has none, and asks when several have', async () => {
    const user = await chromium.connectOverCDP(browser.address);
    const first = await user.newContext();
    await (await first.newPage()).goto(`${site.origin('a.localhost')}/`);
    driver = await connectCdp(browser.address);
    expect((await driver.tabs()).map(({ url }) => url)).toEqual([`${site.origin('a.localhost')}/`]);
    await (await (await user.newContext()).newPage()).goto(`${site.origin('b.localhost')}/`);
    await expect(connectCdp(browser.address)).rejects.toMatchObject({ code: 'AMBIGUOUS' });
  });

  test('[PSP-CAP-1] a client that is killed leaves no helper tab behind', async () => {
    const transport = await connectWebSocket(browser.address, { timeoutMs: 10_000 });
    const killed = await CdpDriver.open({ transport, browserContextId: undefined, timeoutMs: 10_000 });
    const { id } = await killed.openHelper();
    driver = await connectCdp(browser.address);
    const witness = await connectWebSocket(browser.address, { timeoutMs: 10_000 });
    const isThere = async (): Promise<boolean> => {
      const { targetInfos } = (await witness.send('Target.getTargets', {}, undefined)) as { targetInfos: TargetInfo[] };
      return targetInfos.some(({ targetId }) => targetId === id);
    };
    expect(await isThere()).toBe(true);
    // What the system does with the socket of a process that is killed.
    (transport as unknown as { socket: WebSocket }).socket.terminate();
    await expect.poll(isThere).toBe(false);
    await witness.close();
  });

  test('sees the tabs of a browser that was started incognito', async () => {
    const url = `${site.origin('a.localhost')}/`;
    const incognito = await startChromium({ flags: ['--incognito'], url });
    try {
      await expect
        .poll(async () => {
          await driver?.close();
          driver = await connectCdp(incognito.address);
          return (await driver.tabs()).map((tab) => tab.url);
        })
        .toEqual([url]);
    } finally {
      await driver.close();
      await incognito.kill();
    }
  });

  test('rejects calls under way when the browser dies', async () => {
    driver = await connectCdp(browser.address);
    const helper = await driver.openHelper();
    const frame = await driver.visitBlank(helper, 'https://a.example', { timeoutMs: 20_000 });
    const waiting = driver.evaluate(helper, frame, 'async () => new Promise(() => {})', '', { timeoutMs: 60_000 });
    const rejected = expect(waiting).rejects.toMatchObject({ code: 'BROWSER_GONE' });
    await browser.kill();
    await rejected;
    await expect(driver.cookies()).rejects.toMatchObject({ code: 'BROWSER_GONE' });
  });
});
