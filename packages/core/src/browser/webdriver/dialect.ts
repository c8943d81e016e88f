/** Differences between the engines behind classic WebDriver, as data. Measured with WebKitGTK 2.50 and Firefox 153. */
import type { BrowserFeatures } from '../driver.js';

export type Engine = 'chromium' | 'firefox' | 'webkit';

export interface Dialect {
  readonly engine: Engine;
  /** Cookies of any domain can be set from any page, except those of one host only. Else from a page of the domain only. */
  readonly setsAnyDomain: boolean;
  /** The cookies of a frame's document can be read. Else only those of the window's. */
  readonly cookiesOfFrames: boolean;
  /** Cookies are those of the document's address as it now is, not as it was loaded. */
  readonly cookiesFollowAddress: boolean;
  /** SameSite=Strict cookies are not told of a page that was reached from another site. */
  readonly hidesStrict: boolean;
  /** Cookies without a value can be set by the command. Else by a page's own `document.cookie` only. */
  readonly takesEmptyValues: boolean;
  /** A window whose dialog is open can be left and come back to. Else the way back hangs until the dialog is closed. */
  readonly returnsToDialogs: boolean;
  /** Scripts run in a realm beside the page's, whose Map is not the page's Map. */
  readonly sandboxed: boolean;
  /** A script whose window closes is never answered. */
  readonly forgetsScripts: boolean;
  /** Scripts run even on a page that has spoilt what the browser's own automation needs, as an address `javascript:...`. */
  readonly scriptAddresses: boolean;
}

/** Alike in all of them: what the protocol has no commands for. */
export const FEATURES: BrowserFeatures = {
  allCookies: false,
  partitionedCookies: false,
  inexactCookieAttributes: ['sameSite', 'priority', 'sourceScheme', 'sourcePort'],
  offlineVisit: false,
  hiddenHelper: false,
  helpers: 1,
  history: false,
  visited: false,
  isolatedWorld: false,
  databasesInTabs: true,
  partitionedStorage: false,
  hold: false,
  tabMemory: false,
  surroundings: false,
  preload: false,
};

const CAUTIOUS = {
  setsAnyDomain: false,
  cookiesOfFrames: false,
  cookiesFollowAddress: false,
  hidesStrict: false,
  takesEmptyValues: true,
  returnsToDialogs: false,
  sandboxed: false,
  forgetsScripts: false,
  scriptAddresses: false,
};

export const DIALECTS: Readonly<Record<Engine, Dialect>> = {
  chromium: { ...CAUTIOUS, engine: 'chromium' },
  webkit: {
    ...CAUTIOUS,
    engine: 'webkit',
    setsAnyDomain: true,
    hidesStrict: true,
    takesEmptyValues: false,
    forgetsScripts: true,
    scriptAddresses: true,
  },
  firefox: {
    ...CAUTIOUS,
    engine: 'firefox',
    cookiesOfFrames: true,
    cookiesFollowAddress: true,
    returnsToDialogs: true,
    sandboxed: true,
  },
};

const NAMES: readonly [RegExp, Engine][] = [
  [/firefox/i, 'firefox'],
  [/chrome|chromium|edge/i, 'chromium'],
  [/safari|minibrowser|webkit|epiphany/i, 'webkit'],
];

/** The engine by the session's `browserName`, where that tells. */
export function engineByName(name: unknown): Engine | undefined {
  if (typeof name !== 'string') return undefined;
  return NAMES.find(([pattern]) => pattern.test(name))?.[1];
}

/** `() => string`, for a page: the engine by what only it has, since the name that it gives may be another's. */
export const TELL_ENGINE = `() => {
  if (CSS.supports('-moz-appearance', 'none')) return 'firefox';
  return navigator.vendor.indexOf('Apple') === 0 ? 'webkit' : 'chromium';
}`;
