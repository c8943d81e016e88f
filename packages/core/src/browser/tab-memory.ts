/** CONTRACT of what a tab remembers beyond its page: its place in the window, its history, sessionStorage of origins that it has left. */
import { PspError, type StorageItem } from '@psp/protocol';
import type { CallOptions, Tab } from './driver.js';

/** One entry of a tab's history (HTML, section 7.4.1.1). */
export interface HistoryEntry {
  readonly url: string;
  readonly title?: string;
}

export interface TabHistory {
  /** Oldest first. */
  readonly entries: readonly HistoryEntry[];
  readonly index: number;
}

export interface SeenArea {
  readonly origin: string;
  readonly items: StorageItem[];
}

/** Of a browser whose `features.tabMemory` is true; elsewhere it throws UNSUPPORTED. */
export interface TabMemory {
  /** Throws TIMEOUT and BROWSER_GONE. */
  entries(tab: Tab, options: CallOptions): Promise<TabHistory>;
  /**
   * sessionStorage of first-party origins that the tab has shown since the driver opened, in its last known state; origins that the
   * tab shows now, and those that have none, included. An origin that the tab was on before, and has not shown since, is not there.
   * Without a wait: it is what the browser has told so far.
   */
  seenSessionStorage(tab: Tab): SeenArea[];
  /**
   * Makes `history`, whose entries are http and https ones, that of the tab, and loads its entry `index`. No code of a site runs
   * before, and no other entry is asked for. Throws BROWSER_UNREACHABLE where an entry cannot be made, or its page gives no document.
   */
  restoreEntries(tab: Tab, history: TabHistory, options: CallOptions): Promise<void>;
  /** Makes it the tab that its window shows. */
  bringToFront(tab: Tab, options: CallOptions): Promise<void>;
}

const refuse = (): never => {
  throw new PspError('UNSUPPORTED', 'This browser tells and takes no history of tabs.');
};

export const NO_TAB_MEMORY: TabMemory = {
  entries: async () => refuse(),
  seenSessionStorage: () => [],
  restoreEntries: async () => refuse(),
  bringToFront: async () => refuse(),
};
