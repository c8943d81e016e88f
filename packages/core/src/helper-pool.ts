/** A few helper tabs that share a list of origins, so that they hide each other's round trips. */
import { PspError } from '@psp/protocol';
import type { BrowserDriver, Tab } from './browser/driver.js';

/** A tab may crash because of anything in the browser. Whatever crashes a second one is no accident. */
const ATTEMPTS = 2;

/**
 * Runs `work` with a tab. When the tab ends meanwhile, `work` runs once more in a new one, unless `repeatable` denies it; then,
 * and for any other failure, this rejects as `work` did.
 */
export type WithTab = <R>(work: (tab: Tab) => Promise<R>, repeatable?: () => boolean) => Promise<R>;

export class HelperPool {
  readonly #tabs: Tab[] = [];
  /** Tabs that nobody uses at the moment, some on their way only. */
  readonly #free: Promise<Tab>[] = [];

  constructor(readonly driver: BrowserDriver) {}

  /**
   * Calls `work` for every item, in order, as many at once as the driver can use; a tab is opened when an item first wants one. Rejects with the first
   * rejection, or when no tab can be had, after what was under way has ended; no further item is begun then.
   */
  async forEach<T>(
    items: Iterable<T> | AsyncIterable<T>,
    work: (item: T, withTab: WithTab) => Promise<void>,
  ): Promise<void> {
    const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
    // One at a time: two workers must not ask an iterator for its next item at once.
    let turn: Promise<unknown> = Promise.resolve();
    const next = (): Promise<IteratorResult<T>> => {
      const mine = turn.then(() => iterator.next());
      turn = mine.catch(() => undefined);
      return mine;
    };
    const walk = { failed: false };
    let returning: Promise<unknown> | undefined;
    const worker = async (): Promise<void> => {
      const seat = new Seat(
        () => this.#free.pop() ?? this.#open(),
        (tab) => void this.#free.push(Promise.resolve(tab)),
      );
      try {
        for (let item = await next(); !walk.failed && item.done !== true; item = await next()) {
          await work(item.value, seat.withTab);
          seat.check();
          seat.leave();
        }
      } catch (error) {
        walk.failed = true;
        // Others may wait for an item that never comes.
        returning ??= Promise.resolve(iterator.return?.());
        returning.catch(() => undefined); // told below
        throw error;
      }
    };
    const results: PromiseSettledResult<unknown>[] = await Promise.allSettled(
      Array.from({ length: this.driver.features.helpers }, worker),
    );
    results.push(...(await Promise.allSettled([returning ?? iterator.return?.()])));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  /** Begins to open a tab that `forEach` will use, while the caller does something else. */
  warm(): void {
    const opening = this.#open();
    opening.catch(() => undefined); // told to whoever takes it
    this.#free.push(opening);
  }

  async #open(): Promise<Tab> {
    const tab = await this.driver.openHelper();
    this.#tabs.push(tab);
    return tab;
  }

  /** Closes the tabs. Those that ended by themselves, or with the browser, are closed already. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#free.splice(0));
    const results = await Promise.allSettled(this.#tabs.splice(0).map((tab) => this.driver.closeTab(tab)));
    for (const result of results) {
      if (result.status === 'rejected' && !isGone(result.reason)) throw result.reason;
    }
  }
}

/** The tab of one worker, for one item: a free one, or one that is opened when it is first wanted, and anew after it ended. */
class Seat {
  #tab: Tab | undefined;
  #fault: { readonly error: unknown } | undefined;

  constructor(
    readonly open: () => Promise<Tab>,
    readonly free: (tab: Tab) => void,
  ) {}

  readonly withTab: WithTab = async (work, repeatable = () => true) => {
    for (let attempt = 1; ; attempt++) {
      const tab = await this.#sit();
      try {
        return await work(tab);
      } catch (error) {
        if (!isGone(error)) throw error;
        this.#tab = undefined;
        if (attempt === ATTEMPTS || !repeatable()) throw error;
      }
    }
  };

  /** Throws what kept a tab from being opened. That is no matter of one item: the next would fare no better. */
  check(): void {
    if (this.#fault !== undefined) throw this.#fault.error;
  }

  /** The next item may come to another worker, when this tab is the one that is ready. */
  leave(): void {
    if (this.#tab !== undefined) this.free(this.#tab);
    this.#tab = undefined;
  }

  async #sit(): Promise<Tab> {
    try {
      return (this.#tab ??= await this.open());
    } catch (error) {
      this.#fault = { error };
      throw error;
    }
  }
}

function isGone(error: unknown): boolean {
  return error instanceof PspError && error.code === 'BROWSER_GONE';
}
