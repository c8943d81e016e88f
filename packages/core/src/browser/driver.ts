/** CONTRACT of a browser: the small set of abilities over which capture and restore are written once. */
import type { Cookie, Loss } from '@psp/protocol';

/** What a driver can do. Data that code and the driver suite both read. */
export interface BrowserFeatures {
  /** `cookies()` gives the cookies of all sites, HttpOnly included. */
  readonly allCookies: boolean;
  /** Cookies carry their partition key, and it can be set. */
  readonly partitionedCookies: boolean;
  /** A blank document of any origin can be served without network. */
  readonly offlineVisit: boolean;
  /** Helper tabs do not show in the user's framework or window. */
  readonly hiddenHelper: boolean;
  /** `visited()` knows the origins of documents seen since the driver opened, and `Tab.history` those before. */
  readonly history: boolean;
}

/** Where page code can run. `storageKey` is the browser's own name of its storage partition, where it tells one. */
export interface Frame {
  readonly id: string;
  /** ASCII origin, or undefined for opaque ones. */
  readonly origin: string | undefined;
  readonly url: string;
  /** No ancestor is cross-site: its storage is first-party. */
  readonly firstParty: boolean;
}

export interface Tab {
  readonly id: string;
  readonly url: string;
  readonly title: string | undefined;
  /** The tab that the user handed over. */
  readonly primary: boolean;
}

export interface CookieOutcome {
  readonly ok: boolean;
  /** The browser's own words when it refused. */
  readonly reason?: string;
}

export interface CallOptions {
  /** Milliseconds until PspError TIMEOUT. */
  readonly timeoutMs: number;
}

/**
 * One browser context, as a framework handed it over. All methods throw PspError BROWSER_GONE once the browser is gone, and
 * TIMEOUT when it does not answer in time.
 */
export interface BrowserDriver {
  readonly engine: 'chromium' | 'firefox' | 'webkit';
  readonly features: BrowserFeatures;
  /** The framework or address it came through, for the session's `source`. */
  readonly framework: string;
  version(): Promise<{ browserVersion?: string; userAgent?: string }>;
  /** The user's tabs in this context, the primary one first. Helper tabs are not among them. */
  tabs(): Promise<Tab[]>;
  /** The frames of a tab, main frame first, out-of-process frames included. Throws TIMEOUT when the tab is blocked. */
  frames(tab: Tab, options: CallOptions): Promise<Frame[]>;
  /** URLs of the history entries of a tab, oldest first. */
  history(tab: Tab): Promise<string[]>;
  /** Origins of documents seen since the driver opened. */
  visited(): string[];
  /**
   * Calls the page function with one string and gives the string that it returns. It runs where the page's own scripts
   * cannot interfere (an isolated world). `source` is a function expression.
   */
  evaluate(tab: Tab, frame: Frame, source: string, argument: string, options: CallOptions): Promise<string>;
  cookies(): Promise<{ cookies: Cookie[]; losses: Loss[] }>;
  /** One at a time, so that one bad cookie never costs the others. */
  setCookie(cookie: Cookie): Promise<CookieOutcome>;
  deleteCookie(cookie: Cookie): Promise<void>;
  openHelper(): Promise<Tab>;
  closeTab(tab: Tab): Promise<void>;
  /** Opens a tab that the user sees. */
  openTab(): Promise<Tab>;
  /** Puts a blank document of `origin` into the tab: no network, no code of the site. */
  visitOffline(tab: Tab, origin: string, options: CallOptions): Promise<Frame>;
  /** Ends the interception of `visitOffline` in a tab, if any, goes to `url`, and makes that its only history entry. */
  release(tab: Tab, url: string, options: CallOptions): Promise<void>;
  /**
   * After a failure: ends the interception of `visitOffline` in a tab, stops what is loading, and goes back to `url` when the tab
   * stands on a blank page of ours. Never throws.
   */
  abandon(tab: Tab, url: string): Promise<void>;
  /** Leaves the user's browser as it was found: helper tabs closed, sessions detached. Never throws, safe to call twice. */
  close(): Promise<void>;
}
