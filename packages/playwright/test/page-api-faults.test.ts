/** What goes wrong in a browser that is driven by Playwright's public API: told in our words, and the user's pages work on. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { captureState } from '@psp/core';
import { firefox, type Page } from 'playwright-1.64';
import { describe, expect, test } from 'vitest';
import { openPlaywrightDriver, type PlaywrightPage } from '../src/adapter.js';
import { context, openDriver, page, primaryOf, site, TIMEOUT } from './firefox.js';
import { FIREFOX } from './firefox-launch.js';

/** Never ends, and marks the document that it runs in. */
const FOREVER = 'async () => { document.documentElement.id = "under-way"; return new Promise(() => {}) }';
const IS_UNDER_WAY = 'document.documentElement.id === "under-way"';

describe('what is gone', () => {
  test('a page that closes ends its calls, and the others go on', async () => {
    const other = await context.newPage();
    await other.goto(`${site.origin('a.localhost')}/`);
    const driver = await openDriver(other);
    const tab = await primaryOf(driver);
    const [frame] = await driver.frames(tab, TIMEOUT);
    const waiting = driver.evaluate(tab, frame!, FOREVER, '', { timeoutMs: 60_000 });
    const rejected = expect(waiting).rejects.toMatchObject({ name: 'PspError', code: 'BROWSER_GONE' });
    await other.waitForFunction(IS_UNDER_WAY);
    await other.close();
    await rejected;
    await expect(driver.frames(tab, TIMEOUT)).rejects.toMatchObject({ code: 'BROWSER_GONE' });
    await expect(driver.visitBlank(tab, site.origin('a.localhost'), TIMEOUT)).rejects.toMatchObject({
      code: 'BROWSER_GONE',
    });
    await driver.abandon(tab, 'about:blank');
    expect((await driver.tabs()).map(({ primary }) => primary)).toEqual([false]);
    await expect(openPlaywrightDriver(other, 1000)).rejects.toMatchObject({ code: 'BROWSER_GONE' });
  });

  test('a page that goes elsewhere, and a frame that is removed, end their calls', async () => {
    site.serve('/framed', `<iframe src="${site.origin('a.localhost')}/inner"></iframe>`);
    await page.goto(`${site.origin('a.localhost')}/framed`);
    const driver = await openDriver();
    const tab = await primaryOf(driver);
    const [main, below] = await driver.frames(tab, TIMEOUT);
    const inFrame = driver.evaluate(tab, below!, FOREVER, '', { timeoutMs: 60_000 });
    const frameGone = expect(inFrame).rejects.toMatchObject({ code: 'BROWSER_GONE' });
    await page.frames()[1]!.waitForFunction(IS_UNDER_WAY);
    await page.evaluate('document.querySelector("iframe").remove()');
    await frameGone;
    await expect(driver.evaluate(tab, below!, '() => ""', '', TIMEOUT)).rejects.toMatchObject({ code: 'BROWSER_GONE' });
    const inMain = driver.evaluate(tab, main!, FOREVER, '', { timeoutMs: 60_000 });
    const pageGone = expect(inMain).rejects.toMatchObject({ code: 'BROWSER_GONE' });
    // Else it could run in the next document, where nothing ends it.
    await page.waitForFunction(IS_UNDER_WAY);
    await page.goto(`${site.origin('b.localhost')}/`);
    await pageGone;
  });

  test('a context that closes ends everything', async () => {
    const driver = await openDriver();
    const helper = await driver.openHelper();
    await context.close();
    const gone = { name: 'PspError', code: 'BROWSER_GONE' };
    await expect(driver.tabs()).rejects.toMatchObject(gone);
    await expect(driver.cookies()).rejects.toMatchObject(gone);
    await expect(driver.openHelper()).rejects.toMatchObject(gone);
    await expect(driver.visitBlank(helper, site.origin('a.localhost'), TIMEOUT)).rejects.toMatchObject(gone);
    await driver.close();
  });

  test.each([
    ['a page whose process crashes', tabProcesses],
    ['a browser that is killed', (browser: number) => [browser]],
  ])('%s ends what is under way', async (_, victims) => {
    const browser = await firefox.launch(FIREFOX);
    try {
      const parent = newestChild(process.pid, 'firefox');
      const own = await browser.newPage();
      await own.goto(`${site.origin('a.localhost')}/`);
      const driver = await openDriver(own);
      const tab = await primaryOf(driver);
      const [frame] = await driver.frames(tab, TIMEOUT);
      const reading = driver.evaluate(tab, frame!, FOREVER, '', { timeoutMs: 60_000 });
      const ended = expect(reading).rejects.toMatchObject({ name: 'PspError', code: 'BROWSER_GONE' });
      await own.waitForFunction(IS_UNDER_WAY);
      const pids = victims(parent);
      expect(pids).not.toEqual([]);
      for (const pid of pids) process.kill(pid, 'SIGKILL');
      await ended;
      // Firefox without a page is no more, either.
      await expect(untilGone(driver)).rejects.toMatchObject({ name: 'PspError', code: 'BROWSER_GONE' });
    } finally {
      await browser.close();
    }
  });
});

describe('what is in the way', () => {
  test('a page that hangs costs its time, and tabs are listed all the same', async () => {
    await page.goto(`${site.origin('a.localhost')}/`);
    const driver = await openDriver();
    await page.evaluate('void setTimeout(() => { for (const end = Date.now() + 5000; Date.now() < end; ); })');
    const [tab] = await driver.tabs();
    expect(tab).toMatchObject({ url: `${site.origin('a.localhost')}/`, title: undefined });
    await expect(driver.frames(tab!, { timeoutMs: 200 })).rejects.toMatchObject({ code: 'TIMEOUT' });
  });

  test('a service worker that answers for the site, be it from its server, is told', async () => {
    const origin = site.origin('passes.localhost');
    site.serve('/sw.js', `addEventListener('fetch', (event) => event.respondWith(fetch(event.request)))`, {
      'content-type': 'text/javascript',
    });
    site.serve('/register', `<script>navigator.serviceWorker.register('/sw.js')</script>`);
    await page.goto(`${origin}/register`);
    await page.evaluate('navigator.serviceWorker.ready.then(() => "ready")');
    const driver = await openDriver();
    const helper = await driver.openHelper();
    await expect(driver.visitBlank(helper, origin, TIMEOUT)).rejects.toMatchObject({
      code: 'BROWSER_UNREACHABLE',
      message: expect.stringContaining('service worker'),
    });
    // The helper is fit for the next origin.
    expect(await driver.visitBlank(helper, site.origin('b.localhost'), TIMEOUT)).toMatchObject({ firstParty: true });
  });

  test('a port that browsers deny is told, and the helper goes on', async () => {
    const driver = await openDriver();
    const helper = await driver.openHelper();
    const denied = driver.visitBlank(helper, 'http://127.0.0.1:1', TIMEOUT);
    await expect(denied).rejects.toMatchObject({ code: 'BROWSER_UNREACHABLE' });
    await driver.visitBlank(helper, site.origin('b.localhost'), TIMEOUT);
  });

  test('an address that gives no document ends on about:blank, and it is told', async () => {
    const driver = await openDriver();
    await page.route('**/nothing', (route) => route.fulfill({ status: 204 }));
    const tab = await primaryOf(driver);
    await driver.visitBlank(tab, site.origin('a.localhost'), TIMEOUT);
    const release = driver.release(tab, `${site.origin('a.localhost')}/nothing`, TIMEOUT);
    await expect(release).rejects.toMatchObject({ code: 'BROWSER_UNREACHABLE' });
    expect(page.url()).toBe('about:blank');
  });

  test('a page that asks before it is left is left all the same', async () => {
    site.serve('/asks', '<button>x</button><script>onbeforeunload = (e) => e.preventDefault()</script>');
    const here = `${site.origin('a.localhost')}/asks`;
    await page.goto(here);
    await page.click('button');
    const driver = await openDriver();
    const tab = await primaryOf(driver);
    await driver.visitBlank(tab, site.origin('b.localhost'), TIMEOUT);
    await driver.release(tab, here, TIMEOUT);
    expect(page.url()).toBe(here);
  });

  test('a page that broke what Playwright needs is told, its shared storage is read elsewhere, and it can be left', async () => {
    site.serve(
      '/broken',
      '<title>broken</title><script>localStorage.k = "v"; Function.prototype.apply = null</script>',
    );
    const url = `${site.origin('broken.localhost')}/broken`;
    await page.goto(url);
    const driver = await openDriver();
    const { document } = await captureState(driver, { id: '01890000-0000-7000-8000-000000000000', name: 'broken' });
    expect(document.origins).toMatchObject([{ localStorage: [{ name: 'k', value: 'v' }] }]);
    expect(document.losses).toMatchObject([{ code: 'tab-failed', item: url }, { code: 'origins-may-be-missing' }]);
    const tab = await primaryOf(driver);
    await driver.visitBlank(tab, site.origin('b.localhost'), TIMEOUT);
    await driver.release(tab, url, TIMEOUT);
    expect(page.url()).toBe(url);
  });

  test('a frame cannot pass for another origin', async () => {
    site.serve(
      '/liar',
      `<script>Object.defineProperty(self, 'origin', { value: 'https://bank.example' });
      document.hasStorageAccess = async () => true</script>`,
    );
    site.serve('/hosts', `<iframe src="${site.origin('127.0.0.1')}/liar"></iframe><iframe sandbox src="/"></iframe>`);
    await page.goto(`${site.origin('a.localhost')}/hosts`);
    const driver = await openDriver();
    const frames = await driver.frames(await primaryOf(driver), TIMEOUT);
    expect(frames.map(({ origin }) => origin)).toEqual([
      site.origin('a.localhost'),
      site.origin('127.0.0.1'),
      undefined,
    ]);
  });
});

describe('what has no browser to work with', () => {
  test('a persistent context of Firefox works', async () => {
    const profile = await mkdtemp(join(tmpdir(), 'psp-test-'));
    const persistent = await firefox.launchPersistentContext(profile, FIREFOX);
    try {
      const driver = await openDriver(persistent.pages()[0] as Page);
      expect(await driver.version()).toMatchObject({ browserVersion: expect.stringMatching(/^\d+\./) });
    } finally {
      await persistent.close();
      await rm(profile, { recursive: true, force: true });
    }
  });

  test('a context that names no browser is refused with a way out', async () => {
    const nameless = { isClosed: () => false, context: () => ({ browser: () => null }) } as unknown as PlaywrightPage;
    await expect(openPlaywrightDriver(nameless, 1000)).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('newContext'),
    });
    await expect(openPlaywrightDriver({} as PlaywrightPage, 1000)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });
});

/** Calls until the driver refuses; rejects with its refusal. */
async function untilGone(driver: { cookies(): Promise<unknown> }): Promise<never> {
  for (;;) await driver.cookies();
}

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

function processes(): Process[] {
  const lines = execFileSync('ps', ['-eo', 'pid=,ppid=,args=', '--sort=start_time'], { encoding: 'utf8' }).split('\n');
  return lines.map((line) => {
    const [pid = '', parent = '', ...command] = line.trim().split(/\s+/);
    return { pid: Number(pid), parent: Number(parent), command: command.join(' ') };
  });
}

function newestChild(parent: number, name: string): number {
  const child = processes().findLast((each) => each.parent === parent && each.command.includes(name));
  if (child === undefined) throw new Error(`no process of ${name}`);
  return child.pid;
}

/** Firefox starts them itself or through a process that forks them. */
function tabProcesses(browser: number): number[] {
  const all = processes();
  const parents = new Set([browser, ...all.filter(({ parent }) => parent === browser).map(({ pid }) => pid)]);
  return all.filter(({ parent, command }) => parents.has(parent) && command.endsWith(' tab')).map(({ pid }) => pid);
}
