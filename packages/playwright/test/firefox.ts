/** What the tests of the page-api driver share: a site, a Firefox, and in it a context with one page, new for each test. */
import type { BrowserDriver, Tab } from '@psp/core';
import { firefox, type Browser, type BrowserContext, type Page } from 'playwright-1.64';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { startSite, type TestSite } from '../../core/test/support/site.js';
import { openPlaywrightDriver } from '../src/adapter.js';
import { FIREFOX } from './firefox-launch.js';

export const TIMEOUT = { timeoutMs: 10_000 };

export let site: TestSite;
export let browser: Browser;
export let context: BrowserContext;
export let page: Page;
const drivers: BrowserDriver[] = [];

beforeAll(async () => {
  [site, browser] = await Promise.all([startSite(), firefox.launch(FIREFOX)]);
});
afterAll(async () => {
  await browser.close();
  await site.close();
});
beforeEach(async () => {
  context = await browser.newContext();
  page = await context.newPage();
});
afterEach(async () => {
  for (const driver of drivers.splice(0)) await driver.close();
  await context.close();
});

/** Closed after the test. */
export async function openDriver(of: Page = page): Promise<BrowserDriver> {
  const driver = await openPlaywrightDriver(of, 10_000);
  drivers.push(driver);
  return driver;
}

export async function primaryOf(driver: BrowserDriver): Promise<Tab> {
  const [tab] = await driver.tabs();
  if (tab?.primary !== true) throw new Error('no primary tab');
  return tab;
}
