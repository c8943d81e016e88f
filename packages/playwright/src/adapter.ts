/** Turns a Playwright page into a driver: over CDP where its browser is a Chromium, else by Playwright's public API. */
import { PspError } from '@psp/protocol';
import { SessionAdapter, type BrowserDriver } from '@psp/core';
import { CdpDriver, within } from '@psp/core/cdp';
import { PageApiDriver } from './page-api/driver.js';
import type { ApiPage } from './page-api/playwright.js';
import { PlaywrightTransport, type PlaywrightBrowser, type PlaywrightCdpSession } from './transport.js';

/** The slice of Playwright's Page that is used, so that any version and `playwright`, `playwright-core` or `@playwright/test` fit. */
export interface PlaywrightPage {
  context(): {
    browser(): unknown;
    newCDPSession(page: never): Promise<unknown>;
  };
  isClosed(): boolean;
}

interface NamedBrowser extends PlaywrightBrowser {
  browserType(): { name(): string };
  version(): string;
}

const DEFAULT_TIMEOUT_MS = 30_000;

/**
 * Captures and restores the browser context of a Playwright page: Chromium (launched, persistent or connected over CDP) with all that
 * its debugging protocol offers, Firefox and WebKit as far as Playwright's own API goes. What that leaves out is named in the losses.
 *
 * ```js
 * const adapter = new PlaywrightAdapter();
 * const session = await adapter.createSession(page, { name: 'my-auth-session' });
 * ```
 */
export class PlaywrightAdapter extends SessionAdapter<PlaywrightPage> {
  protected override openDriver(page: PlaywrightPage): Promise<BrowserDriver> {
    return beginPlaywrightDriver(page, this.options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
  }
}

/** The driver of the page's browser context, when it is ready. Throws as `beginPlaywrightDriver` does. */
export async function openPlaywrightDriver(page: PlaywrightPage, timeoutMs: number): Promise<BrowserDriver> {
  const driver = await beginPlaywrightDriver(page, timeoutMs);
  await driver.ready();
  return driver;
}

/** The driver of the page's browser context. Throws INVALID_INPUT, UNSUPPORTED, TIMEOUT or BROWSER_GONE. */
async function beginPlaywrightDriver(page: PlaywrightPage, timeoutMs: number): Promise<BrowserDriver> {
  const browser = browserOf(page);
  const name = browser.browserType().name();
  if (name === 'chromium') return openCdp(page, browser, timeoutMs);
  if (name !== 'firefox' && name !== 'webkit') {
    throw new PspError('UNSUPPORTED', `Expected a page of Chromium, Firefox or WebKit, found ${name}.`);
  }
  const apiPage = page as unknown as ApiPage;
  return PageApiDriver.open({ page: apiPage, engine: name, browserVersion: browser.version(), timeoutMs });
}

async function openCdp(page: PlaywrightPage, browser: NamedBrowser, timeoutMs: number): Promise<BrowserDriver> {
  const finding = within(targetOf(page), timeoutMs, 'Target.getTargetInfo');
  finding.catch(() => undefined); // told below, unless there is no connection at all
  const transport = await within(PlaywrightTransport.open(browser), timeoutMs, 'a CDP session');
  try {
    const { session, targetId, browserContextId } = await finding;
    transport.keep(session);
    return await CdpDriver.begin({ transport, browserContextId, primaryTargetId: targetId, timeoutMs });
  } catch (error) {
    await transport.close();
    throw error;
  }
}

function browserOf(page: PlaywrightPage): NamedBrowser {
  if (typeof page?.context !== 'function' || typeof page.isClosed !== 'function') {
    throw new PspError('INVALID_INPUT', 'Expected a Playwright page, as browser.newPage() gives it.');
  }
  if (page.isClosed()) throw new PspError('BROWSER_GONE', 'The page is closed.');
  const browser = page.context().browser() as NamedBrowser | null;
  if (browser !== null) return browser;
  throw new PspError(
    'UNSUPPORTED',
    'This Playwright does not name the browser of a persistent context, nor that of an Android device. Use launch() and browser.newContext(), or Playwright 1.64 or later.',
  );
}

async function targetOf(
  page: PlaywrightPage,
): Promise<{ session: PlaywrightCdpSession; targetId: string; browserContextId: string | undefined }> {
  const session = (await page.context().newCDPSession(page as never)) as PlaywrightCdpSession;
  const { targetInfo } = (await session.send('Target.getTargetInfo')) as {
    targetInfo: { targetId: string; browserContextId?: string };
  };
  return { session, targetId: targetInfo.targetId, browserContextId: targetInfo.browserContextId };
}
