/** Shows that a restore brought the login back: loads an address in a tab, and looks at what came. */
import { setTimeout as sleep } from 'node:timers/promises';
import { PspError } from '@psp/protocol';
import type { BrowserDriver, Tab } from './browser/driver.js';
import { causeOfLoss } from './losses.js';
import { callPage } from './page-call.js';
import type { FindReply } from './page/contract.js';
import { checkedTimeout } from './timeout.js';

/** At least one of `text`, `selector` and `status`; all that are given must hold. */
export interface VerifyOptions {
  /** An http or https address that tells whether somebody is logged in. */
  readonly url: string;
  /** Text that the page shows, in its main frame. White space counts as one space. */
  readonly text?: string;
  /** CSS selector of an element in the main frame. */
  readonly selector?: string;
  /** The HTTP status of the page. Browsers that do not tell it never hold it. */
  readonly status?: number;
  /** Milliseconds until what was not found is not there. Default 10,000. */
  readonly timeoutMs?: number;
}

export interface Verification {
  /** All that was asked for holds. */
  readonly ok: boolean;
  /** Text and selector were found; true where neither was asked for. */
  readonly found: boolean;
  /** Absent where the browser does not tell. */
  readonly status?: number;
  /** Where the tab stands now, which is elsewhere after a redirect. */
  readonly url: string;
}

const DEFAULT_TIMEOUT_MS = 10_000;
/** Milliseconds between two looks. */
const PAUSE_MS = 100;

/**
 * Loads `url` in the tab and waits for what is asked for. A page that lacks it is an answer, `ok: false`, and no error. Throws
 * INVALID_INPUT, BROWSER_UNREACHABLE when nothing came from the address, BROWSER_GONE and TIMEOUT.
 */
export async function verifyIn(driver: BrowserDriver, tab: Tab, options: VerifyOptions): Promise<Verification> {
  checkVerifyOptions(options);
  const timeoutMs = checkedTimeout(options.timeoutMs, 'timeoutMs') ?? DEFAULT_TIMEOUT_MS;
  const deadline = performance.now() + timeoutMs;
  await driver.goto(tab, options.url, { timeoutMs });
  for (;;) {
    const seen = await look(driver, tab, options, timeoutMs);
    const { found = false, status, url = tab.url } = seen ?? {};
    const ok = seen !== undefined && found && (options.status === undefined || status === options.status);
    if (ok || performance.now() > deadline) return { ok, found, url, ...(status === undefined ? {} : { status }) };
    // A status does not change any more once its page is there.
    const isDecided = seen?.isLoaded === true && options.text === undefined && options.selector === undefined;
    if (isDecided && status !== undefined) return { ok, found, status, url };
    await sleep(PAUSE_MS);
  }
}

/** In a tab that is opened for it. */
export async function verifyInNewTab(driver: BrowserDriver, options: VerifyOptions): Promise<Verification> {
  const tab = await driver.openTab();
  try {
    return await verifyIn(driver, tab, options);
  } finally {
    await driver.closeTab(tab);
  }
}

/** In the tab that a driver was handed, which is opened for that and closed. */
export async function verifyPage(open: () => Promise<BrowserDriver>, options: VerifyOptions): Promise<Verification> {
  checkVerifyOptions(options);
  const driver = await open();
  try {
    const tab = (await driver.tabs()).find(({ primary }) => primary);
    if (tab === undefined) throw new PspError('BROWSER_GONE', 'The page is no longer there.');
    return await verifyIn(driver, tab, options);
  } finally {
    await driver.close();
  }
}

/** Throws INVALID_INPUT. */
export function checkVerifyOptions({ url, text, selector, status }: VerifyOptions): void {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new PspError('INVALID_INPUT', 'verify: expected url to be an http or https address.');
  }
  if (text === undefined && selector === undefined && status === undefined) {
    throw new PspError('INVALID_INPUT', 'verify: expected text, selector or status, found none of them.');
  }
}

/** Undefined where the page went elsewhere meanwhile. */
async function look(
  driver: BrowserDriver,
  tab: Tab,
  { text, selector }: VerifyOptions,
  timeoutMs: number,
): Promise<(FindReply & { url: string }) | undefined> {
  try {
    const [frame] = await driver.frames(tab, { timeoutMs });
    if (frame === undefined) return undefined;
    const asked = { ...(text === undefined ? {} : { text }), ...(selector === undefined ? {} : { selector }) };
    const { header } = await callPage({ driver, tab, frame }, { do: 'find', ...asked, timeoutMs });
    return { ...header, url: frame.url };
  } catch (error) {
    const { code, message } = await causeOfLoss(driver, error);
    if (message.includes('a selector of CSS'))
      throw new PspError('INVALID_INPUT', 'verify: expected selector to be a selector of CSS.', { cause: error });
    if (code !== 'BROWSER_GONE') throw error;
    return undefined;
  }
}
