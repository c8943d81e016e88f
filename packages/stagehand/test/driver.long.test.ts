/** The driver suite beside a Stagehand 3 that drives the same browser. */
import type { Stagehand } from '@browserbasehq/stagehand';
import type { BrowserDriver } from '@psp/core';
import { DRIVER_CASES } from '@psp/core/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startSite, type TestSite } from '../../core/test/support/site.js';
import { openStagehandDriver } from '../src/adapter.js';
import { stagehandTarget, startStagehand } from './stagehand.js';

let site: TestSite;
let stagehand: Stagehand;
let driver: BrowserDriver | undefined;

beforeAll(async () => {
  site = await startSite();
});
afterAll(() => site.close());
beforeEach(async () => {
  stagehand = await startStagehand();
});
afterEach(async () => {
  await driver?.close();
  driver = undefined;
  await stagehand.close();
});

describe('the cdp driver through Stagehand 3', () => {
  test.each(DRIVER_CASES)('$name', async ({ run }) => {
    const target = await stagehandTarget(stagehand);
    driver = await openStagehandDriver(stagehand, { timeoutMs: 10_000 });
    expect(driver.framework).toBe('stagehand');
    await run({ driver, ...target }, site);
  });
});
