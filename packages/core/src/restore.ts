/** Restore: writes a whole session over a browser driver, and says what it did and did not do. Never writes to a store. */
import { type Loss, type OriginState, PspError, type SessionDocument } from '@psp/protocol';
import { batchesByOrigin } from './batches.js';
import type { BrowserDriver, Tab } from './browser/driver.js';
import type { Progress } from './capture.js';
import { HelperPool } from './helper-pool.js';
import { causeOfLoss, withAdvice } from './losses.js';
import { restoreCookies } from './restore-cookies.js';
import { type TabAccounts, TabRestore, type TabsMode } from './restore-tabs.js';
import type { RecordBatch, SessionState } from './state.js';
import { checkedTimeout } from './timeout.js';
import { writeOrigin } from './write-origin.js';

export interface RestoreOptions {
  /**
   * What to do with the tabs of the session. `primary` (default): the sessionStorage of its active tab goes into the tab that
   * the user handed over. `all`: that, and every other tab is opened at its address. `none`: no tab is touched.
   */
  readonly tabs?: TabsMode;
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

  /** The tabs, each of them pending until it is done. */
  #tabs(): Promise<void> {
    const accounts = { lose: (losses: readonly Loss[]) => void this.#losses.push(...losses), part: this.#part };
    const tabs = new TabRestore(this.driver, this.document, accounts, this.#timeoutMs);
    return tabs.restore(this.options.tabs ?? 'primary');
  }

  readonly #part: TabAccounts['part'] = async (name, loss, work) => {
    this.#pending.add(name);
    try {
      await work();
      this.#finish(name, name);
    } catch (error) {
      await this.#fail(error, loss);
    }
  };

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
