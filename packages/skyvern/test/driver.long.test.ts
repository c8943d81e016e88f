/** The driver suite beside a Playwright that drives the same browser, both through the stand-in for Skyvern. */
import type { BrowserDriver } from '@psp/core';
import { DRIVER_CASES } from '@psp/core/testing';
import { chromium } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startSkyvernStandIn } from '../../../matrix/skyvern-stand-in.mjs';
import { playwrightTarget } from '../../core/test/support/playwright-target.js';
import { startSite, type TestSite } from '../../core/test/support/site.js';
import { openSkyvernDriver } from '../src/adapter.js';

const apiKey = 'key-of-the-stand-in';

let site: TestSite;
let skyvern: Awaited<ReturnType<typeof startSkyvernStandIn>>;
let driver: BrowserDriver | undefined;

beforeAll(async () => {
  site = await startSite();
});
afterAll(() => site.close());
beforeEach(async () => {
  skyvern = await startSkyvernStandIn({ apiKey });
});
afterEach(async () => {
  await driver?.close();
  driver = undefined;
  await skyvern.close();
});

describe('the cdp driver through the stand-in for Skyvern', () => {
  test.each(DRIVER_CASES)('$name', async ({ run }) => {
    const { id, address } = await skyvern.create();
    const user = await chromium.connectOverCDP(address ?? '', { headers: { 'x-api-key': apiKey } });
    const page = user.contexts()[0]?.pages()[0];
    if (page === undefined) throw new Error('The browser has no tab.');
    const target = await playwrightTarget(page);
    driver = await openSkyvernDriver(id, { apiKey, baseUrl: skyvern.url, timeoutMs: 10_000 });
    expect(driver.framework).toBe('skyvern');
    await run({ driver, ...target }, site);
  });
});
