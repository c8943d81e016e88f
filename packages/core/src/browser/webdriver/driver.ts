/**
 * The driver of browsers by classic WebDriver alone: WebKitGTK and Safari, and Firefox without BiDi. It has no way to intercept requests
 * and none to list cookies or origins, so its features say no to much. Knows nothing of what a session is.
 */
import { PspError, type Cookie, type Loss } from '@psp/protocol';
import type { BrowserDriver, CallOptions, CookieOutcome, Discovery, Frame, Tab } from '../driver.js';
import { NO_HOLD } from '../hold.js';
import { NO_PRELOAD } from '../preload.js';
import { NO_SURROUNDINGS } from '../surroundings.js';
import { NO_TAB_MEMORY } from '../tab-memory.js';
import { unreachable } from '../unreachable.js';
import { Commands } from './commands.js';
import { DIALECTS, engineByName, FEATURES, TELL_ENGINE, type Engine } from './dialect.js';
import { enterFrame, frameId, framesOf } from './frames.js';
import { Jar } from './jar.js';
import { callInFrame } from './page-code.js';
import { load, visitQuiet } from './quiet.js';
import { isRefusal } from './refusal.js';
import type { WebDriverTransport } from './transport.js';
import { Turns } from './turns.js';

export interface WebDriverDriverOptions {
  /** A session that has begun, and stays the user's. */
  readonly transport: WebDriverTransport;
  /** Milliseconds for a call that nothing should block. */
  readonly timeoutMs: number;
}

/** Milliseconds for each step of giving a tab back after a failure, and for a page on the way to cookies. */
const PAGE_TIMEOUT_MS = 10_000;

/** `() => undefined`: stops what is loading. */
const STOP = '() => { window.stop(); }';

export class WebDriverDriver implements BrowserDriver {
  readonly engine: Engine;
  readonly features = FEATURES;
  readonly framework: string;
  readonly hold = NO_HOLD;
  readonly tabMemory = NO_TAB_MEMORY;
  readonly surroundings = NO_SURROUNDINGS;
  readonly preload = NO_PRELOAD;
  readonly #commands: Commands;
  readonly #turns: Turns;
  readonly #jar: Jar;
  readonly #capabilities: Readonly<Record<string, unknown>>;
  readonly #helpers = new Set<string>();
  /** Addresses of the quiet documents that stand in tabs; undefined while one is on its way. */
  readonly #quiet = new Map<string, string | undefined>();
  /** What was last seen of each window: one whose dialog is open must not be asked. */
  #known = new Map<string, Pick<Tab, 'url' | 'title'>>();
  #primary: string | undefined;
  #closed: Promise<void> | undefined;

  private constructor({ transport, timeoutMs }: WebDriverDriverOptions, engine: Engine) {
    this.engine = engine;
    this.framework = transport.framework;
    this.#capabilities = transport.capabilities;
    this.#commands = new Commands(transport, timeoutMs);
    this.#turns = new Turns(this.#commands, DIALECTS[engine], () => this.#jar.closeScout());
    this.#jar = new Jar(this.#turns, Math.min(timeoutMs, PAGE_TIMEOUT_MS));
  }

  /** The window that is current is the tab that the user hands over. Throws BROWSER_GONE, TIMEOUT. */
  static async open(options: WebDriverDriverOptions): Promise<WebDriverDriver> {
    const { transport, timeoutMs } = options;
    const commands = new Commands(transport, timeoutMs);
    const primary = await commands.window();
    const engine = engineByName(transport.capabilities['browserName']) ?? (await askEngine(commands));
    const driver = new WebDriverDriver(options, engine);
    driver.#primary = primary;
    return driver;
  }

  async ready(): Promise<void> {
    // Nothing is looked at any more.
  }

  async version(): Promise<{ browserVersion?: string; userAgent?: string }> {
    const { browserVersion, userAgent } = this.#capabilities;
    const agent = typeof userAgent === 'string' ? userAgent : await this.#turns.run(() => this.#askUserAgent());
    return {
      ...(typeof browserVersion === 'string' ? { browserVersion } : {}),
      ...(agent === undefined ? {} : { userAgent: agent }),
    };
  }

  tabs(): Promise<Tab[]> {
    return this.#turns.run(() => this.#tabs());
  }

  frames(tab: Tab, options: CallOptions): Promise<Frame[]> {
    return this.#turns.run(() => framesOf(this.#turns, tab, options));
  }

  async history(): Promise<string[]> {
    return [];
  }

  visited(): string[] {
    return [];
  }

  evaluate(tab: Tab, frame: Frame, source: string, argument: string, { timeoutMs }: CallOptions): Promise<string> {
    return this.#turns.run(async () => {
      const path = await enterFrame(this.#turns, tab, frame);
      return callInFrame(this.#turns, path, { source, argument, origin: frame.origin, timeoutMs });
    });
  }

  cookies(places: readonly string[] = []): Promise<{ cookies: Cookie[]; losses: Loss[] }> {
    return this.#turns.run(async () => {
      const windows = (await this.#windows()).map((id) => this.#tab(id));
      return this.#jar.read(windows, places);
    });
  }

  setCookie(cookie: Cookie, place?: string): Promise<CookieOutcome> {
    return this.#turns.run(() => this.#jar.set(cookie, place));
  }

  deleteCookie(cookie: Cookie, place?: string): Promise<void> {
    return this.#turns.run(() => this.#jar.delete(cookie, place));
  }

  async deviceBindings(): Promise<undefined> {}

  async discoverOrigins(): Promise<Discovery> {
    const missing = 'WebDriver lists no origins: only those of the open tabs are known, and those that are named.';
    return { origins: [], places: [], missing };
  }

  openHelper(): Promise<Tab> {
    return this.#turns.run(async () => {
      const id = await this.#turns.newWindow();
      this.#helpers.add(id);
      return blankTab(id);
    });
  }

  openTab(): Promise<Tab> {
    return this.#turns.run(async () => blankTab(await this.#turns.newWindow()));
  }

  closeTab(tab: Tab): Promise<void> {
    return this.#turns.run(async () => {
      this.#helpers.delete(tab.id);
      this.#quiet.delete(tab.id);
      await this.#turns.closeWindow(tab.id);
    });
  }

  visitBlank(tab: Tab, origin: string, { timeoutMs }: CallOptions): Promise<Frame> {
    return this.#turns.run(async () => {
      await this.#turns.enter(tab.id);
      this.#quiet.set(tab.id, undefined);
      const url = await visitQuiet(this.#turns, origin, timeoutMs);
      this.#quiet.set(tab.id, url);
      return { id: frameId(tab, []), origin, url, firstParty: true };
    });
  }

  goto(tab: Tab, url: string, { timeoutMs }: CallOptions): Promise<void> {
    return this.#turns.run(async () => {
      await this.#turns.enter(tab.id);
      const failure = await load(this.#turns, url, timeoutMs);
      // WebKitGTK says nothing, and shows an empty document.
      const isEmpty = failure === undefined && (await this.#commands.url()) === 'about:blank';
      if (failure !== undefined || isEmpty) throw unreachable(failure ?? 'it cannot be reached');
    });
  }

  release(tab: Tab, url: string, { timeoutMs }: CallOptions): Promise<void> {
    return this.#turns.run(async () => {
      await this.#turns.enter(tab.id);
      const failure = await load(this.#turns, url, timeoutMs);
      const stands = url !== this.#quiet.get(tab.id) && (await this.#commands.url()) === this.#quiet.get(tab.id);
      this.#quiet.delete(tab.id);
      if (!stands) return;
      await load(this.#turns, 'about:blank', timeoutMs);
      throw new PspError('BROWSER_UNREACHABLE', `No document came from the tab's address: ${failure ?? 'no content'}.`);
    });
  }

  async abandon(tab: Tab, url: string): Promise<void> {
    // The failure that led here is told by whoever met it; a tab that is gone needs nothing.
    await this.#turns.run(() => this.#abandon(tab, url)).catch(() => undefined);
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #abandon(tab: Tab, url: string): Promise<void> {
    if (!this.#quiet.has(tab.id)) return;
    this.#quiet.delete(tab.id);
    await this.#turns.enter(tab.id);
    await this.#commands.call(STOP, [], PAGE_TIMEOUT_MS).catch(() => undefined);
    if ((await this.#commands.url()) !== url) await load(this.#turns, url, PAGE_TIMEOUT_MS);
  }

  async #close(): Promise<void> {
    const closeHelpers = async (): Promise<void> => {
      for (const id of this.#helpers) await this.#turns.closeWindow(id).catch(() => undefined); // closed already
      this.#helpers.clear();
    };
    // Even without helper tabs: the turn before may still use a window for cookies. A browser that is gone has nothing left to close.
    await this.#turns.run(closeHelpers).catch(() => undefined);
    await this.#commands.transport.close();
  }

  /** Windows of the user, the primary one first. */
  async #windows(): Promise<string[]> {
    const ours = new Set([...this.#helpers, this.#jar.scout]);
    const windows = (await this.#commands.windows()).filter((id) => !ours.has(id));
    return windows.toSorted((a, b) => Number(b === this.#primary) - Number(a === this.#primary));
  }

  async #tabs(): Promise<Tab[]> {
    const tabs: Tab[] = [];
    for (const id of await this.#windows()) {
      try {
        await this.#turns.enter(id);
        this.#known.set(id, { url: await this.#commands.url(), title: await this.#title() });
      } catch (error) {
        if (isRefusal(error, 'no such window')) continue; // closed meanwhile
        if (!(error instanceof PspError) || error.code !== 'TIMEOUT') throw error;
      }
      tabs.push(this.#tab(id));
    }
    this.#known = new Map(tabs.map((tab) => [tab.id, tab]));
    return tabs;
  }

  #tab(id: string): Tab {
    const { url, title } = this.#known.get(id) ?? { url: '', title: undefined };
    return { id, url, title, primary: id === this.#primary };
  }

  /** Undefined where the page has spoilt what the browser needs to tell it. */
  async #title(): Promise<string | undefined> {
    try {
      return await this.#commands.title();
    } catch (error) {
      if (isRefusal(error, 'unknown error', 'javascript error')) return undefined;
      throw error;
    }
  }

  /** Undefined where no page can be asked. */
  async #askUserAgent(): Promise<string | undefined> {
    try {
      if (await this.#commands.hasDialog()) return undefined;
      await this.#turns.limit({ script: PAGE_TIMEOUT_MS });
      return String(await this.#commands.call('() => navigator.userAgent', [], PAGE_TIMEOUT_MS));
    } catch (error) {
      if (isRefusal(error)) return undefined;
      throw error;
    }
  }
}

function blankTab(id: string): Tab {
  return { id, url: 'about:blank', title: undefined, primary: false };
}

/** Of a session whose capabilities nobody told us. Throws TIMEOUT when its window's dialog is open. */
async function askEngine(commands: Commands): Promise<Engine> {
  if (await commands.hasDialog()) {
    throw new PspError('TIMEOUT', 'A dialog is open in the window, so the browser cannot be asked which one it is.');
  }
  const told = await commands.call(TELL_ENGINE, [], commands.timeoutMs);
  return told === 'firefox' || told === 'webkit' ? told : 'chromium';
}
