/** CONTRACT of a browser: the small set of abilities over which capture and restore are written once. */
import type { Binding, Cookie, Loss, PartitionKey } from '@psp/protocol';
import type { DocumentHold } from './hold.js';
import type { Preload } from './preload.js';
import type { Surroundings } from './surroundings.js';
import type { TabMemory } from './tab-memory.js';

/** An attribute of a cookie that not every protocol can tell and set. */
export type CookieAttribute = 'sameSite' | 'priority' | 'sourceScheme' | 'sourcePort';

/** What a driver can do. Data that code and the driver suite both read. */
export interface BrowserFeatures {
  /**
   * `cookies()` gives the cookies of all sites, HttpOnly included. Else it gives those of open pages and of the places that the
   * caller names.
   */
  readonly allCookies: boolean;
  /** Cookies carry their partition key, and it can be set. */
  readonly partitionedCookies: boolean;
  /** Attributes that the browser neither tells exactly nor sets exactly. Those that it does not tell at all are absent. */
  readonly inexactCookieAttributes: readonly CookieAttribute[];
  /** `visitBlank` needs no network. Else it loads a quiet resource of the origin (robots.txt), which the site can see. */
  readonly offlineVisit: boolean;
  /** Helper tabs do not show in the user's framework or window. */
  readonly hiddenHelper: boolean;
  /** How many helper tabs can work at once with a gain. */
  readonly helpers: number;
  /** `history()` tells the entries of a tab, and `release` leaves one. Else it tells none, and `release` leaves what grew. */
  readonly history: boolean;
  /** `visited()` knows the origins of documents seen since the driver opened. Else it knows none. */
  readonly visited: boolean;
  /** Page code in a tab of the user's leaves no trace for the page's scripts. Else it may add a frame for a moment. */
  readonly isolatedWorld: boolean;
  /** Page code in a tab of the user's can read and write databases. Else only a blank page can. */
  readonly databasesInTabs: boolean;
  /** `frames()` names the partition of frames below other sites, and `visitBlank` opens one. */
  readonly partitionedStorage: boolean;
  /** `hold` holds documents back. */
  readonly hold: boolean;
  /** `tabMemory` knows and sets what a tab remembers. */
  readonly tabMemory: boolean;
  /** `surroundings` sets permissions and what pages are told of machine and user. */
  readonly surroundings: boolean;
  /** `preload` installs scripts that run before those of pages. */
  readonly preload: boolean;
}

/** An origin below another site, where its storage is its own. */
export interface PartitionedPlace {
  readonly origin: string;
  readonly partition: PartitionKey;
}

/** What has storage, as the browser's own lists tell it. */
export interface Discovery {
  /** Of first-party storage, or of frames that went away too soon to tell. */
  readonly origins: readonly string[];
  /** Those seen since the driver opened too; `[]` where `features.partitionedStorage` is false. A place may be there twice. */
  readonly places: readonly PartitionedPlace[];
  /** In words for people, which origins may have storage and are neither here nor in `visited()`. Undefined when there can be none. */
  readonly missing: string | undefined;
}

/** Where page code can run. `storageKey` is the browser's own name of its storage partition, where it tells one. */
export interface Frame {
  readonly id: string;
  /** ASCII origin, or undefined for opaque ones. */
  readonly origin: string | undefined;
  readonly url: string;
  /** No ancestor is cross-site: its storage is first-party. */
  readonly firstParty: boolean;
  /** Of one that is not first-party, where `features.partitionedStorage` is true and the browser can name it to another. */
  readonly partition?: PartitionKey;
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

/** A body that page code may fetch from this path of its own origin, until `end`. */
export interface Offer {
  readonly path: string;
  end(): void;
}

export interface VisitOptions extends CallOptions {
  /** The frame to be given is one below this site, in its partition, where `features.partitionedStorage` is true. */
  readonly partition?: PartitionKey;
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
  /** What only some browsers can do stands in contracts of its own; `features` tells which can. */
  readonly hold: DocumentHold;
  readonly tabMemory: TabMemory;
  readonly surroundings: Surroundings;
  readonly preload: Preload;
  /**
   * Resolves when the driver has looked at what stands in the context. Before, the user must not go anywhere, or what is new would look
   * used. Never rejects.
   */
  ready(): Promise<void>;
  version(): Promise<{ browserVersion?: string; userAgent?: string }>;
  /** The user's tabs in this context, the primary one first. Helper tabs are not among them. */
  tabs(): Promise<Tab[]>;
  /** The frames of a tab, main frame first, out-of-process frames included. Throws TIMEOUT when the tab is blocked. */
  frames(tab: Tab, options: CallOptions): Promise<Frame[]>;
  /** URLs of the history entries of a tab, oldest first; `[]` where `features.history` is false. */
  history(tab: Tab): Promise<string[]>;
  /**
   * Origins of documents seen since the driver opened; `[]` where `features.visited` is false. Where `features.partitionedStorage` is
   * true those are left out that were only seen below other sites.
   */
  visited(): string[];
  /**
   * Calls the page function with one string and gives the string that it returns. It runs where the page's own scripts
   * cannot interfere: an isolated world, or a realm that they have not patched. `source` is a function expression.
   */
  evaluate(tab: Tab, frame: Frame, source: string, argument: string, options: CallOptions): Promise<string>;
  /**
   * Lays JSON text out for page code in a blank page of a helper tab, where that is cheaper than an argument. Undefined in other frames,
   * and for a body that is too large; absent where the driver has no such way.
   */
  offer?(frame: Frame, body: Uint8Array): Offer | undefined;
  /**
   * The cookies of the context. `places` are addresses whose cookies are wanted: a browser that lists them only by site or page
   * (`features.allCookies` false) looks there too. What it cannot tell becomes a loss.
   */
  cookies(places?: readonly string[]): Promise<{ cookies: Cookie[]; losses: Loss[] }>;
  /**
   * One at a time, so that one bad cookie never costs the others. `place` is an address to which the cookie would be sent, for
   * browsers that set cookies only from a page of their host.
   */
  setCookie(cookie: Cookie, place?: string): Promise<CookieOutcome>;
  deleteCookie(cookie: Cookie, place?: string): Promise<void>;
  /** Looks for origins that have storage, open or not. Changes nothing and asks the network for nothing. */
  discoverOrigins(options: CallOptions): Promise<Discovery>;
  /** Logins that the browser has bound to its device (Device Bound Session Credentials); undefined where it does not tell. */
  deviceBindings(options: CallOptions): Promise<Binding[] | undefined>;
  /**
   * Goes to `url` in the tab as a user would, and waits until its document is there. Throws BROWSER_UNREACHABLE when none came, without
   * the address, which may hold a secret.
   */
  goto(tab: Tab, url: string, options: CallOptions): Promise<void>;
  openHelper(): Promise<Tab>;
  closeTab(tab: Tab): Promise<void>;
  /** Opens a tab that the user sees. */
  openTab(): Promise<Tab>;
  /**
   * Puts a document of `origin` into the tab in which no code of the site runs: a blank one of ours, or a quiet resource where
   * `features.offlineVisit` is false. Throws BROWSER_UNREACHABLE when the browser would not open it.
   */
  visitBlank(tab: Tab, origin: string, options: VisitOptions): Promise<Frame>;
  /** Ends the interception of `visitBlank` in a tab, if any, goes to `url`, and makes that its only history entry. */
  release(tab: Tab, url: string, options: CallOptions): Promise<void>;
  /**
   * After a failure: ends the interception of `visitBlank` in a tab, stops what is loading, and goes back to `url` when the tab
   * stands on a blank page of ours. Never throws.
   */
  abandon(tab: Tab, url: string): Promise<void>;
  /** Leaves the user's browser as it was found: helper tabs closed, sessions detached. Never throws, safe to call twice. */
  close(): Promise<void>;
}
