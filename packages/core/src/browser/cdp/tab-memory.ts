/** What tabs remember, over CDP: see the contract in browser/tab-memory.ts. */
import type { CallOptions, Tab } from '../driver.js';
import type { SeenArea, TabHistory, TabMemory } from '../tab-memory.js';
import type { BlankTab } from './blank.js';
import type { SeenStorage } from './seen-storage.js';
import { readHistory, rebuildHistory } from './tab-history.js';
import type { Targets } from './targets.js';

/** Tabs under interception, which the driver keeps. */
export interface BlankTabs {
  take(tabId: string): Promise<BlankTab>;
  /** The tab shows a page of a site again. */
  giveBack(tabId: string): void;
}

export class CdpTabMemory implements TabMemory {
  constructor(
    readonly targets: Targets,
    readonly seen: SeenStorage,
    readonly blanks: BlankTabs,
  ) {}

  async entries(tab: Tab, { timeoutMs }: CallOptions): Promise<TabHistory> {
    return readHistory(await this.targets.open(tab.id), timeoutMs);
  }

  seenSessionStorage(tab: Tab): SeenArea[] {
    return this.seen.areas(tab.id);
  }

  async restoreEntries(tab: Tab, history: TabHistory, { timeoutMs }: CallOptions): Promise<void> {
    const blank = await this.blanks.take(tab.id);
    await rebuildHistory(blank, history, timeoutMs);
    this.blanks.giveBack(tab.id);
  }

  async bringToFront(tab: Tab, { timeoutMs }: CallOptions): Promise<void> {
    const target = await this.targets.open(tab.id);
    await target.send('Page.bringToFront', {}, timeoutMs);
  }
}
