/** What goes wrong between us and a Firefox over WebDriver BiDi, and what is left in the browser afterwards. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startFirefox } from '../../../matrix/browsers/firefox.mjs';
import { connectBidi } from '../src/browser/bidi/connect.js';
import { openBidi } from '../src/browser/bidi/open.js';
import type { BidiTransport } from '../src/browser/bidi/transport.js';
import { connectBidiSocket } from '../src/browser/bidi/websocket.js';
import type { BrowserDriver, Frame, Tab } from '../src/browser/driver.js';
import { BidiUser } from './support/bidi-user.js';
import { startSite, type TestSite } from './support/site.js';

const TIMEOUT = { timeoutMs: 20_000 };

let site: TestSite;
let browser: Awaited<ReturnType<typeof startFirefox>>;
const open: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  site = await startSite();
  browser = await startFirefox();
});
afterAll(async () => {
  await browser?.kill();
  await site.close();
});
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

/** Closed after the test, whatever becomes of it: a session left open keeps everybody else out. */
function closing<T extends { close(): Promise<void> }>(opened: T): T {
  open.unshift(opened);
  return opened;
}

const connect = async (): Promise<BrowserDriver> => closing(await connectBidi(browser.address, { timeoutMs: 60_000 }));
const beginSession = async (): Promise<BidiTransport> =>
  closing(await connectBidiSocket(browser.address, { timeoutMs: 60_000 }));

async function withUser(): Promise<{ driver: BrowserDriver; user: BidiUser; tab: Tab }> {
  const user = await BidiUser.inNewContext(await beginSession());
  const driver = closing(await openBidi({ transport: user.shared, primaryContext: user.context, ...TIMEOUT }));
  return { driver, user, tab: (await driver.tabs())[0] as Tab };
}

describe('an address', () => {
  test('that does not answer is named by its host, and by nothing else of it', async () => {
    const failure = connectBidi('ws://127.0.0.1:9/session?token=canary', { timeoutMs: 5000 });
    await expect(failure).rejects.toMatchObject({ code: 'BROWSER_UNREACHABLE' });
    await expect(failure).rejects.toThrow(expect.objectContaining({ message: expect.not.stringContaining('canary') }));
    await expect(failure).rejects.toThrow('127.0.0.1:9');
  });

  test('that is none, a wrong time limit and an unknown user context are refused', async () => {
    for (const url of ['localhost:9222', 'http://127.0.0.1:9222', '']) {
      await expect(connectBidi(url)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    }
    await expect(connectBidi(browser.address, { timeoutMs: 0 })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(connectBidi(browser.address, { userContext: 'nope' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(connectBidi(`${browser.address}/session/nope`)).rejects.toMatchObject({
      code: 'BROWSER_UNREACHABLE',
    });
  });
});

describe('a session', () => {
  test('keeps a second client out, who is told what to do, until it ends', async () => {
    const first = await connect();
    await expect(connectBidi(browser.address)).rejects.toMatchObject({
      code: 'BROWSER_BUSY',
      message: expect.stringMatching(/Close the program|restart|join the session/),
    });
    // The refused client left the first alone.
    await expect(first.cookies()).resolves.toBeDefined();
    await first.close();
    await (await connect()).cookies();
  });

  test('is ended after an error too, so that the next client gets in', async () => {
    await expect(connectBidi(browser.address, { userContext: 'nope' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await (await connect()).cookies();
  });

  test('leaves the dialogs of the browser to its user', async () => {
    const session = await beginSession();
    expect(session.capabilities['unhandledPromptBehavior']).toEqual({ default: 'ignore' });
  });

  test('of somebody else goes on when we leave, without our subscriptions, and without our interceptions', async () => {
    const { driver, user, tab } = await withUser();
    const url = `${site.origin('a.localhost')}/`;
    await user.goto(url);
    const helper = await driver.openHelper();
    await driver.visitBlank(helper, 'https://helper.example', TIMEOUT);
    await driver.visitBlank(tab, 'https://a.example', TIMEOUT);
    await driver.release(tab, url, TIMEOUT);
    await driver.close();
    const events: string[] = [];
    const off = user.transport.onEvent(({ method }) => events.push(method));
    await user.goto(`${site.origin('b.localhost')}/`);
    await user.evaluate('fetch("/").then(() => "answered")');
    off();
    expect(events).toEqual([]);
  });
});

describe('a blank page', () => {
  const SOURCE = 'async () => JSON.stringify([document.scripts.length, localStorage.getItem("ran")])';
  const ask = (driver: BrowserDriver, tab: Tab, frame: Frame): Promise<string> =>
    driver.evaluate(tab, frame, SOURCE, '', TIMEOUT);

  test('stands in spite of a service worker that answers with a page of its own, none of which runs', async () => {
    const { driver, user } = await withUser();
    const origin = site.origin('worker.localhost');
    await user.goto(`${origin}/worker`);
    expect(await user.evaluate('window.worker')).toBe('active');
    const helper = await driver.openHelper();
    const frame = await driver.visitBlank(helper, origin, TIMEOUT);
    expect(JSON.parse(await ask(driver, helper, frame))).toEqual([0, null]);
    // And of the next origin, which has no worker.
    const next = await driver.visitBlank(helper, site.origin('b.localhost'), TIMEOUT);
    expect(JSON.parse(await ask(driver, helper, next))).toEqual([1, null]);
    expect(site.requests.filter((request) => request.includes('__psp_blank__'))).toEqual([]);
  });

  test('that Firefox will not open is told, and the tab is not left on it', async () => {
    const { driver } = await withUser();
    const helper = await driver.openHelper();
    await expect(driver.visitBlank(helper, 'http://never.example:1', TIMEOUT)).rejects.toMatchObject({
      code: 'BROWSER_UNREACHABLE',
    });
    expect((await driver.visitBlank(helper, 'http://never.example', TIMEOUT)).origin).toBe('http://never.example');
  });

  test('gives way to no document: the tab goes to about:blank, and that is told', async () => {
    const { driver, user, tab } = await withUser();
    site.serve('/file', 'text', { 'content-disposition': 'attachment; filename=file.txt' });
    await driver.visitBlank(tab, site.origin('a.localhost'), TIMEOUT);
    await expect(driver.release(tab, `${site.origin('a.localhost')}/file`, TIMEOUT)).rejects.toMatchObject({
      code: 'BROWSER_UNREACHABLE',
    });
    expect(await user.evaluate('location.href')).toBe('about:blank');
  });

  test('replaces a page that would rather be asked first', async () => {
    const { driver, user, tab } = await withUser();
    await user.goto(`${site.origin('a.localhost')}/`);
    const click = [
      { type: 'pointerMove', x: 5, y: 5 },
      { type: 'pointerDown', button: 0 },
      { type: 'pointerUp', button: 0 },
    ];
    const actions = [{ type: 'pointer', id: 'mouse', actions: click }];
    await user.transport.send('input.performActions', { context: user.context, actions });
    await user.evaluate('void addEventListener("beforeunload", (event) => event.preventDefault())');
    const origin = site.origin('b.localhost');
    expect((await driver.visitBlank(tab, origin, TIMEOUT)).origin).toBe(origin);
  });
});

describe('code in a page', () => {
  test('ends when the page goes elsewhere', async () => {
    const { driver, user, tab } = await withUser();
    await user.goto(`${site.origin('a.localhost')}/`);
    const [frame] = await driver.frames(tab, TIMEOUT);
    const waiting = driver.evaluate(tab, frame as Frame, 'async () => new Promise(() => {})', '', {
      timeoutMs: 60_000,
    });
    const rejected = expect(waiting).rejects.toMatchObject({ code: 'BROWSER_GONE' });
    await user.goto(`${site.origin('b.localhost')}/`);
    await rejected;
  });

  test('ends when a frame below it goes away, and the page is there', async () => {
    const { driver, user, tab } = await withUser();
    await user.goto(`${site.origin('a.localhost')}/frames`);
    const frames = await driver.frames(tab, TIMEOUT);
    const below = frames.find(({ origin }) => origin === site.origin('third.localhost')) as Frame;
    expect(below.firstParty).toBe(false);
    const waiting = driver.evaluate(tab, below, 'async () => new Promise(() => {})', '', { timeoutMs: 60_000 });
    const rejected = expect(waiting).rejects.toMatchObject({ code: 'BROWSER_GONE' });
    await user.evaluate('document.querySelectorAll("iframe").forEach((frame) => frame.remove())');
    await rejected;
    expect(await driver.frames(tab, TIMEOUT)).toHaveLength(1);
  });
});

describe('partitioned cookies', () => {
  test('are told with the site that they lie below, and one below an unknown site is a loss', async () => {
    const { driver, user } = await withUser();
    const partition = (sourceOrigin: string): object => ({
      type: 'storageKey',
      userContext: user.userContext,
      sourceOrigin,
    });
    const cookie = { name: 'c', value: { type: 'string', value: 'v' }, path: '/', secure: true, sameSite: 'none' };
    const set = (domain: string, sourceOrigin: string): Promise<unknown> =>
      user.transport.send('storage.setCookie', { cookie: { ...cookie, domain }, partition: partition(sourceOrigin) });
    await set('third.example', 'https://deep.app.co.uk');
    await set('own.co.uk', 'https://own.co.uk');
    await set('third.example', 'https://unknown.example');
    await driver.setCookie({
      name: 'c',
      value: 'v',
      domain: 'own.co.uk',
      hostOnly: true,
      path: '/',
      httpOnly: false,
      secure: true,
    });
    const { cookies, losses } = await driver.cookies(['https://other.app.co.uk:8443/path']);
    const keys = cookies.map(({ domain, partitionKey }) => [
      domain,
      partitionKey?.topLevelSite,
      partitionKey?.hasCrossSiteAncestor,
    ]);
    expect(keys.toSorted()).toEqual(
      [
        ['own.co.uk', undefined, undefined],
        ['own.co.uk', 'https://own.co.uk', false],
        ['third.example', 'https://app.co.uk', true],
      ].toSorted(),
    );
    expect(losses).toMatchObject([{ code: 'cookies-may-be-missing', item: 'c (third.example)' }]);
  });
});

describe('a browser that closes', () => {
  let doomed: typeof browser;
  beforeEach(async () => {
    doomed = await startFirefox();
  });
  afterEach(() => doomed.kill());

  test('ends calls under way and later ones', async () => {
    const driver = closing(await connectBidi(doomed.address, { timeoutMs: 60_000 }));
    const helper = await driver.openHelper();
    const frame = await driver.visitBlank(helper, 'https://a.example', TIMEOUT);
    const waiting = driver.evaluate(helper, frame, 'async () => new Promise(() => {})', '', { timeoutMs: 60_000 });
    const rejected = expect(waiting).rejects.toMatchObject({ code: 'BROWSER_GONE' });
    await doomed.kill();
    await rejected;
    await expect(driver.cookies()).rejects.toMatchObject({ code: 'BROWSER_GONE' });
    await driver.close();
  });
});
