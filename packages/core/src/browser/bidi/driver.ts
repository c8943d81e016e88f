/** The driver of any browser over WebDriver BiDi, which today is Firefox. Knows nothing of what a session is. */
import { type Cookie, type Loss, originOf, type PspError } from '@psp/protocol';
import type { BrowserDriver, BrowserFeatures, CallOptions, CookieOutcome, Discovery, Frame, Tab } from '../driver.js';
import { NO_HOLD } from '../hold.js';
import { NO_PRELOAD } from '../preload.js';
import { NO_SURROUNDINGS } from '../surroundings.js';
import { NO_TAB_MEMORY } from '../tab-memory.js';
import { unreachable } from '../unreachable.js';
import { BlankTab } from './blank.js';
import { ChromeScope } from './chrome-scope.js';
import { Connection } from './connection.js';
import { Contexts } from './contexts.js';
import { framesOf, titleOf } from './frames.js';
import { Jar } from './jar.js';
import { callPage } from './page-code.js';
import { refusalIn } from './refusal.js';
import type { BidiTransport } from './transport.js';

const FEATURES: BrowserFeatures = {
  allCookies: true,
  partitionedCookies: true,
  // Firefox keeps none of them.
  inexactCookieAttributes: ['priority', 'sourceScheme', 'sourcePort'],
  // Where a service worker is installed for an origin, it is asked for the blank page before anybody else, and may ask the site.
  offlineVisit: true,
  // A tab in the background, which shows in the window.
  hiddenHelper: false,
  helpers: 2,
  history: false,
  visited: true,
  isolatedWorld: true,
  // See PageCall.isSandboxed.
  databasesInTabs: false,
  partitionedStorage: false,
  hold: false,
  tabMemory: false,
  surroundings: false,
  preload: false,
};

/** Milliseconds for each step of giving a tab back after a failure, and for its title, which no list holds. */
const ABANDON_TIMEOUT_MS = 5_000;
const TITLE_TIMEOUT_MS = 2_000;

const NO_LIST =
  'Firefox lists the origins that have storage only when it was started with --remote-allow-system-access. Origins that no tab has open, no cookie names and nobody visited meanwhile are not known.';

export interface BidiDriverOptions {
  readonly transport: BidiTransport;
  readonly engine: BrowserDriver['engine'];
  /** The user context to work in. */
  readonly userContext: string;
  /** The tab that the user handed over, if any. */
  readonly primaryContext?: string;
  /** Milliseconds for a call that nothing should block. */
  readonly timeoutMs: number;
}

export class BidiDriver implements BrowserDriver {
  readonly engine: BrowserDriver['engine'];
  readonly framework: string;
  readonly hold = NO_HOLD;
  readonly tabMemory = NO_TAB_MEMORY;
  readonly surroundings = NO_SURROUNDINGS;
  readonly preload = NO_PRELOAD;
  readonly #connection: Connection;
  readonly #contexts: Contexts;
  readonly #jar: Jar;
  readonly #primary: string | undefined;
  readonly #helpers = new Set<string>();
  readonly #blanks = new Map<string, BlankTab>();
  #chrome: ChromeScope | undefined;
  #closed: Promise<void> | undefined;

  private constructor(options: BidiDriverOptions) {
    this.engine = options.engine;
    this.framework = options.transport.framework;
    this.#primary = options.primaryContext;
    this.#connection = new Connection(options.transport, options.timeoutMs);
    const isOurs = (at: { context: string; url: string }): boolean =>
      this.#helpers.has(at.context) || BlankTab.isAddress(at.url);
    this.#contexts = new Contexts(this.#connection, options.userContext, isOurs);
    this.#jar = new Jar(this.#connection, options.userContext);
  }

  static async open(options: BidiDriverOptions): Promise<BidiDriver> {
    const driver = new BidiDriver(options);
    await driver.#contexts.watch();
    driver.#chrome = await ChromeScope.open(driver.#connection);
    return driver;
  }

  get features(): BrowserFeatures {
    return this.#chrome === undefined ? FEATURES : { ...FEATURES, history: true };
  }

  async ready(): Promise<void> {
    // Nothing is looked at any more.
  }

  async version(): Promise<{ browserVersion?: string; userAgent?: string }> {
    const { browserVersion, userAgent } = this.#connection.transport.capabilities;
    return {
      ...(typeof browserVersion === 'string' ? { browserVersion } : {}),
      ...(typeof userAgent === 'string' ? { userAgent } : {}),
    };
  }

  async tabs(): Promise<Tab[]> {
    const found = (await this.#contexts.tabs()).filter(({ context }) => !this.#helpers.has(context));
    const tabs = found.map(async ({ context, url }): Promise<Tab> => {
      const title = await titleOf(this.#connection, context, TITLE_TIMEOUT_MS);
      return { id: context, url, title, primary: context === this.#primary };
    });
    return (await Promise.all(tabs)).toSorted((a, b) => Number(b.primary) - Number(a.primary));
  }

  frames(tab: Tab, options: CallOptions): Promise<Frame[]> {
    return framesOf(this.#contexts, tab.id, options);
  }

  async history(tab: Tab): Promise<string[]> {
    return (await this.#chrome?.history(tab.id, this.#connection.timeoutMs)) ?? [];
  }

  visited(): string[] {
    return this.#contexts.visited();
  }

  evaluate(_tab: Tab, frame: Frame, source: string, argument: string, { timeoutMs }: CallOptions): Promise<string> {
    const isSandboxed = this.#blanks.get(frame.id)?.isBlank !== true;
    const call = { context: frame.id, source, argument, isSandboxed, timeoutMs };
    return this.#contexts.inDocument(frame.id, () => callPage(this.#connection, call));
  }

  /** Partitioned cookies are found below the sites of `places`, of open tabs, and of hosts that have cookies. */
  async cookies(places: readonly string[] = []): Promise<{ cookies: Cookie[]; losses: Loss[] }> {
    const tabs = await this.#contexts.tabs();
    return this.#jar.read([...places, ...this.visited(), ...tabs.map(({ url }) => url)]);
  }

  setCookie(cookie: Cookie): Promise<CookieOutcome> {
    return this.#jar.set(cookie);
  }

  deleteCookie(cookie: Cookie): Promise<void> {
    return this.#jar.delete(cookie);
  }

  async deviceBindings(): Promise<undefined> {}

  async discoverOrigins({ timeoutMs }: CallOptions): Promise<Discovery> {
    // Other containers have numbers there, which BiDi does not tell.
    if (this.#chrome === undefined || this.#contexts.userContext !== 'default') {
      return { origins: [], places: [], missing: NO_LIST };
    }
    const all = await this.#chrome.origins(timeoutMs);
    // What has a suffix behind `^` is partitioned, or belongs to another container.
    return { origins: all.filter((name) => originOf(name) === name), places: [], missing: undefined };
  }

  async goto(tab: Tab, url: string, { timeoutMs }: CallOptions): Promise<void> {
    const params = { context: tab.id, url, wait: 'interactive' };
    try {
      await this.#connection.send('browsingContext.navigate', params, timeoutMs);
    } catch (error) {
      const refusal = (error as PspError).code === 'BROWSER_GONE' ? undefined : refusalIn(error);
      throw refusal === undefined ? error : unreachable(refusal.code);
    }
  }

  async openHelper(): Promise<Tab> {
    const tab = await this.#create({ background: true });
    this.#helpers.add(tab.id);
    return tab;
  }

  openTab(): Promise<Tab> {
    return this.#create({});
  }

  async closeTab(tab: Tab): Promise<void> {
    await this.#connection.send('browsingContext.close', { context: tab.id });
    // Only now: a tab that is closing is still listed.
    this.#helpers.delete(tab.id);
    this.#blanks.delete(tab.id);
  }

  async visitBlank(tab: Tab, origin: string, { timeoutMs }: CallOptions): Promise<Frame> {
    let blank = this.#blanks.get(tab.id);
    if (blank === undefined) this.#blanks.set(tab.id, (blank = new BlankTab(this.#connection, tab.id)));
    await blank.visit(origin, timeoutMs);
    return { id: tab.id, origin, url: `${origin}/`, firstParty: true };
  }

  async release(tab: Tab, url: string, { timeoutMs }: CallOptions): Promise<void> {
    const blank = this.#blanks.get(tab.id) ?? new BlankTab(this.#connection, tab.id);
    try {
      await blank.end(url, timeoutMs);
      this.#blanks.delete(tab.id);
    } finally {
      await this.#chrome?.forgetHistory(tab.id, timeoutMs);
    }
  }

  async abandon(tab: Tab, url: string): Promise<void> {
    // The failure that led here is told by whoever met it; a tab that is gone needs nothing.
    await this.#blanks
      .get(tab.id)
      ?.abandon(url, ABANDON_TIMEOUT_MS)
      .catch(() => undefined);
    this.#blanks.delete(tab.id);
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #create(how: { background?: boolean }): Promise<Tab> {
    const params = { type: 'tab', userContext: this.#contexts.userContext, ...how };
    const { context } = await this.#connection.send<{ context: string }>('browsingContext.create', params);
    return { id: context, url: 'about:blank', title: undefined, primary: false };
  }

  async #close(): Promise<void> {
    // A browser that is gone has no helper tabs left to close.
    await Promise.allSettled(
      [...this.#helpers].map((context) => this.#connection.send('browsingContext.close', { context })),
    );
    await this.#contexts.close();
    await this.#connection.close();
  }
}
