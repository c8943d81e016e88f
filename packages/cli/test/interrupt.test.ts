/** psp that is ended while it works in a browser leaves that browser to its next client, with nothing of its own in it. */
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi, type TestContext } from 'vitest';
import { missing } from '../../../matrix/browsers/available.mjs';
import { startFirefox } from '../../../matrix/browsers/firefox.mjs';
import { startWebKitDriver, webkitCapabilities } from '../../../matrix/browsers/webkit.mjs';
import { BidiClient, CurlSession } from './clients.js';
import { Home, startSite, until, type Site, type Started } from './psp.js';
import { relayBidi, relayWebDriver, type Watch } from './relay.js';

/** Several browsers start in a test, and the machine may be busy with others. */
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

let home: Home;
let site: Site;
const closers: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  home = await Home.make();
  site = await startSite();
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});
afterAll(async () => {
  await site.close();
  await home.remove();
});

function needs(context: TestContext, name: Parameters<typeof missing>[0]): void {
  const reason = missing(name);
  if (reason !== undefined) context.skip(reason);
}

/** Starts psp, and calls `act` with it at the first of these commands. That one arrives, or never does. */
class Ambush {
  started: Started | undefined;
  #done = false;

  constructor(
    readonly command: string,
    readonly arrives: boolean,
    readonly act: (started: Started) => void,
  ) {}

  readonly watch: Watch = (command) => {
    if (this.#done || this.started === undefined || command !== this.command) return true;
    this.#done = true;
    this.act(this.started);
    return this.arrives;
  };
}

async function sessions(): Promise<number> {
  return (await home.json<{ sessions: unknown[] }>(['list'])).sessions.length;
}

describe('a Firefox over BiDi', () => {
  beforeEach((context) => needs(context, 'firefox'));

  let firefox: Awaited<ReturnType<typeof startFirefox>> | undefined;
  afterAll(() => firefox?.kill());

  /** A tab elsewhere, and cookies of an origin that no tab has open: psp needs a tab of its own. */
  async function prepared(): Promise<{ address: string; tabs: string[] }> {
    firefox ??= await startFirefox();
    const user = await BidiClient.connect(firefox.address);
    const tab = await user.open(`${site.origin}/seed`, (await user.tabs())[0]?.context);
    await until(async () => (await user.run(tab, 'document.title')) === 'seeded');
    await user.open('about:blank', tab);
    await user.end();
    return { address: firefox.address, tabs: ['about:blank'] };
  }

  test.each([
    ['SIGINT', 130, 'as the session begins', 'session.new', true],
    ['SIGTERM', 143, 'while it makes a tab', 'browsingContext.create', true],
    ['SIGINT', 130, 'while a page does not answer', 'script.callFunction', false],
  ] as const)('%s ends a capture with %i %s', async (signal, code, _when, command, arrives) => {
    const { address, tabs } = await prepared();
    const ambush = new Ambush(command, arrives, ({ child }) => child.kill(signal));
    const relay = await relayBidi(address, ambush.watch);
    closers.push(() => relay.close());
    const before = await sessions();
    ambush.started = home.start(['capture', '--bidi', relay.address]);
    expect(await ambush.started.ended).toMatchObject({ code, stdout: '' });
    const next = await BidiClient.connect(address);
    expect((await next.tabs()).map(({ url }) => url)).toEqual(tabs);
    await next.end();
    expect(await sessions()).toBe(before);
  });

  test('SIGINT ends a restore with 130', async () => {
    const { address, tabs } = await prepared();
    const { id } = await home.json<{ id: string }>(['capture', '--bidi', address]);
    const ambush = new Ambush('storage.setCookie', true, ({ child }) => child.kill('SIGINT'));
    const relay = await relayBidi(address, ambush.watch);
    closers.push(() => relay.close());
    ambush.started = home.start(['restore', id, '--bidi', relay.address]);
    expect(await ambush.started.ended).toMatchObject({ code: 130, stdout: '' });
    const next = await BidiClient.connect(address);
    expect((await next.tabs()).map(({ url }) => url)).toEqual(tabs);
    await next.end();
  });

  test('is left also when nobody reads what psp prints', async () => {
    const { address, tabs } = await prepared();
    const started = home.start(['capture', '--bidi', address, '--json']);
    started.child.stdout?.destroy();
    expect(await started.ended).toMatchObject({ code: 0 });
    const next = await BidiClient.connect(address);
    expect((await next.tabs()).map(({ url }) => url)).toEqual(tabs);
    await next.end();
  });
});

describe('a WebDriver session of somebody else', () => {
  beforeEach((context) => {
    needs(context, 'webkit');
    needs(context, 'curl');
  });

  async function user(): Promise<CurlSession> {
    const driver = await startWebKitDriver();
    closers.push(() => driver.kill());
    const session = await CurlSession.begin(driver.url, webkitCapabilities());
    await session.open(`${site.origin}/whoami`);
    return session;
  }

  async function goesOn(session: CurlSession, windows: readonly string[]): Promise<void> {
    expect(await session.windows()).toEqual(windows);
    expect(await session.url()).toBe(`${site.origin}/whoami`);
    await session.end();
  }

  test('goes on after a SIGINT that comes as psp makes a window', async () => {
    const session = await user();
    const windows = await session.windows();
    const ambush = new Ambush('POST /window/new', true, ({ child }) => child.kill('SIGINT'));
    const relay = await relayWebDriver(session.server, ambush.watch);
    closers.push(() => relay.close());
    const elsewhere = site.origin.replace('127.0.0.1', 'localhost');
    const args = ['--webdriver', relay.address, '--session-id', session.id, '--origin', elsewhere];
    ambush.started = home.start(['capture', ...args]);
    expect(await ambush.started.ended).toMatchObject({ code: 130, stdout: '' });
    await goesOn(session, windows);
  });

  test('goes on after a SIGTERM that comes while a site does not answer psp', async () => {
    const session = await user();
    const windows = await session.windows();
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    closers.push(async () => silent.close());
    const origin = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const started = home.start(['capture', ...session.address, '--origin', origin, '--timeout', '5']);
    silent.once('connection', () => started.child.kill('SIGTERM'));
    expect(await started.ended).toMatchObject({ code: 143, stdout: '' });
    await goesOn(session, windows);
  });
});
