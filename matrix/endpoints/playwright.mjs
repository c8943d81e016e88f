/** Playwright: a Chromium that it launched, one that it connected to over CDP, and a Firefox through WebDriver BiDi. */
import { findChromium, launchFlags } from '@psp/core';
import { PlaywrightAdapter } from '@psp/playwright';
import { chromium } from 'playwright';
import { firefox } from 'playwright-1.64';
import { find, missing } from '../browsers/available.mjs';
import { startChromium } from '../browsers/chromium.mjs';
import { versionOf } from '../versions.mjs';
import { drive, orEnd } from './drive.mjs';

const through = 'PlaywrightAdapter';

/** A context of a browser of Playwright's, which trusts the test's certificate. */
async function contextOf(browser, options, close = () => browser.close()) {
  return orEnd(close, async () => {
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    const page = await context.newPage();
    return drive({ adapter: new PlaywrightAdapter(options), page, goto: (url) => page.goto(url), close });
  });
}

/** @type {import('./drive.mjs').Endpoint[]} */
export const playwright = [
  {
    name: 'playwright',
    label: 'Playwright, launched',
    engine: 'chromium',
    through,
    framework: versionOf('playwright'),
    missing: () => undefined,
    open: async (options) =>
      contextOf(await chromium.launch({ executablePath: await findChromium(), args: launchFlags() }), options),
  },
  {
    name: 'playwright-cdp',
    label: 'Playwright, connectOverCDP',
    engine: 'chromium',
    through,
    framework: versionOf('playwright'),
    missing: () => undefined,
    async open(options) {
      const chromiumProcess = await startChromium();
      return orEnd(chromiumProcess.kill, async () => {
        const browser = await chromium.connectOverCDP(chromiumProcess.http);
        // The context that was there before, as with a browser of the user's own.
        const [context] = browser.contexts();
        const page = context.pages()[0] ?? (await context.newPage());
        const close = async () => {
          await browser.close();
          await chromiumProcess.kill();
        };
        return drive({ adapter: new PlaywrightAdapter(options), page, goto: (url) => page.goto(url), close });
      });
    },
  },
  {
    name: 'playwright-firefox',
    label: 'Playwright, channel `moz-firefox`',
    engine: 'firefox',
    through,
    framework: versionOf('playwright-1.64'),
    missing: () => missing('firefox'),
    open: async (options) =>
      contextOf(await firefox.launch({ channel: 'moz-firefox', executablePath: find('firefox') }), options),
  },
];
