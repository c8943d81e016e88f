/** The driver suite over each kind of connection that Puppeteer has. */
import type { BrowserDriver } from '@psp/core';
import { DRIVER_CASES } from '@psp/core/testing';
import type { Browser, BrowserContext } from 'puppeteer-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startSite, type TestSite } from '../../core/test/support/site.js';
import { openPuppeteerDriver } from '../src/adapter.js';
import { KINDS, puppeteerTarget } from './support.js';

describe.each(KINDS)('the driver through Puppeteer: $name', (kind) => {
  // Each kind has a site of its own, since the cases look at the requests it got.
  let site: TestSite;
  let browser: Browser;
  let context: BrowserContext;
  let driver: BrowserDriver | undefined;

  beforeAll(async () => {
    site = await startSite();
    if (kind.missing === undefined) browser = await kind.launch();
  });
  afterAll(async () => {
    await browser?.close();
    await site.close();
  });
  beforeEach(async (test) => {
    if (kind.missing !== undefined) test.skip(kind.missing);
    context = await browser.createBrowserContext();
  });
  afterEach(async () => {
    await driver?.close();
    driver = undefined;
    await context?.close();
  });

  test.each(DRIVER_CASES)('$name', async ({ run }) => {
    const page = await context.newPage();
    const target = puppeteerTarget(page);
    driver = await openPuppeteerDriver(page, 10_000);
    await run({ driver, ...target }, site);
  });

  test('works in one context and does not see another', async () => {
    const other = await browser.createBrowserContext();
    const otherPage = await other.newPage();
    await otherPage.goto(`${site.origin('other.localhost')}/`);
    await otherPage.evaluate('document.cookie = "other=1"');
    const page = await context.newPage();
    driver = await openPuppeteerDriver(page, 10_000);
    expect((await driver.cookies()).cookies).toEqual([]);
    expect((await driver.tabs()).map(({ url }) => url)).toEqual(['about:blank']);
    await other.close();
  });

  test('marks the page that was handed over as the primary tab', async () => {
    await (await context.newPage()).goto(`${site.origin('first.localhost')}/`);
    const page = await context.newPage();
    await page.goto(`${site.origin('second.localhost')}/`);
    driver = await openPuppeteerDriver(page, 10_000);
    expect((await driver.tabs()).map(({ url, primary }) => [new URL(url).hostname, primary])).toEqual([
      ['second.localhost', true],
      ['first.localhost', false],
    ]);
  });

  test('works in the context that the browser begins with', async () => {
    const page = await browser.newPage();
    await page.goto(`${site.origin('default.localhost')}/`);
    await page.evaluate('document.cookie = "default=1"');
    driver = await openPuppeteerDriver(page, 10_000);
    expect((await driver.cookies()).cookies).toMatchObject([{ name: 'default' }]);
    expect((await driver.tabs())[0]).toMatchObject({ primary: true, url: page.url() });
    await page.close();
  });

  test('a browser that closes while it is asked is BROWSER_GONE, in our words', async () => {
    const own = await kind.launch();
    const page = await own.newPage();
    await page.goto(`${site.origin('a.localhost')}/`);
    const opened = await openPuppeteerDriver(page, 10_000);
    const [tab] = await opened.tabs();
    if (tab === undefined) throw new Error('no tab');
    const [frame] = await opened.frames(tab, { timeoutMs: 5000 });
    if (frame === undefined) throw new Error('no frame');
    const waiting = opened.evaluate(tab, frame, 'async () => new Promise(() => {})', '', { timeoutMs: 60_000 });
    const rejected = expect(waiting).rejects.toMatchObject({ name: 'PspError', code: 'BROWSER_GONE' });
    await own.close();
    await rejected;
    await expect(opened.cookies()).rejects.toMatchObject({ code: 'BROWSER_GONE' });
    await opened.close();
  });
});
