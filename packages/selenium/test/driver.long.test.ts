/** The driver suite over each kind of session that Selenium has. */
import type { BrowserDriver } from '@psp/core';
import { DRIVER_CASES } from '@psp/core/testing';
import type { WebDriver } from 'selenium-webdriver';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startSite, type TestSite } from '../../core/test/support/site.js';
import { openSeleniumDriver } from '../src/adapter.js';
import { begin, KINDS, seleniumTarget } from './support.js';

describe.each(KINDS)('the driver through Selenium: $name', (kind) => {
  let site: TestSite;
  let server: { url: string; kill(): Promise<void> } | undefined;
  let user: WebDriver;
  let driver: BrowserDriver | undefined;

  beforeAll(async () => {
    site = await startSite();
    if (kind.missing === undefined) server = await kind.startServer();
  });
  afterAll(async () => {
    await server?.kill();
    await site.close();
  });
  beforeEach(async (test) => {
    if (server === undefined) return test.skip(kind.missing);
    user = await begin(kind, server.url);
    driver = await openSeleniumDriver(user, 10_000);
  });
  afterEach(async () => {
    await driver?.close();
    driver = undefined;
    await user?.quit();
  });

  test.each(DRIVER_CASES)('$name', async ({ name, run }) => {
    if (driver === undefined) throw new Error('no driver');
    const reason = kind.cannot?.get(name);
    const result = run({ driver, ...seleniumTarget(user) }, site);
    if (reason === undefined) await result;
    else await expect(result).rejects.toThrow(reason);
  });

  test('takes the best way that the session offers', () => {
    const { features, framework, engine } = driver as BrowserDriver;
    expect(framework).toBe('selenium');
    expect(engine).toBe(kind.name === 'chromedriver' ? 'chromium' : kind.name === 'WebKit' ? 'webkit' : 'firefox');
    expect([features.hiddenHelper, features.isolatedWorld]).toEqual(
      { cdp: [false, true], bidi: [false, true], webdriver: [false, false] }[kind.driver],
    );
  });

  test('marks the window that is current as the primary tab', async () => {
    const page = `${site.origin('second.localhost')}/`;
    await user.get(`${site.origin('first.localhost')}/`);
    await user.switchTo().newWindow('tab');
    await user.get(page);
    await driver?.close();
    driver = await openSeleniumDriver(user, 10_000);
    expect((await driver.tabs()).map(({ url, primary }) => [new URL(url).hostname, primary])).toEqual([
      ['second.localhost', true],
      ['first.localhost', false],
    ]);
    expect(await user.getCurrentUrl()).toBe(page);
  });
});
