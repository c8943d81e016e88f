/** Stagehand 3 for tests: a local Chromium, no model and no network, and the user's side of the driver suite. */
import { Stagehand } from '@browserbasehq/stagehand';
import { findChromium, launchFlags } from '@psp/core';
import type { DriverTarget } from '@psp/core/testing';

/** Stagehand evaluates without the gesture of a user, and popups want one. */
const POPUPS = '--disable-popup-blocking';

/** Close it. */
export async function startStagehand(options: { cdpUrl?: string } = {}): Promise<Stagehand> {
  const executablePath = await findChromium();
  if (executablePath === undefined) throw new Error('No Chromium here: run `npm run setup`.');
  const stagehand = new Stagehand({
    env: 'LOCAL',
    verbose: 0,
    disablePino: true,
    localBrowserLaunchOptions:
      options.cdpUrl === undefined
        ? { executablePath, headless: true, args: [...launchFlags(), POPUPS], chromiumSandbox: false }
        : { cdpUrl: options.cdpUrl },
  });
  await stagehand.init();
  return stagehand;
}

/** The page on which Stagehand acts. */
export function activePage(stagehand: Stagehand): NonNullable<ReturnType<Stagehand['context']['activePage']>> {
  const page = stagehand.context.activePage();
  if (page === undefined) throw new Error('Stagehand has no page.');
  return page;
}

/** Make it before the driver is opened. The driver is added by the test. */
export async function stagehandTarget(stagehand: Stagehand): Promise<Omit<DriverTarget, 'driver'>> {
  const page = activePage(stagehand);
  let dialogOpen = false;
  const session = page.getSessionForFrame(page.mainFrameId());
  await session.send('Page.enable');
  session.on('Page.javascriptDialogOpening', () => (dialogOpen = true));
  session.on('Page.javascriptDialogClosed', () => (dialogOpen = false));
  return {
    goto: async (url) => void (await page.goto(url)),
    evaluate: (expression) => page.evaluate(expression),
    shownTabs: async () => stagehand.context.pages().length,
    dialogOpen: async () => dialogOpen,
    closeDialog: async () => void (await session.send('Page.handleJavaScriptDialog', { accept: false })),
  };
}
