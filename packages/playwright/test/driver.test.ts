/** The driver suite over Playwright's own connection, to a browser launched by a pipe. */
import { findChromium, launchFlags, type BrowserDriver, type Tab } from '@psp/core';
import { DRIVER_CASES } from '@psp/core/testing';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openPlaywrightDriver } from '../src/adapter.js';
import { playwrightTarget } from '../../core/test/support/playwright-target.js';
import { startSite, type TestSite } from '../../core/test/support/site.js';

const TIMEOUT = { timeoutMs: 10_000 };

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
  await driver?.close();
  await context.close();
});

describe('the cdp driver through Playwright', () => {
  test.each(DRIVER_CASES)('$name', async ({ run }) => {
    const page = await context.newPage();
    const target = await playwrightTarget(page);
    driver = await openPlaywrightDriver(page, 10_000);
    const opened: string[] = [];
    context.on('page', (other) => opened.push(other.url()));
    await run({ driver, ...target }, site);
    expect(opened.filter((url) => !url.includes('.localhost:'))).toEqual([]);
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

  test('tells of a crash as often as asked, and reads the tab again after a reload', async () => {
    const page = await context.newPage();
    await page.goto(`${site.origin('a.localhost')}/`);
    driver = await openPlaywrightDriver(page, 10_000);
    const [tab] = await driver.tabs();
    if (tab === undefined) throw new Error('no tab');
    const session = await context.newCDPSession(page);
    const crash = page.waitForEvent('crash');
    page.goto('chrome://crash').catch(() => undefined);
    await crash;
    for (let time = 0; time < 2; time++) {
      await expect(driver.frames(tab, TIMEOUT)).rejects.toMatchObject({
        code: 'BROWSER_GONE',
        message: 'The tab crashed.',
      });
    }
    // Playwright gives a crashed page up, but a person can reload the tab.
    await session.send('Page.navigate', { url: `${site.origin('b.localhost')}/` });
    expect(await driver.frames(tab, TIMEOUT)).toMatchObject([{ url: `${site.origin('b.localhost')}/` }]);
  });

  test('a context that is closed is BROWSER_GONE, in our words', async () => {
    const page = await context.newPage();
    driver = await openPlaywrightDriver(page, 10_000);
    await context.close();
    await expect(driver.cookies()).rejects.toMatchObject({ name: 'PspError', code: 'BROWSER_GONE' });
    await expect(driver.openHelper()).rejects.toMatchObject({ name: 'PspError' });
  });

  test('a page that asks before it is left is left all the same', async () => {
    const { page, tab } = await pageThatAsks();
    await driver.visitBlank(tab, site.origin('b.localhost'), TIMEOUT);
    await driver.release(tab, `${site.origin('a.localhost')}/`, TIMEOUT);
    await page.waitForURL(`${site.origin('a.localhost')}/`);
  });

  test('a tab that could not be left works on after it is given up', async () => {
    const { page, tab } = await pageThatAsks();
    // The user says no, before we can say yes.
    page.on('dialog', (dialog) => void dialog.dismiss().catch(() => undefined));
    const here = page.url();
    await driver.visitBlank(tab, site.origin('b.localhost'), { timeoutMs: 2000 }).catch(() => undefined);
    await driver.abandon(tab, here);
    await page.waitForURL(here);
    expect(await page.evaluate('fetch(location.href).then((response) => response.status)')).toBe(200);
    await driver.abandon(tab, here);
  });

  test('a tab whose address gives no document ends on about:blank, and it is told', async () => {
    const page = await context.newPage();
    driver = await openPlaywrightDriver(page, 10_000);
    await page.route('**/nothing', (route) => route.fulfill({ status: 204 }));
    const [tab] = await driver.tabs();
    if (tab === undefined) throw new Error('no tab');
    await driver.visitBlank(tab, site.origin('a.localhost'), TIMEOUT);
    const release = driver.release(tab, `${site.origin('a.localhost')}/nothing`, TIMEOUT);
    await expect(release).rejects.toMatchObject({ code: 'BROWSER_UNREACHABLE' });
    await page.waitForURL('about:blank');
  });

  async function pageThatAsks(): Promise<{ page: Page; tab: Tab }> {
    site.serve(
      '/asks',
      '<title>asks</title><button>x</button><script>onbeforeunload = (e) => e.preventDefault()</script>',
    );
    const page = await context.newPage();
    await page.goto(`${site.origin('a.localhost')}/asks`);
    // Browsers ask only where the user has done something.
    await page.click('button');
    driver = await openPlaywrightDriver(page, 10_000);
    const [tab] = await driver.tabs();
    if (tab === undefined) throw new Error('no tab');
    return { page, tab };
  }
});
