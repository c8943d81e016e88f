/** The window in which a person logs in: a browser of their machine, started for this and thrown away after. */
import { findChromium, launchFlags, type BrowserDriver } from '@psp/core';
import { PlaywrightAdapter } from '@psp/playwright';
import { PspError } from '@psp/protocol';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';

export interface LoginBrowser {
  readonly browser: Browser;
  /** A context of its own, held in memory: nothing of the login reaches the disk. */
  readonly context: BrowserContext;
  readonly page: Page;
  readonly driver: BrowserDriver;
  close(): Promise<void>;
}

/** Throws BROWSER_MISSING, or UNSUPPORTED where there is no display to show a window on. */
export async function openLoginBrowser(timeoutMs: number | undefined): Promise<LoginBrowser> {
  // For tests of the login on machines without a display.
  const headless = process.env['PSP_HEADLESS'] === '1';
  if (!headless) requireDisplay();
  const executablePath = await findChromium();
  if (executablePath === undefined)
    throw new PspError('BROWSER_MISSING', 'no Chromium, Chrome, Edge or Brave was found');
  const browser = await chromium.launch({
    headless,
    executablePath,
    args: launchFlags(),
    // A person drives it: sites must not be told that a machine does.
    ignoreDefaultArgs: ['--enable-automation'],
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  });
  try {
    const context = await browser.newContext({ viewport: null });
    // Without a listener Playwright answers the site's dialogs itself.
    context.on('dialog', () => undefined);
    const page = await context.newPage();
    const driver = await new DriverSource(timeoutMs === undefined ? {} : { timeoutMs }).driverOf(page);
    // Chromium makes no hidden tab once the last window is closed, unless there is one: the final look needs it.
    await driver.openHelper();
    return { browser, context, page, driver, close: () => closeAll(browser, driver) };
  } catch (error) {
    await browser.close();
    throw error;
  }
}

async function closeAll(browser: Browser, driver: BrowserDriver): Promise<void> {
  await driver.close();
  await browser.close();
}

function requireDisplay(): void {
  const { DISPLAY = '', WAYLAND_DISPLAY = '' } = process.env;
  if (process.platform !== 'linux' || DISPLAY !== '' || WAYLAND_DISPLAY !== '') return;
  throw new PspError(
    'UNSUPPORTED',
    'login: expected a display for the browser window, found none (DISPLAY is not set). Connect with ssh -X, or log in in a browser elsewhere that runs with --remote-debugging-port and use psp capture --cdp URL',
  );
}

/** The adapter knows how a page becomes a driver; here the driver is wanted without a session. */
class DriverSource extends PlaywrightAdapter {
  driverOf(page: Page): Promise<BrowserDriver> {
    return this.openDriver(page);
  }
}
