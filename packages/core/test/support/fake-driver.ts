/**
 * No browser: a driver that answers from memory, for failures that a real browser cannot be brought to at a given moment. Tests
 * replace single methods. What a browser does is tested with a real one.
 */
import { PspError, type Cookie, type Loss } from '@psp/protocol';
import type { BrowserDriver, BrowserFeatures, CookieOutcome, Discovery, Frame, Tab } from '../../src/browser/driver.js';
import { NO_HOLD } from '../../src/browser/hold.js';
import { NO_PRELOAD } from '../../src/browser/preload.js';
import { NO_SURROUNDINGS } from '../../src/browser/surroundings.js';
import { NO_TAB_MEMORY } from '../../src/browser/tab-memory.js';
import type { Addressed, DumpReply, LoadReply, PageFailure, PageRequest, PutReply } from '../../src/page/contract.js';

export const gone = (what: string): PspError => new PspError('BROWSER_GONE', `The ${what} is gone or moved.`);

export class FakeDriver implements BrowserDriver {
  readonly engine = 'chromium';
  readonly framework = 'fake';
  readonly hold = NO_HOLD;
  readonly tabMemory = NO_TAB_MEMORY;
  readonly surroundings = NO_SURROUNDINGS;
  readonly preload = NO_PRELOAD;
  features: BrowserFeatures = {
    allCookies: true,
    partitionedCookies: true,
    inexactCookieAttributes: [],
    offlineVisit: true,
    hiddenHelper: true,
    helpers: 2,
    history: true,
    visited: true,
    isolatedWorld: true,
    databasesInTabs: true,
    partitionedStorage: false,
    hold: false,
    tabMemory: false,
    surroundings: false,
    preload: false,
  };
  /** What was called, in order: `visit t1 https://a.example`. */
  readonly calls: string[] = [];
  /** How many batches of records each origin was given. */
  readonly puts = new Map<string, number>();
  readonly jar: Cookie[] = [];
  #opened = 0;

  ready = async (): Promise<void> => undefined;
  version = async (): Promise<{ browserVersion?: string; userAgent?: string }> => ({});
  tabs = async (): Promise<Tab[]> => [];
  frames = async (_tab: Tab): Promise<Frame[]> => [];
  history = async (_tab: Tab): Promise<string[]> => [];
  visited = (): string[] => [];
  deviceBindings: BrowserDriver['deviceBindings'] = async () => undefined;
  discoverOrigins = async (): Promise<Discovery> => ({ origins: [], places: [], missing: undefined });
  cookies = async (_places?: readonly string[]): Promise<{ cookies: Cookie[]; losses: Loss[] }> => ({
    cookies: [...this.jar],
    losses: [],
  });

  setCookie = async (cookie: Cookie, _place?: string): Promise<CookieOutcome> => {
    this.jar.push(cookie);
    return { ok: true };
  };
  deleteCookie = async (cookie: Cookie, _place?: string): Promise<void> =>
    void this.jar.splice(this.jar.indexOf(cookie), 1);

  openHelper = async (): Promise<Tab> => this.#open('openHelper');
  openTab = async (): Promise<Tab> => this.#open('openTab');
  closeTab = async (tab: Tab): Promise<void> => void this.calls.push(`close ${tab.id}`);

  visitBlank = async (tab: Tab, origin: string): Promise<Frame> => {
    this.calls.push(`visit ${tab.id} ${origin}`);
    return { id: `${tab.id} ${origin}`, origin, url: `${origin}/`, firstParty: true };
  };
  goto = async (tab: Tab, url: string): Promise<void> => void this.calls.push(`goto ${tab.id} ${url}`);
  release = async (tab: Tab, url: string): Promise<void> => void this.calls.push(`release ${tab.id} ${url}`);
  abandon = async (tab: Tab, url: string): Promise<void> => void this.calls.push(`abandon ${tab.id} ${url}`);
  close = async (): Promise<void> => undefined;

  evaluate = async (_tab: Tab, { origin = '' }: Frame, _source: string, argument: string): Promise<string> => {
    const request = JSON.parse(argument) as PageRequest & Addressed;
    const batches = request.do === 'load' ? (request.puts?.length ?? 0) : 1;
    if (request.do === 'load' || request.do === 'put') this.puts.set(origin, (this.puts.get(origin) ?? 0) + batches);
    return JSON.stringify(replyTo(request));
  };

  #open(call: string): Tab {
    this.#opened += 1;
    this.calls.push(`${call} t${this.#opened}`);
    return { id: `t${this.#opened}`, url: 'about:blank', title: undefined, primary: false };
  }
}

/** What a page says that is of another origin by now. */
export const ELSEWHERE: PageFailure = { error: 'elsewhere', elsewhere: true };

function replyTo(request: PageRequest): DumpReply | LoadReply | PutReply {
  if (request.do === 'dump') return { localStorage: [], sessionStorage: [], batches: [], rest: [], losses: [] };
  if (request.do === 'load') return { failed: [], losses: [] };
  return { count: 1, losses: [] };
}
