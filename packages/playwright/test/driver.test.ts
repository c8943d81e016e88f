/** The driver suite over Playwright's own connection, to a browser launched by a pipe. */
import { findChromium, launchFlags, type BrowserDriver } from '@psp/core';
import { DRIVER_CASES } from '@psp/core/testing';
import { chromium, type Browser, type BrowserContext } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openPlaywrightDriver } from '../src/adapter.js';
import { startSite, type TestSite } from '../../core/test/support/site.js';

let site: TestSite;
let browser: Browser;
let context: BrowserContext;
let driver: BrowserDriver;

beforeAll(async () => {
  site = await startSite();
  browser = await chromium.launch({ executablePath: (await findChromium()) ?? '', args: launchFlags() });
});
afterAll(async () => {
  await browser.close();
  await site.close();
});
beforeEach(async () => {
  context = await browser.newContext();
});
afterEach(async () => {
  await driver.close();
  await context.close();
});

describe('the cdp driver through Playwright', () => {
  test.each(DRIVER_CASES)('$name', async ({ run }) => {
    const page = await context.newPage();
    driver = await openPlaywrightDriver(page, 10_000);
    const opened: string[] = [];
    context.on('page', (other) => opened.push(other.url()));
    await run({ driver, goto: async (url) => void (await page.goto(url)), evaluate: (e) => page.evaluate(e) }, site);
    expect(opened.filter((url) => url.includes('__psp_blank__'))).toEqual([]);
  });

  test('works in one context and does not see another', async () => {
    const other = await browser.newContext();
    await (await other.newPage()).goto(`${site.origin('other.localhost')}/`);
    await other.addCookies([{ name: 'other', value: '1', url: site.origin('other.localhost') }]);
    const page = await context.newPage();
    driver = await openPlaywrightDriver(page, 10_000);
    expect((await driver.cookies()).cookies).toEqual([]);
    expect((await driver.tabs()).map(({ url }) => url)).toEqual(['about:blank']);
    await other.close();
  });

  test('marks the page that was handed over as the primary tab', async () => {
    await (await context.newPage()).goto(`${site.origin('first.localhost')}/`);
    const page = await context.newPage();
    await page.goto(`${site.origin('second.localhost')}/`);
    driver = await openPlaywrightDriver(page, 10_000);
    expect((await driver.tabs()).map(({ url, primary }) => [new URL(url).hostname, primary])).toEqual([
      ['second.localhost', true],
      ['first.localhost', false],
    ]);
  });

  test('rejects calls under way when the page closes, and goes on', async () => {
    const page = await context.newPage();
    await page.goto(`${site.origin('a.localhost')}/`);
    driver = await openPlaywrightDriver(page, 10_000);
    const [tab] = await driver.tabs();
    if (tab === undefined) throw new Error('no tab');
    const [frame] = await driver.frames(tab, { timeoutMs: 5000 });
    if (frame === undefined) throw new Error('no frame');
    const waiting = driver.evaluate(tab, frame, 'async () => new Promise(() => {})', '', { timeoutMs: 60_000 });
    const rejected = expect(waiting).rejects.toMatchObject({ code: 'BROWSER_GONE' });
    await page.close();
    await rejected;
    expect(await driver.tabs()).toEqual([]);
  });
});
