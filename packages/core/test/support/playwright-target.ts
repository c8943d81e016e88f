/** The user's side of the driver suite, by Playwright. */
import type { Dialog, Page } from 'playwright';
import type { DriverTarget } from '../../src/testing/driver-case.js';

/** Make it before the driver is opened. The driver is added by the test. */
export async function playwrightTarget(page: Page): Promise<Omit<DriverTarget, 'driver'>> {
  let dialog: Dialog | undefined;
  // Playwright closes dialogs that nobody listens to.
  page.on('dialog', (opened) => (dialog = opened));
  const session = await page.context().newCDPSession(page);
  await session.send('Page.enable');
  session.on('Page.javascriptDialogClosed', () => (dialog = undefined));
  return {
    goto: async (url) => void (await page.goto(url)),
    evaluate: (expression) => page.evaluate(expression),
    shownTabs: async () => page.context().pages().length,
    dialogOpen: async () => dialog !== undefined,
    closeDialog: async () => dialog?.dismiss(),
  };
}
