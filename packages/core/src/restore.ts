/** Restore: writes a whole session over a browser driver, and says what it did and did not do. Never writes to a store. */
import { type Loss, originOf, type OriginState, PspError, type SessionDocument, type TabState } from '@psp/protocol';
import { batchesByOrigin } from './batches.js';
import type { BrowserDriver, Tab } from './browser/driver.js';
import type { Progress } from './capture.js';
import { HelperPool } from './helper-pool.js';
import { causeOfLoss, withAdvice } from './losses.js';
import { addressOf } from './origins.js';
import { hostsOf, restoreCookies } from './restore-cookies.js';
import type { RecordBatch, SessionState } from './state.js';
import { checkedTimeout } from './timeout.js';
import { writeOrigin, writeSessionStorage } from './write-origin.js';

export interface RestoreOptions {
  /**
   * What to do with the tabs of the session. `primary` (default): the sessionStorage of its active tab goes into the tab that
   * the user handed over. `all`: that, and every other tab is opened at its address. `none`: no tab is touched.
   */
  readonly tabs?: 'primary' | 'all' | 'none';
  /** Milliseconds that one page may take to answer. Default 10,000. */
  readonly timeoutMs?: number;
  readonly onProgress?: (progress: Progress) => void;
}

export interface RestoreReport {
  /** What stands in the browser now, in plain words: `12 cookies`, `https://a.example`, `tab https://a.example/path`. */
  readonly done: string[];
  /** What does not, where the restore could not finish. Empty after a success. */
  readonly notDone: string[];
  /** What the browser would not take, each by name. */
  readonly losses: Loss[];
  readonly durationMs: number;
}

const DEFAULT_TIMEOUT_MS = 10_000;

/**
 * Restores a session into the driver's browser context. For the origins of the session what was there is replaced; other
 * origins stay as they are. Throws RESTORE_INCOMPLETE, whose `report` tells what was and was not done, and INVALID_INPUT for a
 * time limit that is none. Spec: PSP-RES.
 */
export async function restoreState(
  driver: BrowserDriver,
  state: SessionState,
  options: RestoreOptions = {},
): Promise<RestoreReport> {
  const run = new RestoreRun(driver, state.document, options);
  return run.restore(state.batches);
}

class RestoreRun {
  readonly #started = performance.now();
  readonly #done: string[] = [];
  readonly #losses: Loss[] = [];
  readonly #pending: Set<string>;
  readonly #timeoutMs: number;
  #finished = 0;

  constructor(
    readonly driver: BrowserDriver,
    readonly document: SessionDocument,
    readonly options: RestoreOptions,
  ) {
    this.#timeoutMs = checkedTimeout(options.timeoutMs, 'timeoutMs') ?? DEFAULT_TIMEOUT_MS;
    this.#pending = new Set(['cookies', ...document.origins.map(({ origin }) => origin)]);
  }

  async restore(batches: SessionState['batches']): Promise<RestoreReport> {
    const pool = new HelperPool(this.driver);
    if (this.document.origins.length > 0) pool.warm();
    try {
      try {
        await this.#cookies();
        await this.#origins(pool, batches);
      } finally {
        await pool.close();
      }
      await this.#tabs();
    } catch (cause) {
      throw this.#incomplete(cause);
    }
    if (this.#pending.size > 0) throw this.#incomplete(undefined);
    return this.#report();
  }

  async #cookies(): Promise<void> {
    this.#progress('cookies');
    const { set, losses } = await restoreCookies(this.driver, this.document);
    this.#losses.push(...losses);
    this.#finish('cookies', `${set} cookies`);
  }

  async #origins(pool: HelperPool, batches: SessionState['batches']): Promise<void> {
    await pool.forEach(batchesByOrigin(this.document.origins.length, batches), async (item, withTab) => {
      const state = this.document.origins[item.origin] as OriginState;
      try {
        const losses = await withTab(
          (tab) => this.#origin(tab, state, item.batches),
          () => item.repeatable(),
        );
        this.#losses.push(...losses);
        this.#finish(state.origin, state.origin);
      } catch (error) {
        // One origin that fails does not cost the others: it stays pending, and the restore is incomplete at the end.
        await this.#fail(error, { code: 'origin-failed', kind: 'origin', origin: state.origin });
      } finally {
        item.settle();
      }
      this.#progress('origins', ++this.#finished);
    });
  }

  async #origin(tab: Tab, state: OriginState, records: AsyncIterable<RecordBatch>): Promise<Loss[]> {
    const frame = await this.driver.visitBlank(tab, state.origin, { timeoutMs: this.#timeoutMs });
    return writeOrigin({ driver: this.driver, tab, frame }, state, records, this.#timeoutMs);
  }

  async #tabs(): Promise<void> {
    const mode = this.options.tabs ?? 'primary';
    const { tabs } = this.document;
    if (mode === 'none' || tabs.length === 0) return;
    const primary = (await this.driver.tabs()).find((tab) => tab.primary);
    const active = tabs.find((tab) => tab.active === true) ?? (tabs[0] as TabState);
    if (primary !== undefined) await this.#part(active, () => this.#primaryTab(primary, active));
    for (const state of tabs) {
      if (state === active && primary !== undefined) continue;
      if (mode === 'all') await this.#part(state, () => this.#newTab(state));
      else if (state.sessionStorage.length > 0)
        this.#losses.push({ code: 'tab-not-restored', kind: 'tab', item: addressOf(state.url) });
    }
  }

  /** One tab of the session, which is pending until `work` is done. */
  async #part(state: TabState, work: () => Promise<void>): Promise<void> {
    const name = `tab ${addressOf(state.url)}`;
    this.#pending.add(name);
    try {
      await work();
      this.#finish(name, name);
    } catch (error) {
      await this.#fail(error, { code: 'tab-failed', kind: 'tab', item: addressOf(state.url) });
    }
  }

  /** The user's own tab goes back to where it stood. One that gets nothing is not touched. */
  async #primaryTab(tab: Tab, state: TabState): Promise<void> {
    const areas = sessionStorageFor(state, tab, this.document);
    if (areas.length > 0) await this.#fill(tab, areas, tab.url);
  }

  async #newTab(state: TabState): Promise<void> {
    await this.#fill(await this.driver.openTab(), state.sessionStorage, state.url);
  }

  /** Writes a tab's sessionStorage from blank pages within the tab, then lets it go to `url`. */
  async #fill(tab: Tab, areas: TabState['sessionStorage'], url: string): Promise<void> {
    try {
      for (const { origin, items } of areas) {
        const frame = await this.driver.visitBlank(tab, origin, { timeoutMs: this.#timeoutMs });
        const place = { driver: this.driver, tab, frame };
        this.#losses.push(...(await writeSessionStorage(place, items, this.#timeoutMs)));
      }
      await this.driver.release(tab, url, { timeoutMs: this.#timeoutMs });
    } catch (error) {
      // The user is to find a tab that works, not a blank page that answers to no address.
      await this.driver.abandon(tab, url);
      throw error;
    }
  }

  #finish(pending: string, done: string): void {
    this.#pending.delete(pending);
    this.#done.push(done);
  }

  async #fail(error: unknown, loss: Loss): Promise<void> {
    const { message } = await causeOfLoss(this.driver, error);
    this.#losses.push({ ...loss, detail: message });
  }

  #incomplete(cause: unknown): unknown {
    if (cause !== undefined && !(cause instanceof PspError)) return cause;
    const report = this.#report();
    const reason = cause?.message ?? this.#losses.findLast((loss) => loss.detail !== undefined)?.detail ?? '';
    const message = `The restore could not finish: ${report.done.length} parts done, ${report.notDone.length} not (${report.notDone.slice(0, 3).join(', ')}). ${reason}`;
    return new PspError('RESTORE_INCOMPLETE', message, { cause, report });
  }

  #report(): RestoreReport {
    return {
      done: this.#done,
      notDone: [...this.#pending],
      losses: this.#losses.map(withAdvice),
      durationMs: Math.round(performance.now() - this.#started),
    };
  }

  #progress(step: Progress['step'], done = 0): void {
    this.options.onProgress?.({ step, done, total: step === 'origins' ? this.document.origins.length : 1 });
  }
}

/** What the tab gets; where it stands on an origin of the session that has nothing for this tab, its stale items go. */
function sessionStorageFor(state: TabState, tab: Tab, document: SessionDocument): TabState['sessionStorage'] {
  const here = originOf(tab.url);
  const listed = state.sessionStorage.some(({ origin }) => origin === here);
  if (here === undefined || listed || !hostsOf(document).has(new URL(here).hostname)) return state.sessionStorage;
  return [...state.sessionStorage, { origin: here, items: [] }];
}
