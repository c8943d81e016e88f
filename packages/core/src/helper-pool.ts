/** A few hidden tabs that share a list of origins. Two hide each other's round trips; the browser gains nothing from more. */
import { PspError } from '@psp/protocol';
import type { BrowserDriver, Tab } from './browser/driver.js';

const HELPERS = 2;

export class HelperPool {
  readonly #tabs: Tab[] = [];
  readonly #warm: Promise<Tab>[] = [];

  constructor(readonly driver: BrowserDriver) {}

  /**
   * Calls `work` for every item, in order, each with a tab of its own while it runs; a tab is opened when an item wants one.
   * Rejects with the first rejection, after what was under way has ended.
   */
  async forEach<T>(items: Iterable<T> | AsyncIterable<T>, work: (tab: Tab, item: T) => Promise<void>): Promise<void> {
    const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
    // One at a time: two workers must not ask an iterator for its next item at once.
    let turn: Promise<unknown> = Promise.resolve();
    const next = (): Promise<IteratorResult<T>> => {
      const mine = turn.then(() => iterator.next());
      turn = mine.catch(() => undefined);
      return mine;
    };
    const worker = async (): Promise<void> => {
      let tab: Tab | undefined;
      for (let item = await next(); item.done !== true; item = await next()) {
        tab ??= await (this.#warm.pop() ?? this.#open());
        await work(tab, item.value);
      }
    };
    const results = await Promise.allSettled(Array.from({ length: HELPERS }, worker));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  /** Begins to open a tab that `forEach` will use, while the caller does something else. */
  warm(): void {
    const opening = this.#open();
    opening.catch(() => undefined); // told to whoever takes it
    this.#warm.push(opening);
  }

  async #open(): Promise<Tab> {
    const tab = await this.driver.openHelper();
    this.#tabs.push(tab);
    return tab;
  }

  /** Closes the tabs. In a browser that is gone there is nothing left to close. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#warm);
    const results = await Promise.allSettled(this.#tabs.splice(0).map((tab) => this.driver.closeTab(tab)));
    for (const result of results) {
      if (result.status === 'rejected' && !isGone(result.reason)) throw result.reason;
    }
  }
}

function isGone(error: unknown): boolean {
  return error instanceof PspError && error.code === 'BROWSER_GONE';
}
