/** psp with browsers that somebody else started and drives: Firefox over BiDi, and WebDriver sessions of curl and of Python. */
import { findChromium, launchFlags } from '@psp/core';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi, type TestContext } from 'vitest';
import { missing } from '../../../matrix/browsers/available.mjs';
import { chromeCapabilities, startChromedriver } from '../../../matrix/browsers/chromedriver.mjs';
import { startFirefox } from '../../../matrix/browsers/firefox.mjs';
import { firefoxCapabilities, startMarionetteBridge } from '../../../matrix/browsers/marionette.mjs';
import { startWebKitDriver, webkitCapabilities } from '../../../matrix/browsers/webkit.mjs';
import { BidiClient, CurlSession, PythonProgram } from './clients.js';
import { freePort, Home, JWT, SECRETS, startSite, until, type Site } from './psp.js';

interface Saved {
  id: string;
  name: string;
  source: { engine: string };
  counts: { cookies: number; records: number; localStorage: number; sessionStorage: number; tabs: number };
  losses: { code: string }[];
}

const ALL = { records: 1, localStorage: 2, sessionStorage: 1, tabs: 1 };
const AT_HOME = 'welcome back';
const FOUND = {
  cookie: expect.stringContaining(`sid=${SECRETS.cookie}`),
  local: SECRETS.local,
  record: [SECRETS.record, 0],
};

/** Several browsers start in a test, and the machine may be busy with others. */
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

let home: Home;
let site: Site;
/** What a test started, closed in turn from the last to the first, also after a failure. */
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

function needs(context: TestContext, ...names: Parameters<typeof missing>[0][]): void {
  const reason = names.map((name) => missing(name)).find((one) => one !== undefined);
  if (reason !== undefined) context.skip(reason);
}

async function started<T extends { kill(): Promise<void> }>(starting: Promise<T>): Promise<T> {
  const running = await starting;
  closers.push(() => running.kill());
  return running;
}

async function curlSession(server: string, capabilities: object): Promise<CurlSession> {
  const session = await CurlSession.begin(server, capabilities);
  closers.push(() => session.end().catch(() => undefined));
  return session;
}

/** The losses by code, but for the general caution that no list of origins is complete. */
function lostBy({ losses }: Pick<Saved, 'losses'>): string[] {
  return losses.map(({ code }) => code).filter((code) => code !== 'origins-may-be-missing');
}

/** Logs in, and leaves the tab at a page that does not log in again. */
async function logIn({
  open,
  title,
}: {
  open(url: string): Promise<unknown>;
  title(): Promise<string>;
}): Promise<void> {
  await open(`${site.origin}/seed`);
  await until(async () => (await title()) === 'seeded');
  await open(`${site.origin}/whoami`);
}

async function toldAfter(before: number): Promise<Site['told'][number] | undefined> {
  await until(() => site.told.length > before);
  return site.told.at(-1);
}

describe('--bidi', () => {
  test('carries a login from one Firefox to another, and leaves both to their next client', async (context) => {
    needs(context, 'firefox');
    const [first, second] = await Promise.all([started(startFirefox()), started(startFirefox())]);
    const user = await BidiClient.connect(first.address);
    const tab = (await user.tabs())[0]?.context ?? '';
    await logIn({ open: (url) => user.open(url, tab), title: () => user.run(tab, 'document.title') });
    await user.end();

    const saved = await home.json<Saved>(['capture', '--bidi', first.address, '--name', 'fox']);
    expect(saved).toMatchObject({ name: 'fox', source: { engine: 'firefox' }, counts: { ...ALL, cookies: 2 } });
    // Firefox takes one client: this one is let in since psp ended its own session.
    const next = await BidiClient.connect(first.address);
    expect((await next.tabs()).map(({ url }) => url)).toEqual([`${site.origin}/whoami`]);
    await next.end();

    const { stdout, stderr, code } = await home.psp(['restore', 'fox', '--bidi', second.address]);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^restored "fox": 2 cookies, 1 origin, 1 tab, in /);
    const other = await BidiClient.connect(second.address);
    const restored = (await other.tabs()).find(({ url }) => url === `${site.origin}/whoami`);
    expect(await other.run(restored?.context ?? '', 'document.body.innerText')).toBe(AT_HOME);
    expect(await other.run(restored?.context ?? '', 'sessionStorage.getItem("step")')).toBe(SECRETS.session);
    const told = site.told.length;
    await other.open(`${site.origin}/show`, restored?.context);
    expect(await toldAfter(told)).toEqual({ ...FOUND, session: SECRETS.session });
    await other.end();
  });

  test('says so when somebody else drives the browser, and when nobody is there', async (context) => {
    needs(context, 'firefox');
    const firefox = await started(startFirefox());
    const user = await BidiClient.connect(firefox.address);
    const busy = await home.psp(['capture', '--bidi', firefox.address]);
    expect(busy).toMatchObject({ code: 9, stdout: '' });
    expect(busy.stderr).toContain('Somebody else drives this browser');
    // Not to the harm of the one who was first.
    expect(await user.tabs()).toHaveLength(1);
    await user.end();
    const port = await freePort();
    const absent = await home.psp(['capture', '--bidi', `ws://127.0.0.1:${port}/?token=canary-token`]);
    expect(absent).toMatchObject({ code: 9, stdout: '' });
    expect(absent.stderr).toContain(`127.0.0.1:${port}`);
    expect(absent.stderr).not.toContain('canary-token');
  });
});

describe('--webdriver', () => {
  test('carries a login of curl from Chromium to WebKit and back', async (context) => {
    needs(context, 'curl', 'chromedriver', 'webkit');
    const [chromedriver, webkitDriver] = await Promise.all([
      started(startChromedriver()),
      started(startWebKitDriver()),
    ]);
    const chromium = await curlSession(chromedriver.url, await chromeCapabilities());
    await logIn({ open: (url) => chromium.open(url), title: () => chromium.send('GET', '/title') });
    const windows = await chromium.windows();
    const saved = await home.json<Saved>(['capture', ...chromium.address, '--name', 'chromium by curl']);
    expect(saved).toMatchObject({ source: { engine: 'chromium' }, counts: { ...ALL, cookies: 2 } });
    expect(lostBy(saved)).toEqual([]);
    expect(await chromium.windows()).toEqual(windows);
    expect(await chromium.url()).toBe(`${site.origin}/whoami`);

    const webkit = await curlSession(webkitDriver.url, webkitCapabilities());
    await webkit.open(`${site.origin}/whoami`);
    const outcome = await home.psp(['restore', saved.id, ...webkit.address]);
    expect(outcome.code, outcome.stderr).toBe(0);
    expect(await webkit.windows()).toHaveLength(1);
    await webkit.open(`${site.origin}/whoami`);
    expect(await webkit.run('return document.body.innerText')).toBe(AT_HOME);
    const told = site.told.length;
    await webkit.open(`${site.origin}/show`);
    expect(await toldAfter(told)).toEqual({ ...FOUND, session: SECRETS.session });

    await webkit.open(`${site.origin}/whoami`);
    const again = await home.psp(['capture', ...webkit.address, '--name', 'webkit by curl']);
    expect(again.code, again.stderr).toBe(0);
    expect(again.stdout).toContain('2 cookies, 1 origin, 3 storage items, 1 record, 1 tab');
    const fresh = await curlSession(chromedriver.url, await chromeCapabilities());
    await home.json(['restore', 'webkit by curl', ...fresh.address]);
    await fresh.open(`${site.origin}/whoami`);
    expect(await fresh.run('return document.body.innerText')).toBe(AT_HOME);
    const toldBefore = site.told.length;
    await fresh.open(`${site.origin}/show`);
    expect(await toldAfter(toldBefore)).toMatchObject(FOUND);
  });

  test('reads address and session id from standard input', async (context) => {
    needs(context, 'curl', 'chromedriver');
    const chromedriver = await started(startChromedriver());
    const session = await curlSession(chromedriver.url, await chromeCapabilities());
    await session.open(`${site.origin}/whoami`);
    const args = ['capture', '--webdriver', '-', '--session-id', '-', '--name', 'piped'];
    const { code, stderr } = await home.psp(args, { input: `${chromedriver.url}\n${session.id}\n` });
    expect(code, stderr).toBe(0);
  });

  test('says which session it did not find, and which server', async (context) => {
    needs(context, 'curl', 'chromedriver');
    const chromedriver = await started(startChromedriver());
    const unknown = await home.psp(['capture', '--webdriver', chromedriver.url, '--session-id', 'nobody']);
    expect(unknown).toMatchObject({ code: 2, stdout: '' });
    expect(unknown.stderr).toMatch(/^psp: .*no session with this id.*--session-id/);
    expect(unknown.stderr).not.toContain('psp list');
    const port = await freePort();
    const absent = await home.psp(['capture', '--webdriver', `http://127.0.0.1:${port}`, '--session-id', 'nobody']);
    expect(absent).toMatchObject({ code: 9, stdout: '' });
    expect(absent.stderr).toContain(`127.0.0.1:${port}`);
  });
});

describe('a program in Python', () => {
  async function python(file: string, args: readonly string[]) {
    const program = new PythonProgram(file, args);
    closers.push(() => program.end());
    const { server, session } = await program.told<{ server: string; session: string }>();
    return { program, address: ['--webdriver', server, '--session-id', session] };
  }

  /** The login of a Python program that drives Chromium, and a fresh session of another one. */
  async function carries(server: string, capabilities: object): Promise<void> {
    const browser = (await findChromium()) ?? '';
    const first = await python('log_in.py', [site.origin, browser, ...launchFlags()]);
    const saved = await home.json<Saved>(['capture', ...first.address]);
    expect(saved).toMatchObject({ source: { engine: 'chromium' }, counts: { ...ALL, cookies: 2 } });
    expect(lostBy(saved)).toEqual([]);
    // It goes on as if nothing had been.
    first.program.goOn();
    expect(await first.program.told()).toEqual({ url: `${site.origin}/whoami`, text: AT_HOME, windows: 1 });

    const second = await python('look.py', [server, JSON.stringify(capabilities), site.origin]);
    const outcome = await home.psp(['restore', saved.id, ...second.address]);
    expect(outcome.code, outcome.stderr).toBe(0);
    const told = site.told.length;
    second.program.goOn();
    expect(await second.program.told()).toEqual({ text: AT_HOME, windows: 1 });
    expect(await toldAfter(told)).toEqual({ ...FOUND, session: SECRETS.session });
  }

  test('that logged in with Chromium logs another one in with WebKit', async (context) => {
    needs(context, 'python-selenium', 'chromedriver', 'webkit');
    await carries((await started(startWebKitDriver())).url, webkitCapabilities());
  });

  test('that logged in with Chromium logs another one in with Firefox', async (context) => {
    // The same as with WebKit, by a server of ours.
    context.skip(process.env['PSP_TESTS'] !== 'all', 'long; it runs with PSP_TESTS=all');
    needs(context, 'python-selenium', 'chromedriver', 'firefox');
    await carries((await started(startMarionetteBridge())).url, firefoxCapabilities());
  });
});

test('no secret was in any output', () => {
  const all = home.outputs.join('\n');
  for (const secret of [...Object.values(SECRETS), JWT]) expect(all).not.toContain(secret);
});
