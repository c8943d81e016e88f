/** Restores tabs: what the user's own tab gets, and the other tabs of the session. Knows nothing of cookies and of what tabs share. */
import { Chooser, type Loss, originOf, type SessionDocument, type TabState } from '@psp/protocol';
import type { BrowserDriver, Tab } from './browser/driver.js';
import type { HistoryEntry, TabHistory } from './browser/tab-memory.js';
import { causeOfLoss } from './losses.js';
import { addressOf } from './origins.js';
import { hostsOf } from './restore-cookies.js';
import { restoreView } from './restore-view.js';
import { isOfSite } from './tab-traces.js';
import { lossWithoutPartition, visitPlace, type VisitablePlace } from './visit-place.js';
import { writeSessionStorage } from './write-origin.js';

export type TabsMode = 'primary' | 'all' | 'none';

/** Where the restore as a whole keeps its accounts. */
export interface TabAccounts {
  lose(losses: readonly Loss[]): void;
  /** Does `work`, a part of the restore with a `name`, which is not done when `work` fails: then `loss` stands for it. */
  part(name: string, loss: Loss, work: () => Promise<void>): Promise<void>;
}

export class TabRestore {
  readonly #chooser: Chooser;

  constructor(
    readonly driver: BrowserDriver,
    readonly document: SessionDocument,
    readonly accounts: TabAccounts,
    readonly timeoutMs: number,
  ) {
    this.#chooser = new Chooser(document.choices);
  }

  /** A tab that fails does not cost the others. */
  async restore(mode: TabsMode): Promise<void> {
    const { tabs } = this.document;
    if (mode === 'none' || tabs.length === 0) return;
    const primary = (await this.driver.tabs()).find((tab) => tab.primary);
    const active = tabs.find((tab) => tab.active === true) ?? (tabs[0] as TabState);
    if (mode === 'all') return this.#window(primary, active);
    if (primary !== undefined) await this.#part(active, () => this.#primaryTab(primary, active));
    for (const state of tabs) {
      if ((state !== active || primary === undefined) && state.sessionStorage.length > 0)
        this.accounts.lose([{ code: 'tab-not-restored', kind: 'tab', item: addressOf(state.url) }]);
    }
  }

  /** Brings all tabs back: the active one in the place of the user's own, the others opened in their order. */
  async #window(primary: Tab | undefined, active: TabState): Promise<void> {
    const shown = new Map<TabState, Tab>();
    const others = this.document.tabs.filter((state) => state !== active || primary === undefined);
    for (const state of primary === undefined ? others : [active, ...others]) {
      await this.#part(state, async () => {
        const isOwn = state === active && primary !== undefined;
        if (!isOfSite(state.url)) this.#leaveOut(state, 1);
        else shown.set(state, isOwn ? await this.#ownTab(primary, state) : await this.#newTab(state));
      });
    }
    // Their pages load side by side.
    const views = Array.from(shown, async ([state, tab]) => restoreView(this.driver, tab, state, this.timeoutMs));
    for (const losses of await Promise.all(views)) this.accounts.lose(losses);
    const front = active.active === true ? shown.get(active) : undefined;
    if (front === undefined || !this.driver.features.tabMemory) return;
    // Whoever closes the tab at this moment does not want it in front.
    await this.driver.tabMemory.bringToFront(front, { timeoutMs: this.timeoutMs }).catch(() => undefined);
  }

  #part(state: TabState, work: () => Promise<void>): Promise<void> {
    const item = addressOf(state.url);
    return this.accounts.part(`tab ${item}`, { code: 'tab-failed', kind: 'tab', item }, work);
  }

  /** The user's own tab goes back to where it stood. One that gets nothing is not touched. */
  async #primaryTab(tab: Tab, state: TabState): Promise<void> {
    const areas = this.#areasFor(state, tab);
    if (areas.length === 0) return;
    await this.#fill(tab, areas, tab.url, () => this.driver.release(tab, tab.url, { timeoutMs: this.timeoutMs }));
  }

  async #ownTab(tab: Tab, state: TabState): Promise<Tab> {
    await this.#fill(tab, this.#areasFor(state, tab), tab.url, () => this.#go(tab, state));
    return tab;
  }

  async #newTab(state: TabState): Promise<Tab> {
    const tab = await this.driver.openTab();
    await this.#fill(tab, this.#kept(state.sessionStorage), state.url, () => this.#go(tab, state));
    return tab;
  }

  /** Writes a tab's sessionStorage from blank pages within the tab, then lets it go on. After a failure it goes to `url`. */
  async #fill(tab: Tab, areas: TabState['sessionStorage'], url: string, go: () => Promise<void>): Promise<void> {
    try {
      for (const area of areas) await this.#write(tab, area);
      await go();
    } catch (error) {
      // The user is to find a tab that works, not a blank page that answers to no address.
      await this.driver.abandon(tab, url);
      throw error;
    }
  }

  /** Goes to the page of the tab, with the history before and after it where that can be. */
  async #go(tab: Tab, state: TabState): Promise<void> {
    const { history = { entries: [{ url: state.url }], index: 0 } } = state;
    const kept = nearest(
      history.entries.filter(({ url }) => isOfSite(url)),
      history.entries[history.index],
    );
    if (kept === undefined) return this.driver.release(tab, state.url, { timeoutMs: this.timeoutMs });
    if (kept.entries.length < history.entries.length)
      this.#leaveOut(state, history.entries.length - kept.entries.length);
    const options = { timeoutMs: this.timeoutMs };
    const { url } = kept.entries[kept.index] as HistoryEntry;
    if (kept.entries.length === 1) return this.driver.release(tab, url, options);
    if (this.driver.features.tabMemory) {
      try {
        return await this.driver.tabMemory.restoreEntries(tab, kept, options);
      } catch (error) {
        const { code, message } = await causeOfLoss(this.driver, error);
        if (code !== 'BROWSER_UNREACHABLE') throw error;
        this.#loseHistory(state, message);
      }
    } else this.#loseHistory(state, 'this browser takes no history');
    await this.driver.release(tab, url, options);
  }

  #loseHistory({ url, history }: TabState, reason: string): void {
    const detail = `${history?.entries.length ?? 0} entries: ${reason}`;
    this.accounts.lose([{ code: 'history-not-restored', kind: 'tab', item: addressOf(url), detail }]);
  }

  #leaveOut({ url }: TabState, count: number): void {
    this.accounts.lose([
      { code: 'history-entry-left-out', kind: 'tab', item: addressOf(url), detail: `${count} entries` },
    ]);
  }

  /** What the user's tab gets; what it has for other origins of the session is stale, and goes. */
  #areasFor(state: TabState, tab: Tab): TabState['sessionStorage'] {
    const own = state.sessionStorage.filter(({ partition }) => partition === undefined);
    const listed = new Set(own.map(({ origin }) => origin));
    const seen = this.driver.tabMemory.seenSessionStorage(tab).filter(({ items }) => items.length > 0);
    const there = new Set([originOf(tab.url), ...seen.map(({ origin }) => origin)]);
    const hosts = hostsOf(this.document);
    const stale = [...there].filter((origin) => origin !== undefined && !listed.has(origin)) as string[];
    const empty = stale.filter(
      (origin) => hosts.has(new URL(origin).hostname) && this.#chooser.takesSome('sessionStorage', { origin }),
    );
    return [...this.#kept(state.sessionStorage), ...empty.map((origin) => ({ origin, items: [] }))];
  }

  /** Without what this driver has no place for. */
  #kept(areas: readonly SessionArea[]): SessionArea[] {
    if (this.driver.features.partitionedStorage) return [...areas];
    this.accounts.lose(areas.filter(({ partition }) => partition !== undefined).map(unkeptLoss));
    return areas.filter(({ partition }) => partition === undefined);
  }

  async #write(tab: Tab, { items, ...where }: SessionArea): Promise<void> {
    try {
      const frame = await visitPlace(this.driver, tab, where, this.timeoutMs);
      const place = { driver: this.driver, tab, frame };
      this.accounts.lose(await writeSessionStorage(place, items, this.timeoutMs, this.#chooser));
    } catch (error) {
      if (lossWithoutPartition(error, where) === undefined) throw error;
      this.accounts.lose([unkeptLoss(where)]);
    }
  }
}

type SessionArea = TabState['sessionStorage'][number];

function unkeptLoss({ origin, partition }: VisitablePlace): Loss {
  const item = `below ${partition?.topLevelSite}`;
  return { code: 'session-storage-partitioned', kind: 'sessionStorage', origin, item };
}

/** Browsers keep so many entries for a tab, and forget the oldest beyond. */
const MAX_ENTRIES = 50;

/** The entries around `current`, as many as a tab can have. Undefined where it is not among them. */
function nearest(entries: readonly HistoryEntry[], current: HistoryEntry | undefined): TabHistory | undefined {
  const index = entries.indexOf(current as HistoryEntry);
  if (index === -1) return undefined;
  const from = Math.max(0, Math.min(index - MAX_ENTRIES / 2, entries.length - MAX_ENTRIES));
  return { entries: entries.slice(from, from + MAX_ENTRIES), index: index - from };
}
