/** Turns a driver of selenium-webdriver into a driver of ours, with the user's current window as the primary tab. */
import { SessionAdapter, type BrowserDriver } from '@psp/core';
import { within } from '@psp/core/cdp';
import { openWebDriver } from '@psp/core/webdriver';
import { checkDriver, type SeleniumDriver } from './selenium.js';
import { SeleniumTransport } from './transport.js';

const DEFAULT_TIMEOUT_MS = 30_000;

/**
 * Captures and restores the browser of a Selenium session: Chromium by CDP, Firefox by WebDriver BiDi where the session has
 * `webSocketUrl`, and every other one by the classic commands.
 *
 * ```js
 * const adapter = new SeleniumAdapter();
 * const session = await adapter.createSession(driver, { name: 'my-auth-session' });
 * ```
 */
export class SeleniumAdapter extends SessionAdapter<SeleniumDriver> {
  protected override openDriver(driver: SeleniumDriver): Promise<BrowserDriver> {
    return openSeleniumDriver(driver, this.options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
  }
}

/** The driver of the session's browser. Throws INVALID_INPUT, UNSUPPORTED, BROWSER_GONE or TIMEOUT. */
export async function openSeleniumDriver(driver: SeleniumDriver, timeoutMs: number): Promise<BrowserDriver> {
  checkDriver(driver);
  const transport = await within(SeleniumTransport.open(driver), timeoutMs, 'the session');
  return openWebDriver({ transport, timeoutMs });
}
