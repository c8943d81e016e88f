/** Reads the open tabs: the sessionStorage of each, and the storage of the origins that they have open. */
import { Chooser, type Loss, type PspError, type StateKind, type StorageItem, type TabState } from '@psp/protocol';
import type { BrowserDriver, Frame, Tab } from './browser/driver.js';
import type { TabHistory } from './browser/tab-memory.js';
import type { EnvironmentNotes } from './environment.js';
import { causeOfLoss } from './losses.js';
import { addressOf } from './origins.js';
import type { TabView } from './page/contract.js';
import { readOrigin, type OriginReading } from './read-origin.js';
import { firstOfEachPlace, placeKey, unreadPlaces } from './read-partitions.js';
import { leftAreas, siteHistory } from './tab-traces.js';

/** What one tab tells. Its state is undefined where it is no page of a site, or closed meanwhile. */
export interface TabReading {
  readonly state: TabState | undefined;
  /** For the search of origins: those of a page that has gone too. */
  readonly frames: readonly Frame[];
  readonly urls: readonly string[];
  readonly losses: readonly Loss[];
}

interface Failure {
  /** Undefined when the tab would not even list its frames. */
  readonly frame: Frame | undefined;
  readonly cause: PspError;
}

/** One look at a tab. */
interface Look {
  readonly frames: Frame[];
  readonly urls: string[];
  readonly sessionStorage: TabState['sessionStorage'];
  readonly losses: Loss[];
  readonly failures: Failure[];
  history?: TabHistory;
  view?: TabView;
}

/** A page that goes elsewhere while it is read is read again where it went. One that does so all the time is not. */
const LOOKS = 2;

export class TabReader {
  constructor(
    readonly driver: BrowserDriver,
    /** What is known of each place, by `placeKey`; added to. */
    readonly readings: Map<string, OriginReading>,
    readonly timeoutMs: number,
    /** What pages tell of their surroundings; added to. */
    readonly around: EnvironmentNotes,
    readonly chooser = new Chooser(),
  ) {}

  /** What the tab would not tell becomes a loss. A tab that closes meanwhile is no part of the session, and no loss. */
  async read(tab: Tab): Promise<TabReading> {
    const frames: Frame[] = [];
    const urls: string[] = [];
    let at = tab;
    for (let look = 1; ; look++) {
      const { failures, ...seen } = await this.#look(at);
      frames.push(...seen.frames);
      urls.push(...seen.urls);
      const now = failures.length === 0 ? at : (await this.driver.tabs()).find(({ id }) => id === tab.id);
      if (now === undefined) return { state: undefined, frames, urls, losses: [] };
      if (look < LOOKS && failures.some((failure) => isGone(failure) && isOfPage(failure, seen))) {
        at = now;
        continue;
      }
      const told = failures.filter((failure) => !isGone(failure) || isOfPage(failure, seen));
      const losses = [...seen.losses, ...told.map((failure) => lossOf(at, failure))];
      return { state: tabState(at, seen), frames, urls, losses };
    }
  }

  async #look(tab: Tab): Promise<Look> {
    const seen: Look = { frames: [], urls: [tab.url], sessionStorage: [], losses: [], failures: [] };
    const fail = async (error: unknown, frame?: Frame): Promise<void> => {
      seen.failures.push({ frame, cause: await causeOfLoss(this.driver, error) });
    };
    try {
      const listed = this.driver.frames(tab, { timeoutMs: this.timeoutMs });
      listed.catch(() => undefined); // awaited below, once the history is there
      await this.#readHistory(tab, seen);
      seen.frames.push(...(await listed));
    } catch (error) {
      await fail(error);
    }
    seen.losses.push(...unreadPlaces(this.driver, seen.frames));
    // All at once: a blocked tab costs its time once, not once a frame.
    const areas = firstOfEachPlace(seen.frames)
      .filter((frame) => this.#isWanted(frame, seen))
      .map(async (frame) => {
        try {
          const items = await this.#readFrame(tab, frame, seen);
          const { partition } = frame;
          const below = partition === undefined ? {} : { partition };
          return items.length > 0 ? [{ origin: frame.origin as string, ...below, items }] : [];
        } catch (error) {
          await fail(error, frame);
          return [];
        }
      });
    seen.sessionStorage.push(...(await Promise.all(areas)).flat());
    const left = leftAreas(this.driver, tab, seen);
    seen.sessionStorage.push(...left.areas);
    seen.losses.push(...left.losses);
    return seen;
  }

  async #readHistory(tab: Tab, seen: Look): Promise<void> {
    const { features, tabMemory } = this.driver;
    if (features.tabMemory) {
      const told = siteHistory(await tabMemory.entries(tab, { timeoutMs: this.timeoutMs }), tab);
      if (told.history !== undefined) seen.history = told.history;
      seen.losses.push(...told.losses);
    }
    const urls = seen.history?.entries.map(({ url }) => url) ?? (await this.driver.history(tab));
    seen.urls.push(...urls);
  }

  /** A frame of which nothing is wanted is not looked into. */
  #isWanted(frame: Frame, { frames }: Look): boolean {
    const ofPage = frame === frames[0] ? (['environment', 'tab'] as const) : [];
    const kinds = ['sessionStorage', ...ofPage] as const;
    return this.chooser.takesSomeOf(frame) || kinds.some((kind) => this.chooser.takesSome(kind, frame));
  }

  async #readFrame(tab: Tab, frame: Frame, seen: Look): Promise<StorageItem[]> {
    const origin = frame.origin as string;
    // What tabs share is read once; not here where only a blank document can.
    const key = placeKey({ origin, partition: frame.partition });
    const wanted = this.driver.features.databasesInTabs && this.chooser.takesSomeOf(frame);
    const first = wanted && !this.readings.has(key);
    // Claimed before the wait, so that another tab of the origin does not read it too.
    if (first) this.readings.set(key, emptyReading(origin));
    try {
      const place = { driver: this.driver, tab, frame };
      const takes = (kind: StateKind): boolean => this.chooser.takesSome(kind, frame);
      const isPage = frame === seen.frames[0];
      const scope = tab.primary ? ('all' as const) : ('view' as const);
      const around = isPage && takes('environment') ? { surroundings: scope } : {};
      const ofPage = { tab: isPage && takes('tab'), ...around };
      const options = { sessionStorage: takes('sessionStorage'), shared: first, takes, ...ofPage };
      const reading = await readOrigin(place, { ...options, timeoutMs: this.timeoutMs });
      this.around.add(origin, reading.surroundings, tab.primary);
      if (first) this.readings.set(key, reading);
      else seen.losses.push(...reading.losses);
      if (reading.tab !== undefined) seen.view = reading.tab;
      return reading.sessionStorage ?? [];
    } catch (error) {
      // Another way remains: a blank document of the origin in a helper tab.
      if (first) this.readings.delete(key);
      throw error;
    }
  }
}

/** The place went away, as opposed to: it is there and does not answer. */
function isGone({ cause }: Failure): boolean {
  return cause.code === 'BROWSER_GONE' && !hasCrashed(cause);
}

/** Of the page as a whole. Frames below it come and go as the page likes, which is no loss. */
function isOfPage({ frame }: Failure, { frames }: Pick<Look, 'frames'>): boolean {
  return frame === undefined || frame === frames[0];
}

function hasCrashed(cause: PspError): boolean {
  return cause.message.includes('crashed');
}

/** Blank tabs and the browser's own pages are not part of a session. */
function tabState(tab: Tab, { history, view, sessionStorage }: Omit<Look, 'failures'>): TabState | undefined {
  const url = history?.entries[history.index]?.url ?? tab.url;
  if (!/^https?:/.test(url)) return undefined;
  return {
    url,
    // A page may put half a character into its title, which JSON between languages cannot carry.
    ...(tab.title === undefined ? {} : { title: tab.title.toWellFormed() }),
    ...(history === undefined ? {} : { history: { entries: [...history.entries], index: history.index } }),
    ...viewOf(view),
    ...(tab.primary ? { active: true } : {}),
    sessionStorage,
  };
}

function lossOf(tab: Tab, { frame, cause }: Failure): Loss {
  const code = hasCrashed(cause) ? 'tab-crashed' : cause.code === 'TIMEOUT' ? 'tab-blocked' : 'tab-failed';
  const origin = frame?.origin === undefined ? {} : { origin: frame.origin };
  return { code, kind: 'tab', ...origin, item: addressOf(tab.url), detail: cause.message };
}

function emptyReading(origin: string): OriginReading {
  return { state: { origin, localStorage: [], indexedDB: [] }, batches: [], losses: [], sessionStorage: [] };
}

/** What a page says is data from outside: where there is no isolated world, its scripts can alter it. */
function viewOf(view: TabView | undefined): Pick<TabState, 'scroll' | 'forms'> {
  if (view === undefined || !Number.isFinite(view.scroll.x) || !Number.isFinite(view.scroll.y)) return {};
  return { scroll: view.scroll, forms: view.forms };
}
