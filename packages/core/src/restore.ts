/** Restore: writes a whole session over a browser driver, and says what it did and did not do. Never writes to a store. */
import {
  type ChoiceInput,
  type Cookie,
  PspError,
  type SessionDocument,
  showStoragePlace,
  type Skipped,
} from '@psp/protocol';
import type { BrowserDriver } from './browser/driver.js';
import type { Progress } from './capture.js';
import { chooserOf, chooseState } from './choice.js';
import { cookiesThere, restoreCookies } from './restore-cookies.js';
import { EagerOrigins, type OriginPlan } from './restore-eager.js';
import { LazyOrigins } from './restore-lazy.js';
import { OriginRestore } from './restore-origin.js';
import { RestoreAccounts, type RestoreReport } from './restore-report.js';
import { type SurroundingsOptions, SurroundingsRestore } from './restore-surroundings.js';
import { TabRestore, type TabsMode } from './restore-tabs.js';
import type { SessionState } from './state.js';
import { foreseenLosses, refuseLossesOfRestore } from './strict.js';
import { checkedTimeout } from './timeout.js';
import { unheeded } from './unheeded.js';
import { addAuthenticators, passkeyLosses, type WebAuthnSession } from './webauthn.js';

/** `include` and `exclude` choose what is restored: the rest stays in the browser as it is. */
export interface RestoreOptions extends ChoiceInput, SurroundingsOptions {
  /**
   * What to do with the tabs of the session. `primary` (default): the sessionStorage of its active tab goes into the tab that
   * the user handed over, which goes back to where it stood. `all`: the window comes back, the active tab in the place of the user's own, each
   * with its history, scroll position and values of forms; their pages are loaded. `none`: no tab is touched.
   */
  readonly tabs?: TabsMode;
  /**
   * When the storage of origins is written. `eager`: before the restore returns. `lazy`: before the first document of the origin loads, in
   * any tab or frame, which waits for that; the rest by `settle`, `capture` or `close`. Both end in the same. Default: `eager`, which
   * is also what a browser gets that cannot hold documents back.
   */
  readonly speed?: 'eager' | 'lazy';
  /**
   * The CDP session with the page through which the session's passkeys are added, as virtual authenticators that belong to it:
   * `await context.newCDPSession(page)`. Real authenticators do not answer in that page from then on.
   */
  readonly webauthn?: WebAuthnSession;
  /**
   * All or RESTORE_INCOMPLETE: before anything is written where a loss can be foreseen, else at the end, with the report of what was lost.
   */
  readonly strict?: boolean;
  /** Milliseconds that one page may take to answer. Default 10,000. */
  readonly timeoutMs?: number;
  readonly onProgress?: (progress: Progress) => void;
}

const DEFAULT_TIMEOUT_MS = 10_000;

/**
 * Restores a session into the driver's browser context. For the origins of the session what was there is replaced; other
 * origins stay as they are, and so does what was not chosen, now or at the capture. All is written when this resolves. Throws RESTORE_INCOMPLETE, whose `report` tells what was and was not
 * done, and INVALID_INPUT for a time limit or rule that is none. Spec: PSP-RES.
 */
export async function restoreState(
  driver: BrowserDriver,
  state: SessionState,
  options: RestoreOptions = {},
): Promise<RestoreReport> {
  const restoration = await beginRestore(driver, state, options);
  return restoration.settle();
}

/** A restore of which some origins may wait until a page wants them. */
export interface Restoration {
  report(): RestoreReport;
  /** Writes what waits. Throws RESTORE_INCOMPLETE as `restoreState` does. The same answer each time. */
  settle(): Promise<RestoreReport>;
}

/** As `restoreState`, but resolves as soon as pages may go to any site of the session, at the `speed` of the options. */
export async function beginRestore(
  driver: BrowserDriver,
  state: SessionState,
  options: RestoreOptions = {},
): Promise<Restoration> {
  const { state: chosen, skipped } = chooseState(state, chooserOf(options));
  const run = new RestoreRun(driver, chosen.document, options, skipped);
  await run.begin(chosen.batches);
  return run;
}

class RestoreRun implements Restoration {
  readonly #accounts: RestoreAccounts;
  readonly #timeoutMs: number;
  readonly #around: SurroundingsRestore;
  #plan: OriginPlan | undefined;
  #settled: Promise<RestoreReport> | undefined;

  constructor(
    readonly driver: BrowserDriver,
    readonly document: SessionDocument,
    readonly options: RestoreOptions,
    skipped: readonly Skipped[],
  ) {
    this.#timeoutMs = checkedTimeout(options.timeoutMs, 'timeoutMs') ?? DEFAULT_TIMEOUT_MS;
    this.#around = new SurroundingsRestore(driver, document, options, this.#timeoutMs);
    const parts = ['cookies', ...document.origins.map(showStoragePlace)];
    this.#accounts = new RestoreAccounts(driver, parts, options.onProgress, skipped);
  }

  async begin(batches: SessionState['batches']): Promise<void> {
    if (this.options.strict === true) this.#foresee();
    try {
      const preparing = this.#prepare();
      // Sent after what holds documents, and read in that order.
      const there = unheeded(cookiesThere(this.driver, this.document));
      this.#plan = await preparing;
      await this.#cookies(await there);
      await this.#plan.begin(batches);
      await this.driver.ready();
      // Before the tabs, so that a page that loads there finds them.
      await this.#around.restore(this.#accounts);
      await this.#passkeys();
      await this.#tabs();
    } catch (cause) {
      // What ended the restore is what to tell.
      await this.#plan?.close().catch(() => undefined);
      throw this.#accounts.incomplete(cause);
    }
    // A restore that failed in part is over here, and did all that it could.
    if (this.#accounts.hasFailed || this.report().pending.length === 0) await this.settle();
  }

  report(): RestoreReport {
    return this.#accounts.report();
  }

  settle(): Promise<RestoreReport> {
    return (this.#settled ??= this.#settle());
  }

  async #settle(): Promise<RestoreReport> {
    try {
      try {
        await this.#plan?.settle();
      } finally {
        await this.#plan?.close();
      }
    } catch (cause) {
      throw this.#accounts.incomplete(cause);
    }
    if (this.#accounts.hasFailed) throw this.#accounts.incomplete(undefined);
    const report = this.report();
    if (this.options.strict === true) refuseLossesOfRestore(report);
    return report;
  }

  #foresee(): void {
    const { pending, ...report } = this.report();
    const losses = foreseenLosses(this.document, this.driver.features);
    refuseLossesOfRestore({ ...report, pending: [], notDone: pending, losses });
  }

  /** Before cookies: no page is to find them and lack the rest. */
  async #prepare(): Promise<OriginPlan> {
    const { driver, document, options } = this;
    const origins = new OriginRestore(driver, document, this.#accounts, this.#timeoutMs, this.#around);
    // What holds documents back lets go of the page in the end, which would take its authenticators away.
    if (driver.features.hold && options.speed === 'lazy' && options.webauthn === undefined) {
      const lazy = new LazyOrigins(origins);
      try {
        await lazy.prepare();
        return lazy;
      } catch (error) {
        await lazy.close().catch(() => undefined); // the failure before is the one to tell
        if (!isUnsupported(error)) throw error;
      }
    }
    const eager = new EagerOrigins(origins);
    await eager.prepare();
    return eager;
  }

  async #cookies(there: readonly Cookie[]): Promise<void> {
    this.options.onProgress?.({ step: 'cookies', done: 0, total: 1 });
    const { set, losses } = await restoreCookies(this.driver, this.document, there);
    this.#accounts.lose(losses);
    this.#accounts.finish('cookies', `${set} cookies`);
  }

  async #passkeys(): Promise<void> {
    const { authenticators = [] } = this.document;
    const { webauthn } = this.options;
    if (authenticators.length === 0) return;
    if (webauthn === undefined) return this.#accounts.lose(passkeyLosses(authenticators, 'no CDP session was given'));
    const { added, losses } = await addAuthenticators(webauthn, authenticators, this.#timeoutMs);
    this.#accounts.authenticators.push(...added);
    this.#accounts.lose(losses);
    const name = added.length === 1 ? '1 authenticator' : `${added.length} authenticators`;
    if (added.length > 0) this.#accounts.finish(name, name);
  }

  #tabs(): Promise<void> {
    const tabs = new TabRestore(this.driver, this.document, this.#accounts, this.#timeoutMs);
    return tabs.restore(this.options.tabs ?? 'primary');
  }
}

/** A browser, or a proxy before it, that will not hold documents is restored all the same. */
function isUnsupported(error: unknown): boolean {
  return error instanceof PspError && error.code === 'UNSUPPORTED';
}
