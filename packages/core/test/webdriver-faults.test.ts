/** Classic WebDriver when things go wrong, and what it leaves of the user's session: everything. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { newSessionId } from '@psp/protocol';
import { chromeCapabilities, startChromedriver } from '../../../matrix/browsers/chromedriver.mjs';
import { firefoxCapabilities, startMarionetteBridge } from '../../../matrix/browsers/marionette.mjs';
import { startWebKitDriver, webkitCapabilities } from '../../../matrix/browsers/webkit.mjs';
import type { BrowserDriver, Frame, Tab } from '../src/browser/driver.js';
import { connectWebDriver } from '../src/browser/webdriver/open.js';
import { captureState, type CapturedState } from '../src/capture.js';
import { startSite, type TestSite } from './support/site.js';
import { beginSession, type WebDriverUser } from './support/webdriver-user.js';

type Server = Awaited<ReturnType<typeof startChromedriver>>;

const TIMEOUT = { timeoutMs: 10_000 };
const WHERE = 'location.href';
const FRAMES = '<title>frames</title><iframe srcdoc="one"></iframe><iframe src="/inner"></iframe>';

/** Scripts of WebDriver still run here, unlike those of the page's own Storage. */
const SPOILT = `<title>spoilt</title><script>
localStorage.setItem('k', 'v');
Storage.prototype.getItem = () => 'spoiled';
new MutationObserver((all) => (document.title = all.length + ' changes')).observe(document.documentElement, { childList: true });
</script>`;

let site: TestSite;
beforeAll(async () => {
  site = await startSite();
  site.serve('/framed', FRAMES);
  site.serve('/inner', '<title>inner</title>');
});
afterAll(() => site.close());

describe.each([
  { name: 'WebKitGTK', start: startWebKitDriver, capabilities: webkitCapabilities },
  { name: 'Firefox', start: startMarionetteBridge, capabilities: firefoxCapabilities },
])('a session with $name', ({ start, capabilities }) => {
  let server: Server;
  let user: WebDriverUser;
  let driver: BrowserDriver;
  const a = (path: string): string => `${site.origin('a.localhost')}${path}`;
  const open = async (): Promise<BrowserDriver> =>
    (driver = await connectWebDriver(server.url, { sessionId: user.sessionId, timeoutMs: 20_000 }));
  const place = async (): Promise<[Tab, Frame]> => {
    const tab = (await driver.tabs())[0] as Tab;
    return [tab, (await driver.frames(tab, TIMEOUT))[0] as Frame];
  };

  beforeAll(async () => {
    server = await start();
    user = await beginSession(server.url, capabilities());
  });
  afterEach(async () => {
    await driver?.close();
    await user.clear([site.origin('a.localhost')]);
  });
  afterAll(async () => {
    await user.end();
    await server.kill();
  });

  test('is as the user left it after every operation: window, frame and time limits', async () => {
    const { handle } = (await user.send('POST', '/window/new', { type: 'tab' })) as { handle: string };
    await user.goto(a('/framed'));
    await user.send('POST', '/timeouts', { script: 12_345, pageLoad: 54_321 });
    await user.send('POST', '/frame', { id: 1 });
    const scene = async (): Promise<unknown[]> => [
      await user.send('GET', '/window'),
      await user.evaluate(WHERE),
      await user.send('GET', '/timeouts'),
      await user.shownTabs(),
    ];
    const before = await scene();
    await open();
    expect(before[1]).toBe(a('/inner'));
    const tabs = await driver.tabs();
    expect(tabs.map(({ primary }) => primary)).toEqual([true, false]);
    expect(await scene()).toEqual(before);
    const other = tabs.find(({ id }) => id === handle) as Tab;
    await driver.frames(other, TIMEOUT);
    expect(await scene()).toEqual(before);
    const [tab, frame] = await place();
    await driver.evaluate(tab, frame, 'async () => ""', '', { timeoutMs: 3_000 });
    expect(await scene()).toEqual(before);
    await driver.cookies([site.origin('b.localhost')]);
    expect(await scene()).toEqual(before);
    const helper = await driver.openHelper();
    await driver.visitBlank(helper, site.origin('b.localhost'), TIMEOUT);
    await driver.visitBlank(helper, 'http://127.0.0.1:9', TIMEOUT).catch(() => undefined);
    await driver.close();
    expect(await scene()).toEqual(before);
    await user.send('POST', '/timeouts', { script: 30_000, pageLoad: 300_000 });
  });

  test('keeps its dialog, which the tab waits for', async () => {
    await user.goto(a('/'));
    await open();
    const [tab, frame] = await place();
    await user.evaluate('void setTimeout(() => alert("for the user"))');
    await expect.poll(user.dialogOpen).toBe(true);
    await expect(driver.evaluate(tab, frame, 'async () => ""', '', TIMEOUT)).rejects.toMatchObject({ code: 'TIMEOUT' });
    await expect(driver.frames(tab, TIMEOUT)).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect((await driver.tabs()).map(({ url }) => url)).toEqual([a('/')]);
    const { losses } = await driver.cookies([a('/')]);
    expect(losses.map(({ code }) => code)).toEqual(['cookies-may-be-missing']);
    await driver.abandon(tab, a('/'));
    // The command that opens a window would close the dialog of the only one.
    await expect(driver.openHelper()).rejects.toMatchObject({ code: 'TIMEOUT' });
    await driver.close();
    expect(await user.send('GET', '/alert/text')).toBe('for the user');
    await user.closeDialog();
  });

  test('goes on when a window closes, be it the current one', async () => {
    const { handle } = (await user.send('POST', '/window/new', { type: 'tab' })) as { handle: string };
    await user.goto(a('/'));
    await open();
    const [tab, frame] = await place();
    await user.send('DELETE', '/window');
    await expect(driver.evaluate(tab, frame, 'async () => ""', '', TIMEOUT)).rejects.toMatchObject({
      code: 'BROWSER_GONE',
    });
    expect((await driver.tabs()).map(({ id, primary }) => [id, primary])).toEqual([[handle, false]]);
    const helper = await driver.openHelper();
    await driver.visitBlank(helper, site.origin('a.localhost'), TIMEOUT);
    await driver.closeTab(helper);
    await user.send('POST', '/window', { handle });
  });

  test('gives page code a clean realm, and takes it away', async () => {
    site.serve('/spoilt', SPOILT, { 'content-security-policy': "default-src 'none'; script-src 'unsafe-inline'" });
    await user.goto(a('/spoilt'));
    await open();
    const [tab, frame] = await place();
    const source = 'async () => localStorage.getItem("k") + (self === top)';
    expect(await driver.evaluate(tab, frame, source, '', TIMEOUT)).toBe('vfalse');
    expect(await user.send('POST', '/execute/sync', { script: 'return frames.length', args: [] })).toBe(0);
    const slow = driver.evaluate(tab, frame, 'async () => new Promise(() => {})', '', { timeoutMs: 500 });
    await expect(slow).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(await user.send('POST', '/execute/sync', { script: 'return frames.length', args: [] })).toBe(0);
  });

  test('does not run code in a page that has taken the place of another', async () => {
    await user.goto(a('/'));
    await open();
    const [tab, frame] = await place();
    await user.goto(`${site.origin('b.localhost')}/`);
    const source = 'async () => { localStorage.setItem("ours", "1"); return ""; }';
    await expect(driver.evaluate(tab, frame, source, '', TIMEOUT)).rejects.toMatchObject({ code: 'BROWSER_GONE' });
    expect(await user.evaluate('localStorage.length')).toBe(0);
  });

  test('[PSP-TRAP-19] never sets a partitioned cookie as another, and says why', async () => {
    await open();
    const partitionKey = { topLevelSite: 'https://top.example', hasCrossSiteAncestor: true };
    const cookie = { name: 'chips', value: 'v', domain: 'a.localhost', hostOnly: false, path: '/' } as const;
    const outcome = await driver.setCookie({ ...cookie, httpOnly: false, secure: false, partitionKey }, a('/'));
    expect(outcome).toMatchObject({ ok: false, reason: expect.stringContaining('partition') });
    expect((await driver.cookies([a('/')])).cookies).toEqual([]);
  });

  test('prefers a quiet resource without scripts, and refuses an origin that has none or is not there', async () => {
    const helperUrl = async (origin: string): Promise<string> => {
      const helper = await driver.openHelper();
      try {
        return (await driver.visitBlank(helper, origin, TIMEOUT)).url;
      } finally {
        await driver.closeTab(helper);
      }
    };
    await open();
    expect(await helperUrl(site.origin('a.localhost'))).toBe(a('/robots.txt'));
    const scripted = await startSite();
    scripted.serve('/robots.txt', '<title>an app</title><script>1</script>');
    const origin = scripted.origin('a.localhost');
    expect(await helperUrl(origin)).toBe(`${origin}/favicon.ico`);
    await scripted.close();
    await expect(helperUrl(origin)).rejects.toMatchObject({ code: 'BROWSER_UNREACHABLE' });
    expect(await user.shownTabs()).toBe(1);
  });
});

describe('a page that was reached from another site', () => {
  let server: Server;
  let user: WebDriverUser;
  let driver: BrowserDriver;
  const COOKIES = { 'set-cookie': ['strict=1; Path=/; HttpOnly; SameSite=Strict', 'lax=2; Path=/; SameSite=Lax'] };

  beforeAll(async () => {
    site.serve('/logged-in', '<title>logged in</title>', COOKIES);
    server = await startWebKitDriver();
    user = await beginSession(server.url, webkitCapabilities());
  });
  afterEach(() => driver?.close());
  afterAll(async () => {
    await user.end();
    await server.kill();
  });

  test('hides strict cookies in WebKit: its origin is named, without a request, and is asked where the caller names it', async () => {
    const origin = site.origin('a.localhost');
    await user.goto(`${origin}/logged-in`);
    await user.goto(`${site.origin('b.localhost')}/`);
    await user.evaluate(`void setTimeout(() => location.assign('${origin}/inner'))`);
    await expect.poll(() => user.evaluate(WHERE)).toBe(`${origin}/inner`);
    driver = await connectWebDriver(server.url, { sessionId: user.sessionId, timeoutMs: 20_000 });
    const requests = site.requests.length;
    const hidden = await captureState(driver, { id: newSessionId(), name: 'hidden' });
    expect(site.requests.slice(requests)).toEqual([]);
    expect(hidden.document.cookies.map(({ name }) => name)).toEqual(['lax']);
    expect(cookieLosses(hidden)).toEqual([undefined, origin]);
    expect(hidden.document.losses.find((loss) => loss.origin === origin)?.advice).toContain('`origins`');

    const named = await captureState(driver, { id: newSessionId(), name: 'named', origins: [origin] });
    expect(site.requests.slice(requests)).toEqual([`GET ${origin}/robots.txt`]);
    expect(named.document.cookies.map(({ name }) => name).toSorted()).toEqual(['lax', 'strict']);
    expect(cookieLosses(named)).toEqual([undefined]);
  });

  test('is not named once it has shown a strict cookie', async () => {
    await user.goto(`${site.origin('c.localhost')}/logged-in`);
    driver = await connectWebDriver(server.url, { sessionId: user.sessionId, timeoutMs: 20_000 });
    const { document } = await captureState(driver, { id: newSessionId(), name: 'shown' });
    expect(document.cookies.map(({ name }) => name).toSorted()).toEqual(['lax', 'strict']);
    expect(cookieLosses({ document })).toEqual([undefined]);
  });
});

/** The origins of the losses that name missing cookies, undefined for sites that no page shows. */
function cookieLosses({ document }: Pick<CapturedState, 'document'>): (string | undefined)[] {
  return document.losses.filter(({ code }) => code === 'cookies-may-be-missing').map(({ origin }) => origin);
}

describe('the way to a session', () => {
  let server: Server;
  let user: WebDriverUser;

  beforeEach(async () => {
    server = await startChromedriver();
    user = await beginSession(server.url, await chromeCapabilities());
  });
  afterEach(() => server.kill());

  test('leads to the debugger of the browser, whose current window is the tab handed over', async () => {
    await user.send('POST', '/window/new', { type: 'tab' });
    await user.goto(`${site.origin('a.localhost')}/`);
    const driver = await connectWebDriver(server.url, { sessionId: user.sessionId });
    expect([driver.framework, driver.features.allCookies]).toEqual(['webdriver', true]);
    expect((await driver.tabs()).map(({ url, primary }) => [url, primary])).toEqual([
      [`${site.origin('a.localhost')}/`, true],
      ['about:blank', false],
    ]);
    await driver.close();
    expect(await user.evaluate(WHERE)).toBe(`${site.origin('a.localhost')}/`);
  });

  test('leads to helper tabs that the session lists, so none comes before it is asked for', async () => {
    const driver = await connectWebDriver(server.url, { sessionId: user.sessionId });
    expect(driver.features.hiddenHelper).toBe(false);
    // A first page, after which other drivers ask the browser for its lists.
    await user.goto(`${site.origin('a.localhost')}/`);
    const until = performance.now() + 1_500;
    while (performance.now() < until) expect(await user.shownTabs()).toBe(1);
    const helper = await driver.openHelper();
    await expect.poll(user.shownTabs).toBe(2);
    await driver.closeTab(helper);
    await driver.close();
    expect(await user.shownTabs()).toBe(1);
  });

  test('stays classic where the debugger is not to be had, or is that of another browser', async () => {
    const other = await beginSession(server.url, await chromeCapabilities());
    const otherOptions = other.capabilities['goog:chromeOptions'];
    for (const options of [{ debuggerAddress: '127.0.0.1:9' }, otherOptions]) {
      const capabilities = { ...user.capabilities, 'goog:chromeOptions': options };
      const driver = await connectWebDriver(server.url, { sessionId: user.sessionId, capabilities });
      expect(driver.features.allCookies).toBe(false);
      await driver.close();
    }
    expect(await user.evaluate('1 + 1')).toBe(2);
  });

  test('leads to BiDi where the session has it, and the session goes on', async () => {
    const bridge = await startMarionetteBridge();
    try {
      const firefox = await beginSession(bridge.url, firefoxCapabilities({ bidi: true }));
      await firefox.goto(`${site.origin('a.localhost')}/`);
      const { sessionId, capabilities } = firefox;
      const driver = await connectWebDriver(bridge.url, { sessionId, capabilities });
      expect([driver.engine, driver.features.offlineVisit]).toEqual(['firefox', true]);
      expect((await driver.tabs()).map(({ primary }) => primary)).toEqual([true]);
      await driver.close();
      expect(await firefox.evaluate(WHERE)).toBe(`${site.origin('a.localhost')}/`);
    } finally {
      await bridge.kill();
    }
  });

  test('is told apart: no such session, no such server, no such address', async () => {
    const unknown = connectWebDriver(server.url, { sessionId: 'canary-session' });
    await expect(unknown).rejects.toMatchObject({ code: 'NOT_FOUND', message: expect.not.stringContaining('canary') });
    await expect(connectWebDriver('127.0.0.1:9', { sessionId: 'x' })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(connectWebDriver(server.url, { sessionId: '' })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(connectWebDriver(server.url, { sessionId: 'x', timeoutMs: 0 })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });
    const { host } = new URL(server.url);
    await server.kill();
    const dead = connectWebDriver(`http://user:canary@${host}/?token=canary`, { sessionId: 'x' });
    await expect(dead).rejects.toMatchObject({
      code: 'BROWSER_UNREACHABLE',
      message: `No WebDriver server answers at ${host}.`,
    });
  });

  test('may end: calls reject once the session or the server is gone', async () => {
    const capabilities = { browserName: 'chrome' };
    const driver = await connectWebDriver(server.url, { sessionId: user.sessionId, capabilities });
    const helper = await driver.openHelper();
    await user.end();
    await expect(driver.tabs()).rejects.toMatchObject({ code: 'BROWSER_GONE' });
    await server.kill();
    await expect(driver.cookies()).rejects.toMatchObject({ code: 'BROWSER_GONE' });
    await driver.abandon(helper, 'about:blank');
    await driver.close();
  });
});
