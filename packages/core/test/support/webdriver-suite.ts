/** The driver suite over a classic WebDriver session, beside a user who drives the same browser by raw commands. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { BrowserDriver } from '../../src/browser/driver.js';
import { connectWebDriver } from '../../src/browser/webdriver/open.js';
import { DRIVER_CASES } from '../../src/testing/driver-suite.js';
import { startSite, type TestSite } from './site.js';
import { beginSession, type WebDriverUser } from './webdriver-user.js';

export interface WebDriverBrowser {
  readonly name: string;
  readonly engine: BrowserDriver['engine'];
  start(): Promise<{ url: string; kill(): Promise<void> }>;
  capabilities(): object | Promise<object>;
  /** One session for all cases: the browser takes too long to start. */
  readonly isShared: boolean;
  /** Cases that cannot hold by classic WebDriver, each with the error that shows it and why. */
  readonly cannot: ReadonlyMap<string, RegExp>;
}

/** There is no way past a service worker by WebDriver: its answer is seen once its code has run. */
export const WORKER: [string, RegExp] = [
  '[PSP-TRAP-25] never lets a service worker answer in its place, and leaves it registered',
  /no code of the site ran/,
];

/** The command that opens a window closes the dialog of the current one, so no other page can be opened; the dialog stays. */
export const DIALOG: [string, RegExp] = [
  '[PSP-CAP-4] an open dialog costs its own tab only, and stays open',
  /Expected values to be strictly deep-equal:\s+\+ actual - expected\s+\+ \[\]\s+- \[\s+-\s+'k'/,
];

/** Defines the tests. */
export function describeDriver(browser: WebDriverBrowser): void {
  const { start, capabilities, engine, isShared, cannot } = browser;
  describe.each([browser])('$name', () => {
    let site: TestSite;
    let server: Awaited<ReturnType<WebDriverBrowser['start']>>;
    let user: WebDriverUser | undefined;
    let driver: BrowserDriver | undefined;

    beforeAll(async () => {
      server = await start();
    });
    afterAll(() => server.kill());
    beforeEach(async () => {
      // On a port of its own, so that no storage is left from the case before.
      site = await startSite();
      user ??= await beginSession(server.url, await capabilities());
    });
    afterEach(async () => {
      await driver?.close();
      driver = undefined;
      if (isShared) await user?.clear(['a.localhost', 'shop.localhost', 'sub.shop.localhost'].map(site.origin));
      else {
        await user?.end();
        user = undefined;
      }
      await site.close();
    });

    test.each(DRIVER_CASES)('$name', async ({ name, run }) => {
      if (user === undefined) throw new Error('no session');
      const { sessionId } = user;
      driver = await connectWebDriver(server.url, { sessionId, timeoutMs: 20_000, capabilities: user.capabilities });
      expect(driver.engine).toBe(engine);
      // Some drivers ask the browser for its lists once, in a tab that would show for a moment.
      await driver.discoverOrigins({ timeoutMs: 20_000 });
      const reason = cannot.get(name);
      const result = run({ ...user, driver }, site);
      if (reason === undefined) await result;
      else await expect(result).rejects.toThrow(reason);
    });
  });
}
