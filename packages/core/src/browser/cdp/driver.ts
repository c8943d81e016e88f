/** The driver of any Chromium browser, over any CDP connection. Knows nothing of what a session is. */
import { PspError, type Cookie, type Loss, type Binding } from '@psp/protocol';
import type {
  BrowserDriver,
  BrowserFeatures,
  CallOptions,
  CookieOutcome,
  Discovery,
  Frame,
  Offer,
  Tab,
} from '../driver.js';
import type { VisitOptions } from '../driver.js';
import { NO_HOLD, type DocumentHold } from '../hold.js';
import type { Preload } from '../preload.js';
import type { Surroundings } from '../surroundings.js';
import type { TabMemory } from '../tab-memory.js';
import { unreachable } from '../unreachable.js';
import { BlankTab } from './blank.js';
import { deviceBindings } from './device-bindings.js';
import { OriginLists } from './discovery.js';
import type { CdpDriverOptions, HelperTabs } from './driver-options.js';
import { Frames } from './frames.js';
import { Helpers, type HiddenTab } from './helpers.js';
import { CdpHold } from './hold.js';
import { CookieJar } from './jar.js';
import { PartitionedBlank } from './partitioned-blank.js';
import { CdpPreload } from './preload.js';
import { CdpSurroundings } from './surroundings.js';
import { CdpTabMemory } from './tab-memory.js';
import { Targets, type TargetInfo } from './targets.js';

const FEATURES: BrowserFeatures = {
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
  partitionedStorage: true,
  hold: true,
  tabMemory: true,
  surroundings: true,
  preload: true,
};

/** Milliseconds for each step of giving a tab back after a failure. */
const ABANDON_TIMEOUT_MS = 5_000;

export type { CdpDriverOptions, HelperTabs };

export class CdpDriver implements BrowserDriver {
  readonly engine = 'chromium';
  readonly features: BrowserFeatures;
  readonly framework: string;
  readonly hold: DocumentHold;
  readonly tabMemory: TabMemory;
  readonly surroundings: Surroundings;
  readonly preload: Preload;
  readonly #targets: Targets;
  readonly #lists: OriginLists;
  readonly #jar: CookieJar;
  readonly #primary: string | undefined;
  readonly #helpers: Helpers;
  readonly #blanks = new Map<string, BlankTab>();
  readonly #frames = new Frames();
  #closed: Promise<void> | undefined;

  private constructor(options: CdpDriverOptions) {
    this.framework = options.transport.framework;
    const isHidden = (options.helpers ?? 'hidden') === 'hidden';
    // Tabs that the user sees do not come and go while the user works.
    this.features = { ...FEATURES, hiddenHelper: isHidden, hold: isHidden };
    this.#targets = new Targets(options.transport, options.timeoutMs, options.browserContextId);
    this.surroundings = new CdpSurroundings(this.#targets);
    this.preload = new CdpPreload(this.#targets);
    this.#helpers = new Helpers(this.#targets, options.helpers ?? 'hidden');
    const openHidden = (): Promise<HiddenTab> => this.#helpers.openHidden();
    this.#lists = new OriginLists(this.#targets, openHidden);
    this.hold = isHidden ? new CdpHold(this.#targets, openHidden) : NO_HOLD;
    this.#jar = new CookieJar(this.#targets);
    this.#primary = options.primaryTargetId;
    this.tabMemory = new CdpTabMemory(this.#targets, this.#targets.seenStorage, {
      take: (tabId) => this.#takeBlank(tabId),
      giveBack: (tabId) => void this.#blanks.delete(tabId),
    });
  }

  /** Resolves when the driver is ready, too. */
  static async open(options: CdpDriverOptions): Promise<CdpDriver> {
    const driver = await CdpDriver.begin(options);
    await driver.ready();
    return driver;
  }

  /** Resolves when the driver can be used; whoever lets the user go on waits for `ready`. */
  static async begin(options: CdpDriverOptions): Promise<CdpDriver> {
    const driver = new CdpDriver(options);
    await driver.#targets.watch(() => {
      // A tab that the user's framework would list comes only where it is asked for.
      if (driver.features.hiddenHelper) driver.#lists.prepare();
    });
    void driver.#lists.ready();
    return driver;
  }

  async ready(): Promise<void> {
    await Promise.all([this.#targets.watched(), this.#lists.ready()]);
  }

  async version(): Promise<{ browserVersion?: string; userAgent?: string }> {
    const { product, userAgent } = await this.#targets.send('Browser.getVersion', {});
    return { browserVersion: product.slice(product.indexOf('/') + 1), userAgent };
  }

  async tabs(): Promise<Tab[]> {
    const pages = (await this.#targets.list()).filter((target) => target.type === 'page');
    const tabs = pages.filter((target) => !this.#helpers.has(target.targetId)).map((target) => this.#tab(target));
    return tabs.toSorted((a, b) => Number(b.primary) - Number(a.primary));
  }

  async frames(tab: Tab, options: CallOptions): Promise<Frame[]> {
    this.#frames.prune();
    const below = async (): Promise<Frame[][]> => {
      const targets = await this.#targets.framesBelow(tab.id);
      return Promise.all(targets.map((target) => this.#framesIn(target.targetId, options).catch(vanished)));
    };
    const [own, nested] = await Promise.all([this.#framesIn(tab.id, options), below()]);
    return [...own, ...nested.flat()];
  }

  async history(tab: Tab): Promise<string[]> {
    const target = await this.#targets.open(tab.id);
    const { entries } = await target.send('Page.getNavigationHistory', {});
    return entries.map((entry) => entry.url);
  }

  visited(): string[] {
    return this.#targets.visits.firstParty();
  }

  evaluate(_tab: Tab, frame: Frame, source: string, argument: string, options: CallOptions): Promise<string> {
    return this.#frames.call(frame.id, { source, argument, timeoutMs: options.timeoutMs });
  }

  offer(frame: Frame, body: Uint8Array): Offer | undefined {
    return this.#helpers.offer(frame.id, body);
  }

  cookies(): Promise<{ cookies: Cookie[]; losses: Loss[] }> {
    return this.#jar.read();
  }

  setCookie(cookie: Cookie): Promise<CookieOutcome> {
    return this.#jar.set(cookie);
  }

  deleteCookie(cookie: Cookie): Promise<void> {
    return this.#jar.delete(cookie);
  }

  deviceBindings({ timeoutMs }: CallOptions): Promise<Binding[] | undefined> {
    return deviceBindings(this.#targets, timeoutMs);
  }

  async discoverOrigins({ timeoutMs }: CallOptions): Promise<Discovery> {
    const { origins, places, missing } = await this.#lists.ask(timeoutMs);
    const { visits } = this.#targets;
    await visits.settled();
    return { origins: [...origins, ...visits.unplaced()], places: [...places, ...visits.places()], missing };
  }

  async goto(tab: Tab, url: string, { timeoutMs }: CallOptions): Promise<void> {
    const target = await this.#targets.open(tab.id);
    const { errorText } = await target.send('Page.navigate', { url }, timeoutMs);
    if (errorText !== undefined) throw unreachable(errorText);
  }

  async openHelper(): Promise<Tab> {
    const targetId = await this.#helpers.open();
    return { id: targetId, url: 'about:blank', title: undefined, primary: false };
  }

  async openTab(): Promise<Tab> {
    const { targetId } = await this.#targets.send('Target.createTarget', {
      url: 'about:blank',
      ...this.#targets.context(),
    });
    const target = await this.#targets.open(targetId);
    // The user's client sets a new tab up, and holds it until then. Chromium's renderer crashes when the tab navigates meanwhile.
    await target.send('Runtime.evaluate', { expression: '0' });
    return { id: targetId, url: 'about:blank', title: undefined, primary: false };
  }

  closeTab(tab: Tab): Promise<void> {
    return this.#helpers.close(tab.id);
  }

  async visitBlank(tab: Tab, origin: string, { timeoutMs, partition }: VisitOptions): Promise<Frame> {
    this.#frames.prune();
    const blank = await this.#takeBlank(tab.id);
    if (partition === undefined) {
      const { frameId, executionContextId } = await blank.visit(origin, timeoutMs);
      this.#frames.addBlank(frameId, blank.target, executionContextId);
      return { id: frameId, origin, url: `${origin}/`, firstParty: true };
    }
    const found = await new PartitionedBlank(blank, this.#targets).visit({ origin, partition }, timeoutMs);
    this.#frames.addBlank(found.frameId, found.target, found.executionContextId);
    return { id: found.frameId, origin, url: `${origin}/`, firstParty: false, partition: found.partition };
  }

  async release(tab: Tab, url: string, options: CallOptions): Promise<void> {
    const blank = await this.#takeBlank(tab.id);
    await blank.end(url, options.timeoutMs);
    this.#blanks.delete(tab.id);
  }

  async abandon(tab: Tab, url: string): Promise<void> {
    this.#frames.left(tab.id);
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

  async #takeBlank(tabId: string): Promise<BlankTab> {
    // The main frame of a tab has the tab's id.
    this.#frames.left(tabId);
    const blank =
      this.#blanks.get(tabId) ?? new BlankTab(await this.#targets.open(tabId), (url) => this.#helpers.isOffered(url));
    this.#blanks.set(tabId, blank);
    return blank;
  }

  async #close(): Promise<void> {
    this.#lists.close();
    await this.#helpers.closeAll();
    this.#targets.close();
    await this.#targets.transport.close();
  }

  async #framesIn(targetId: string, { timeoutMs }: CallOptions): Promise<Frame[]> {
    return this.#frames.listIn(await this.#targets.open(targetId), timeoutMs);
  }

  #tab(target: TargetInfo): Tab {
    return { id: target.targetId, url: target.url, title: target.title, primary: target.targetId === this.#primary };
  }
}

/** A frame that went away while the frames were listed is no longer one of them. */
function vanished(error: unknown): Frame[] {
  if (error instanceof PspError && error.code === 'BROWSER_GONE') return [];
  throw error;
}
