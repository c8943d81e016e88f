/** What the tests of the Puppeteer adapter share: how each kind of browser starts, and the user's side of the driver suite. */
import { findChromium, launchFlags } from '@psp/core';
import puppeteer, { type Browser, type Dialog, type Page } from 'puppeteer-core';
import type { DriverTarget } from '@psp/core/testing';
import { find, missing } from '../../../matrix/browsers/available.mjs';

export interface Kind {
  readonly name: string;
  /** As Puppeteer connects unless it is told otherwise. */
  readonly isUsual: boolean;
  /** Why it cannot run here, if it cannot. */
  readonly missing: string | undefined;
  launch(options?: { userDataDir?: string }): Promise<Browser>;
}

const chromium = async (options: object): Promise<Browser> =>
  puppeteer.launch({ executablePath: (await findChromium()) ?? '', args: [...launchFlags()], ...options });

export const KINDS: readonly Kind[] = [
  { name: 'Chromium by WebSocket', isUsual: true, missing: undefined, launch: (options) => chromium({ ...options }) },
  {
    name: 'Chromium by a pipe',
    isUsual: false,
    missing: undefined,
    launch: (options) => chromium({ ...options, pipe: true }),
  },
  {
    name: 'Chromium by WebDriver BiDi',
    isUsual: false,
    missing: undefined,
    launch: (options) => chromium({ ...options, protocol: 'webDriverBiDi' }),
  },
  {
    name: 'Firefox',
    isUsual: true,
    missing: missing('firefox'),
    launch: (options) => puppeteer.launch({ ...options, browser: 'firefox', executablePath: find('firefox') ?? '' }),
  },
];

/** The user's side. Make it before the driver is opened, which the test adds. */
export function puppeteerTarget(page: Page): Omit<DriverTarget, 'driver'> {
  let dialog: Dialog | undefined;
  page.on('dialog', (opened) => (dialog = opened));
  return {
    goto: async (url) => void (await page.goto(url)),
    evaluate: (expression) => page.evaluate(expression),
    shownTabs: async () => (await page.browserContext().pages()).length,
    // Puppeteer does not tell of closed dialogs; one that somebody else closed cannot be closed again.
    dialogOpen: async () => dialog !== undefined,
    closeDialog: async () => {
      await dialog?.dismiss();
      dialog = undefined;
    },
  };
}
