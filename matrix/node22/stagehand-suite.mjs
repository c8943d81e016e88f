/**
 * The driver suite beside a Stagehand 4 that drives the same browser, and what becomes of a driver when Stagehand is closed. Prints a
 * line of JSON for each case: `{ name, error? }`. Runs under the Node.js of this folder, which reads the site's TypeScript as it is.
 */
import assert from 'node:assert/strict';
import { DRIVER_CASES } from '@psp/core/testing';
import { openStagehandDriver } from '../../packages/stagehand/dist/adapter.js';
import { Dialogs } from './dialogs.mjs';
import { FRAMEWORKS } from './frameworks.mjs';

/** By a name at run time, since the project's compiler looks at JavaScript and TypeScript apart. */
const SITE = '../../packages/core/test/support/site.ts';

/** Stagehand evaluates without the gesture of a user, and popups want one. */
const FLAGS = ['--disable-popup-blocking'];
const TIMEOUT = { timeoutMs: 10_000 };

const { startSite } = await import(SITE);
const site = await startSite();
for (const { name, run } of DRIVER_CASES) {
  await tell(name, async (opened) => {
    const dialogs = await Dialogs.of(opened.page);
    const driver = await openStagehandDriver(opened.page, TIMEOUT);
    try {
      const { goto, evaluate, tabs: shownTabs } = opened;
      const load = async (/** @type {string} */ url) => void (await goto(url));
      await run({ driver, goto: load, evaluate, shownTabs, ...dialogs.target() }, site);
    } finally {
      await driver.close();
      dialogs.close();
    }
  });
}
await tell('the tab on which Stagehand acts is the primary one', async ({ page, goto }) => {
  await goto(`${site.origin('a.localhost')}/`);
  await page.browser.context.newPage(`${site.origin('b.localhost')}/`);
  const acting = await page.browser.context.activePage();
  const driver = await openStagehandDriver(page, TIMEOUT);
  const tabs = await driver.tabs();
  await driver.close();
  assert.deepEqual(
    tabs.map(({ id, primary }) => [id === acting.pageId, primary]),
    [
      [true, true],
      [false, false],
    ],
  );
});
await tell('the browser can be reached after stagehand.close(), and not after browser.close()', async ({ page }) => {
  const { browser } = page;
  await page.close();
  const driver = await openStagehandDriver(page, TIMEOUT);
  assert.deepEqual(
    (await driver.tabs()).map(({ primary }) => primary),
    [true],
  );
  await driver.close();
  await browser.close();
  await assert.rejects(openStagehandDriver(page, TIMEOUT), { name: 'PspError', code: 'BROWSER_GONE' });
});
await site.close();

/** @param {string} name @param {(opened: import('./frameworks.mjs').Opened) => Promise<void>} run with a browser of its own */
async function tell(name, run) {
  const opened = await FRAMEWORKS.stagehand({ storage: 'memory:' }, FLAGS);
  let error;
  try {
    await run(opened);
  } catch (reason) {
    error = reason instanceof Error ? reason.stack : String(reason);
  } finally {
    await opened.close();
  }
  process.stdout.write(`${JSON.stringify({ name, error })}\n`);
}
