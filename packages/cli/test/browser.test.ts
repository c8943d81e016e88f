/** psp with real browsers: capture, restore, and logging in by hand. */
import { chromium, type Browser } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  freePort,
  Home,
  JWT,
  openTab,
  SECRETS,
  startBrowser,
  startSite,
  tabsOf,
  until,
  type RunningBrowser,
  type Site,
  type Started,
} from './psp.js';

interface Saved {
  id: string;
  name: string;
  tags: string[];
  counts: { cookies: number; records: number; localStorage: number; sessionStorage: number; tabs: number };
  losses: { code: string }[];
}

let home: Home;
let site: Site;
beforeAll(async () => {
  home = await Home.make();
  site = await startSite();
});
afterAll(async () => {
  await site.close();
  await home.remove();
});

describe('capture and restore', () => {
  let first: RunningBrowser;
  let second: RunningBrowser;
  beforeEach(async () => {
    [first, second] = await Promise.all([startBrowser(), startBrowser()]);
  });
  afterEach(async () => {
    await Promise.all([first.stop(), second.stop()]);
  });

  test('carry a login from one running browser to another', async () => {
    const address = `${site.origin}/seed?code=${SECRETS.query}`;
    const tab = await openTab(first.cdp, address);
    const saved = await home.json<Saved>(['capture', '--cdp', first.cdp, '--tag', 'staging']);
    expect(saved).toMatchObject({
      name: '127.0.0.1',
      tags: ['staging'],
      counts: { cookies: 2, records: 1, localStorage: 2, sessionStorage: 1, tabs: 1 },
    });
    // No more than the general caution that no list of origins is complete.
    expect(saved.losses.map(({ code }) => code).filter((code) => code !== 'origins-may-be-missing')).toEqual([]);
    // The browser is as it was found.
    const open = (await tabsOf(first.cdp)).filter(({ type }) => type === 'page');
    expect(open.map(({ url }) => url).sort()).toEqual(['about:blank', address]);
    expect(open.some(({ id }) => id === tab)).toBe(true);

    const { stdout: shown } = await home.psp(['show', saved.id]);
    expect(shown).toContain('https://issuer.example');
    const restored = await home.json<{ done: string[]; notDone: string[]; losses: unknown[] }>([
      'restore',
      saved.id,
      '--cdp',
      second.cdp,
    ]);
    expect(restored).toMatchObject({ notDone: [], losses: [] });
    expect(restored.done.some((line) => line.startsWith(`tab ${site.origin}/seed`))).toBe(true);
    await until(async () => (await tabsOf(second.cdp)).some(({ url }) => url === address));

    const verify = ['--verify-url', `${site.origin}/seed?code=${SECRETS.query}`, '--verify-text'];
    const missing = await home.psp([
      'restore',
      saved.id,
      '--cdp',
      second.cdp,
      '--no-tabs',
      ...verify,
      'absent',
      '--timeout',
      '2',
    ]);
    expect([missing.code, missing.stdout]).toEqual([1, expect.stringContaining('NOT verified')]);
    const { stdout, code } = await home.psp(['restore', '127.0.0.1', '--cdp', second.cdp, '--no-tabs']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^restored "127\.0\.0\.1": 2 cookies, 1 origin, 0 tabs, in /);
    await openTab(second.cdp, `${site.origin}/show`);
    await until(() => site.told.length > 0);
    expect(site.told.at(-1)).toEqual({
      cookie: expect.stringContaining(`sid=${SECRETS.cookie}`),
      local: SECRETS.local,
      // A new tab has none; the tab of the session has.
      session: null,
      record: [SECRETS.record, 0],
    });
  });

  test('an address on standard input, and one that is wrong, are not shown in full', async () => {
    await openTab(first.cdp, `${site.origin}/seed`);
    const { code } = await home.psp(['capture', '--cdp', '-', '--name', 'piped'], {
      input: `${first.cdp}?token=canary-token\n`,
    });
    expect(code).toBe(0);
    const port = await freePort();
    for (const address of [
      `http://127.0.0.1:${port}/?token=canary-token`,
      `ws://127.0.0.1:${port}/devtools/browser/x?token=canary-token`,
    ]) {
      const outcome = await home.psp(['capture', '--cdp', address, '--timeout', '10']);
      expect(outcome).toMatchObject({ code: 9, stdout: '' });
      expect(outcome.stderr).toContain(`127.0.0.1:${port}`);
    }
    expect(home.outputs.join('\n')).not.toContain('canary-token');
  });
});

describe('login', () => {
  let remote: Browser | undefined;
  let started: Started | undefined;
  afterEach(async () => {
    await remote?.close();
    remote = undefined;
    started?.child.kill('SIGKILL');
    await started?.ended;
  });

  /** Starts a login, and connects to its browser as the hands of the person. */
  async function login(args: readonly string[]): Promise<{ started: Started; remote: Browser }> {
    const port = await freePort();
    const flags = `${home.env['PSP_BROWSER_FLAGS'] ?? ''} --remote-debugging-port=${port}`;
    started = home.start(['login', ...args], { PSP_HEADLESS: '1', PSP_BROWSER_FLAGS: flags });
    await started.says('Log in in the browser window');
    remote = await chromium.connectOverCDP(`http://127.0.0.1:${port}`);
    return { started, remote };
  }

  /** Ctrl+C in a terminal: every process of the group gets the signal. */
  function interruptGroup({ child }: Started): void {
    process.kill(-(child.pid ?? 0), 'SIGINT');
  }

  function pageOf(browser: Browser) {
    const page = browser
      .contexts()
      .flatMap((context) => context.pages())
      .find((one) => one.url().startsWith(site.origin));
    if (page === undefined) throw new Error('expected the page of the login, found none');
    return page;
  }

  test('captures everything when the person presses Enter', async () => {
    const { started, remote } = await login([`${site.origin}/`, '--name', 'by-hand', '--tag', 'admin', '--json']);
    const page = pageOf(remote);
    await page.goto(`${site.origin}/seed`);
    await page.waitForFunction('document.title === "seeded"');
    started.child.stdin?.write('\n');
    const { code, stdout, stderr } = await started.ended;
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      name: 'by-hand',
      tags: ['admin'],
      ending: 'enter',
      counts: { cookies: 2, records: 1, localStorage: 2, sessionStorage: 1, tabs: 1 },
      losses: [],
    });
    expect((await home.json<Saved>(['show', 'by-hand'])).name).toBe('by-hand');
  });

  test('captures what it can when the person closes the window, and says from when', async () => {
    const { started, remote } = await login([`${site.origin}/seed`, '--name', 'closed', '--json']);
    const page = pageOf(remote);
    await page.waitForFunction('document.title === "seeded"');
    await started.says('seen so far: 2 cookies, 1 origin, 3 storage items, 1 record, 1 tab');
    // Of this only the final look tells.
    await page.evaluate('localStorage.setItem("late", "1")');
    await page.close();
    const { code, stdout, stderr } = await started.ended;
    expect(code, stderr).toBe(0);
    const saved = JSON.parse(stdout) as Saved & { ending: string; capturedAt: string; tabsCapturedAt: string };
    expect(saved).toMatchObject({
      ending: 'closed',
      counts: { cookies: 2, records: 1, localStorage: 3, sessionStorage: 1, tabs: 1 },
    });
    expect(Date.parse(saved.tabsCapturedAt)).toBeLessThan(Date.parse(saved.capturedAt));
  });

  test('keeps the last look when the browser goes away as a whole', async () => {
    const { started, remote } = await login([`${site.origin}/seed`, '--name', 'gone']);
    await started.says('seen so far: 2 cookies, 1 origin, 3 storage items, 1 record, 1 tab');
    const session = await remote.newBrowserCDPSession();
    await session.send('Browser.crash').catch(() => undefined);
    const { code, stdout, stderr } = await started.ended;
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^captured "gone" from the last look that succeeded\n[\s\S]* as of +20/);
    expect(await home.json<Saved>(['show', 'gone'])).toMatchObject({ counts: { cookies: 2, tabs: 1 } });
  });

  test('says so when there was nothing to capture', async () => {
    const { started } = await login([`${site.origin}/`, '--name', 'empty']);
    started.child.stdin?.write('\n');
    const { code, stderr } = await started.ended;
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('this session logs nobody in');
  });

  test('stores nothing on Ctrl+C, and leaves no browser behind', async () => {
    const before = (await home.json<{ sessions: Saved[] }>(['list'])).sessions.length;
    const { started, remote } = await login([`${site.origin}/seed`]);
    const gone = new Promise((resolve) => remote.once('disconnected', resolve));
    // Now there is something that could be stored.
    await started.says('seen so far: 2 cookies, 1 origin, 3 storage items, 1 record, 1 tab');
    interruptGroup(started);
    const { code, stdout, stderr } = await started.ended;
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
    expect(stderr).not.toMatch(/^psp: |^\s+at |warning/m);
    await gone;
    expect((await home.json<{ sessions: Saved[] }>(['list'])).sessions).toHaveLength(before);
  });

  test('stores nothing when the browser ends before Ctrl+C arrives', async () => {
    const before = (await home.json<{ sessions: Saved[] }>(['list'])).sessions.length;
    const { started, remote } = await login([`${site.origin}/seed`]);
    await started.says('seen so far: 2 cookies, 1 origin, 3 storage items, 1 record, 1 tab');
    const gone = new Promise((resolve) => remote.once('disconnected', resolve));
    const session = await remote.newBrowserCDPSession();
    // Held still, psp learns of both at once.
    started.child.kill('SIGSTOP');
    await session.send('Browser.crash').catch(() => undefined);
    await gone;
    interruptGroup(started);
    started.child.kill('SIGCONT');
    expect(await started.ended).toMatchObject({ code: 130, stdout: '' });
    expect((await home.json<{ sessions: Saved[] }>(['list'])).sessions).toHaveLength(before);
  });

  test('without a display says so, and what else to do', async () => {
    const outcome = await home.psp(['login', site.origin]);
    expect(outcome).toMatchObject({ code: process.platform === 'linux' ? 2 : 0, stdout: '' });
    expect(outcome.stderr).toMatch(/DISPLAY[\s\S]*ssh -X[\s\S]*psp capture --cdp/);
  });

  test('without a browser says so before anything else', async () => {
    const outcome = await home.psp(['login', site.origin], { env: { PSP_HEADLESS: '1', PSP_BROWSER: '/no/browser' } });
    expect(outcome.code).toBe(9);
    expect(outcome.stderr).toContain('PSP_BROWSER');
  });

  test('with a store that cannot be used ends before the person logs in', async () => {
    const outcome = await home.psp(['login', site.origin, '--store', 'file:/dev/null/store'], {
      env: { PSP_HEADLESS: '1' },
    });
    expect(outcome.code).toBe(8);
    expect(outcome.stderr).not.toContain('Log in in the browser window');
  });
});

test('no secret was in any output', () => {
  expect(home.outputs.length).toBeGreaterThan(20);
  const all = home.outputs.join('\n');
  for (const secret of [...Object.values(SECRETS), JWT]) expect(all).not.toContain(secret);
});
