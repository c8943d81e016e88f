/** Restores tabs: what the user's own tab gets, and the other tabs of the session. Knows nothing of cookies and of what tabs share. */
import { Chooser, type Loss, originOf, type SessionDocument, type TabState } from '@psp/protocol';
import type { BrowserDriver, Tab } from './browser/driver.js';
import { addressOf } from './origins.js';
import { hostsOf } from './restore-cookies.js';
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
    if (primary !== undefined) await this.#part(active, () => this.#primaryTab(primary, active));
    for (const state of tabs) {
      if (state === active && primary !== undefined) continue;
      if (mode === 'all') await this.#part(state, () => this.#newTab(state));
      else if (state.sessionStorage.length > 0)
        this.accounts.lose([{ code: 'tab-not-restored', kind: 'tab', item: addressOf(state.url) }]);
    }
  }

  #part(state: TabState, work: () => Promise<void>): Promise<void> {
    const item = addressOf(state.url);
    return this.accounts.part(`tab ${item}`, { code: 'tab-failed', kind: 'tab', item }, work);
  }

  /** The user's own tab goes back to where it stood. One that gets nothing is not touched. */
  async #primaryTab(tab: Tab, state: TabState): Promise<void> {
    const areas = sessionStorageFor(state, tab, this.document, this.#chooser);
    if (areas.length > 0) await this.#fill(tab, areas, tab.url);
  }

  async #newTab(state: TabState): Promise<void> {
    await this.#fill(await this.driver.openTab(), state.sessionStorage, state.url);
  }

  /** Writes a tab's sessionStorage from blank pages within the tab, then lets it go to `url`. */
  async #fill(tab: Tab, areas: TabState['sessionStorage'], url: string): Promise<void> {
    try {
      for (const { origin, items } of areas) {
        const frame = await this.driver.visitBlank(tab, origin, { timeoutMs: this.timeoutMs });
        const place = { driver: this.driver, tab, frame };
        this.accounts.lose(await writeSessionStorage(place, items, this.timeoutMs, this.#chooser));
      }
      await this.driver.release(tab, url, { timeoutMs: this.timeoutMs });
    } catch (error) {
      // The user is to find a tab that works, not a blank page that answers to no address.
      await this.driver.abandon(tab, url);
      throw error;
    }
  }
}

/** What the tab gets; where it stands on an origin of the session that has nothing for this tab, its stale items go. */
function sessionStorageFor(
  state: TabState,
  tab: Tab,
  document: SessionDocument,
  chooser: Chooser,
): TabState['sessionStorage'] {
  const here = originOf(tab.url);
  const listed = state.sessionStorage.some(({ origin }) => origin === here);
  if (here === undefined || listed || !chooser.takesSome('sessionStorage', { origin: here })) {
    return state.sessionStorage;
  }
  if (!hostsOf(document).has(new URL(here).hostname)) return state.sessionStorage;
  return [...state.sessionStorage, { origin: here, items: [] }];
}
