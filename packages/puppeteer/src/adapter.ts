/** Turns a Puppeteer page into a driver: its browser's own connection, and the page's tab as the primary one. */
import { PspError } from '@psp/protocol';
import { SessionAdapter, type BrowserDriver } from '@psp/core';
import { openBidi } from '@psp/core/bidi';
import { CdpDriver, within } from '@psp/core/cdp';
import { PuppeteerBidiTransport } from './bidi-transport.js';
import { PuppeteerCdpTransport } from './cdp-transport.js';
import {
  checkPage,
  expectMethods,
  type PuppeteerBidiBrowser,
  type PuppeteerBidiConnection,
  type PuppeteerBrowser,
  type PuppeteerCdpSession,
  type PuppeteerConnection,
  type PuppeteerPage,
} from './puppeteer.js';

const DEFAULT_TIMEOUT_MS = 30_000;

/**
 * Captures and restores the browser context of a Puppeteer page: Chromium by CDP (launched, by a pipe, or connected to) or by WebDriver
 * BiDi, and Firefox.
 *
 * ```js
 * const adapter = new PuppeteerAdapter();
 * const session = await adapter.createSession(page, { name: 'my-auth-session' });
 * ```
 */
export class PuppeteerAdapter extends SessionAdapter<PuppeteerPage> {
  protected override openDriver(page: PuppeteerPage): Promise<BrowserDriver> {
    return openPuppeteerDriver(page, this.options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
  }
}

/** The driver of the page's browser context. Throws INVALID_INPUT, UNSUPPORTED, BROWSER_GONE or TIMEOUT. */
export async function openPuppeteerDriver(page: PuppeteerPage, timeoutMs: number): Promise<BrowserDriver> {
  checkPage(page);
  const browser: PuppeteerBidiBrowser = page.browser();
  if (browser.connection === undefined) return openCdp(page, browserSession(browser), timeoutMs);
  // Beneath BiDi, Puppeteer itself drives Chromium by CDP, which tells more.
  if (browser.cdpConnection !== undefined) return openCdp(page, sessionBeneath(browser), timeoutMs);
  const connection = expectMethods<PuppeteerBidiConnection>(
    browser.connection,
    ['send', 'on', 'off'],
    'its connection',
  );
  const transport = await within(PuppeteerBidiTransport.open(browser, connection), timeoutMs, 'the version');
  try {
    const userContext = page.browserContext().id ?? 'default';
    return await openBidi({ transport, timeoutMs, userContext, primaryContext: contextOf(page) });
  } catch (error) {
    await transport.close();
    throw error;
  }
}

type Opening = Promise<PuppeteerCdpTransport>;

async function openCdp(page: PuppeteerPage, opening: Opening, timeoutMs: number): Promise<BrowserDriver> {
  const transport = await within(opening, timeoutMs, 'a CDP session');
  try {
    const { targetId, browserContextId } = await within(targetOf(page, transport), timeoutMs, 'Target.getTargetInfo');
    return await CdpDriver.open({ transport, browserContextId, primaryTargetId: targetId, timeoutMs });
  } catch (error) {
    await transport.close();
    throw error;
  }
}

async function browserSession(browser: PuppeteerBrowser): Opening {
  const session = expectSession(await browser.target().createCDPSession());
  return new PuppeteerCdpTransport({ browser, connection: expectConnection(session.connection()), session });
}

async function sessionBeneath(browser: PuppeteerBidiBrowser): Opening {
  const connection = expectConnection(browser.cdpConnection);
  const { targetInfo: target } = (await connection.send('Target.getTargetInfo' as never)) as {
    targetInfo: { targetId: string };
  };
  // What speaks BiDi here ends the first session that it sees with the browser itself, and leaves later ones alone.
  const first = await connection.createSession(target);
  const session = expectSession(await connection.createSession(target));
  await first.detach().catch(() => undefined); // ended already
  return new PuppeteerCdpTransport({ browser, connection, session });
}

function expectConnection(value: unknown): PuppeteerConnection {
  return expectMethods(value, ['send', 'session', 'createSession', 'on', 'off'], 'its CDP connection');
}

function expectSession(value: unknown): PuppeteerCdpSession {
  return expectMethods(value, ['send', 'connection', 'detach', 'on', 'off'], 'a CDP session');
}

async function targetOf(
  page: PuppeteerPage,
  transport: PuppeteerCdpTransport,
): Promise<{ targetId: string; browserContextId: string | undefined }> {
  const session = expectSession(await page.createCDPSession());
  const { targetInfo } = (await session.send('Target.getTargetInfo' as never)) as {
    targetInfo: { targetId: string; browserContextId?: string };
  };
  transport.keep(session);
  return { targetId: targetInfo.targetId, browserContextId: targetInfo.browserContextId };
}

/** BiDi's own id of the page's tab, which Puppeteer keeps as the id of its main frame. */
function contextOf(page: PuppeteerPage): string {
  const { _id: id } = page.mainFrame() as { _id?: unknown };
  if (typeof id === 'string') return id;
  throw new PspError(
    'UNSUPPORTED',
    'This version of Puppeteer does not name the tab of a page. Versions 24 and 25 are known to work.',
  );
}
