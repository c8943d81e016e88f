/**
 * The driver of Playwright's browsers other than Chromium, by Playwright's public API only. Knows nothing of what a session is.
 * Firefox was measured (ESR 153 by channel `moz-firefox`, Playwright 1.64; Playwright 1.65 opens no context in that ESR). WebKit takes
 * the same path, and was not at hand.
 */
import { type Cookie, domainMatches, type Loss, originOf, PspError } from '@psp/protocol';
import { NO_HOLD, NO_PRELOAD, NO_SURROUNDINGS, NO_TAB_MEMORY } from '@psp/core';
import type { BrowserDriver, BrowserFeatures, CallOptions, CookieOutcome, Discovery, Frame, Tab } from '@psp/core';
import { BlankPage } from './blank.js';
import { Cookies } from './cookies.js';
import { findFrames } from './frames.js';
import { Pages } from './pages.js';
import type { ApiPage } from './playwright.js';
import { callBeside, callIn } from './realm.js';
import { Visits } from './visits.js';
import { ask, inOurWords } from './words.js';

const FEATURES: BrowserFeatures = {
  allCookies: true,
  partitionedCookies: false,
  // An unset SameSite reads as another; the others are neither told nor taken.
  inexactCookieAttributes: ['sameSite', 'priority', 'sourceScheme', 'sourcePort'],
  offlineVisit: true,
  hiddenHelper: false,
  // Measured: twelve visits took 3.5 s with one, 2.1 s with two and 3.2 s with three.
  helpers: 2,
  history: false,
  visited: true,
  isolatedWorld: false,
  databasesInTabs: true,
  partitionedStorage: false,
  hold: false,
  tabMemory: false,
  surroundings: false,
  preload: false,
};

/** Milliseconds for each step of giving a tab back after a failure. */
const ABANDON_TIMEOUT_MS = 5_000;

/** Milliseconds for a look at the frames of a page, for its cookies' sake. */
const LOOK_TIMEOUT_MS = 2_000;

export interface PageApiOptions {
  /** The page that the user handed over. */
  readonly page: ApiPage;
  readonly engine: 'firefox' | 'webkit';
  readonly browserVersion: string;
  /** Milliseconds for a call that nothing should block. */
  readonly timeoutMs: number;
}

export class PageApiDriver implements BrowserDriver {
  readonly features = FEATURES;
  readonly framework = 'playwright';
  readonly hold = NO_HOLD;
  readonly tabMemory = NO_TAB_MEMORY;
  readonly surroundings = NO_SURROUNDINGS;
  readonly preload = NO_PRELOAD;
  readonly engine: 'firefox' | 'webkit';
  readonly #options: PageApiOptions;
  readonly #pages: Pages;
  readonly #cookies: Cookies;
  readonly #visits: Visits;
  readonly #blanks = new Map<ApiPage, BlankPage>();
  /** Nobody had been anywhere in the context when the driver opened. */
  #isFresh = false;
  #closed: Promise<void> | undefined;

  private constructor(options: PageApiOptions) {
    const context = options.page.context();
    this.engine = options.engine;
    this.#options = options;
    this.#pages = new Pages(context, options.page);
    this.#cookies = new Cookies(context, options.engine, options.timeoutMs);
    this.#visits = new Visits(context);
  }

  /** Throws TIMEOUT and BROWSER_GONE. */
  static async open(options: PageApiOptions): Promise<PageApiDriver> {
    const driver = new PageApiDriver(options);
    try {
      driver.#isFresh = await driver.#nobodyWasHere();
      return driver;
    } catch (error) {
      await driver.close();
      throw error;
    }
  }

  async ready(): Promise<void> {
    // Nothing is looked at any more.
  }

  async version(): Promise<{ browserVersion?: string; userAgent?: string }> {
    const { page, browserVersion, timeoutMs } = this.#options;
    // A page that hangs or has closed tells nothing; the version is Playwright's.
    const asked = ask(page.mainFrame().evaluate('navigator.userAgent'), timeoutMs, 'navigator.userAgent');
    const userAgent = await asked.catch(() => undefined);
    return { browserVersion, ...(typeof userAgent === 'string' ? { userAgent } : {}) };
  }

  async tabs(): Promise<Tab[]> {
    return this.#pages.tabs();
  }

  async frames(tab: Tab, options: CallOptions): Promise<Frame[]> {
    const found = await findFrames(this.#pages.page(tab), options.timeoutMs);
    return found.map(({ frame, ...known }) => ({ id: this.#pages.idOfFrame(frame), ...known }));
  }

  async history(): Promise<string[]> {
    return [];
  }

  visited(): string[] {
    return this.#visits.list();
  }

  async evaluate(tab: Tab, frame: Frame, source: string, argument: string, options: CallOptions): Promise<string> {
    const page = this.#pages.page(tab);
    const call = { source, argument, timeoutMs: options.timeoutMs };
    const found = this.#pages.frame(frame.id);
    return this.#blanks.get(page)?.isBlank === true ? callIn(found, call) : callBeside(found, call);
  }

  async cookies(): Promise<{ cookies: Cookie[]; losses: Loss[] }> {
    this.#pages.check();
    const below = [...this.#visits.hostsBelow(), ...(await this.#openHostsBelow())];
    const own = this.#visits.hosts();
    const isForeign = (cookie: Cookie): boolean => {
      const isSent = (host: string): boolean => domainMatches(host, cookie);
      return below.some(isSent) && !own.some(isSent);
    };
    return this.#cookies.list(isForeign);
  }

  async setCookie(cookie: Cookie): Promise<CookieOutcome> {
    this.#pages.check();
    return this.#cookies.set(cookie);
  }

  async deleteCookie(cookie: Cookie): Promise<void> {
    this.#pages.check();
    await this.#cookies.delete(cookie);
  }

  async deviceBindings(): Promise<undefined> {}

  async discoverOrigins(): Promise<Discovery> {
    if (this.#isFresh) return { origins: [], places: [], missing: undefined };
    const missing =
      'Playwright lists no origins: those visited before this session began, and shown by no tab and no cookie, may have storage.';
    return { origins: [], places: [], missing };
  }

  async openHelper(): Promise<Tab> {
    const tab = await this.#pages.open(true, this.#options.timeoutMs);
    const page = this.#pages.page(tab);
    this.#visits.unwatch(page);
    return tab;
  }

  async openTab(): Promise<Tab> {
    return this.#pages.open(false, this.#options.timeoutMs);
  }

  async closeTab(tab: Tab): Promise<void> {
    await this.#pages.close(tab, this.#options.timeoutMs);
  }

  async visitBlank(tab: Tab, origin: string, options: CallOptions): Promise<Frame> {
    const page = this.#pages.page(tab);
    const blank = this.#blanks.get(page) ?? new BlankPage(page, this.#pages.isHelper(page));
    this.#blanks.set(page, blank);
    await blank.visit(origin, options.timeoutMs);
    return { id: this.#pages.idOfFrame(page.mainFrame()), origin, url: page.url(), firstParty: true };
  }

  async goto(tab: Tab, url: string, { timeoutMs }: CallOptions): Promise<void> {
    try {
      await this.#pages.page(tab).goto(url, { timeout: timeoutMs, waitUntil: 'commit' });
    } catch (error) {
      if (error instanceof PspError) throw error;
      throw inOurWords(error) ?? new PspError('BROWSER_UNREACHABLE', 'No document came from the address.');
    }
  }

  async release(tab: Tab, url: string, options: CallOptions): Promise<void> {
    const page = this.#pages.page(tab);
    await (this.#blanks.get(page) ?? new BlankPage(page, false)).leave(url, options.timeoutMs);
    this.#blanks.delete(page);
  }

  async abandon(tab: Tab, url: string): Promise<void> {
    // The failure that led here is told by whoever met it; a tab that is gone needs nothing.
    try {
      const page = this.#pages.page(tab);
      await this.#blanks.get(page)?.abandon(url, ABANDON_TIMEOUT_MS);
      this.#blanks.delete(page);
    } catch (error) {
      if (!(error instanceof PspError)) throw error;
    }
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#visits.close();
    const { timeoutMs } = this.#options;
    // A browser that is gone has nothing left to be put back.
    await Promise.allSettled([
      ...this.#pages.helpers.map((page) => ask(page.close(), timeoutMs, 'page.close')),
      ...[...this.#blanks.values()].filter(({ isHelper }) => !isHelper).map((blank) => blank.end(timeoutMs)),
    ]);
    this.#pages.forget();
  }

  /** Hosts of frames below other sites that are open, as the browser tells sites. A page that does not answer at once tells none. */
  async #openHostsBelow(): Promise<string[]> {
    const pages = this.#options.page
      .context()
      .pages()
      .filter((page) => !this.#pages.isHelper(page));
    const found = await Promise.all(pages.map((page) => findFrames(page, LOOK_TIMEOUT_MS).catch(() => [])));
    const foreign = found.flat().filter(({ firstParty, origin }) => !firstParty && origin !== undefined);
    return foreign.map(({ origin }) => new URL(origin as string).hostname);
  }

  /** No cookie, and no page that has been on a site: then storage can only come from what is visited from now on. */
  async #nobodyWasHere(): Promise<boolean> {
    const { page, timeoutMs } = this.#options;
    const pages = page.context().pages();
    if (pages.some((each) => originOf(each.url()) !== undefined || each.url() !== 'about:blank')) return false;
    if ((await this.#cookies.list()).cookies.length > 0) return false;
    const lengths = pages.map((each) => ask(each.mainFrame().evaluate('history.length'), timeoutMs, 'history.length'));
    return (await Promise.all(lengths)).every((length) => length === 1);
  }
}
