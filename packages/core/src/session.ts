/** A session in a user's hands: the verbs capture, restore and close. Built over an adapter, which knows the framework. */
import { parseChoice, PspError, type ChoiceInput, type Portability, type Token } from '@psp/protocol';
import type { CaptureCallOptions, CaptureReport } from './capture-call.js';
import type { Archive, Lease, LeaseOptions, OpenedSession } from './archive.js';
import type { BrowserDriver, PartitionedPlace } from './browser/driver.js';
import { checkKeyOptions, type KeyOptions, withKeyOptions } from './exportable-keys.js';
import { checkedOrigin } from './checked-origin.js';
import { captureState } from './capture.js';
import { portabilityOfState } from './portability.js';
import { placesBelow } from './read-partitions.js';
import { RecordTokens } from './record-tokens.js';
import { type LaunchAdvice, type LaunchFramework, launchOptionsOf } from './launch-options.js';
import { checkedMaxBytes, type MaxBytes } from './max-bytes.js';
import { NamedAccess } from './named-access.js';
import { NOT_READY } from './not-ready.js';
import { beginRestore, type Restoration, type RestoreOptions } from './restore.js';
import type { RestoreReport } from './restore-report.js';
import { SessionRecord, type RecordStart } from './session-record.js';
import { refuseLosses, reportOf, type SessionReport } from './strict.js';
import { checkedTimeout } from './timeout.js';
import { unheeded } from './unheeded.js';
import { verifyPage, type Verification, type VerifyOptions } from './verify.js';

export type { CaptureCallOptions, CaptureReport } from './capture-call.js';

/** What a session needs of its adapter. */
export interface SessionContext<P> {
  readonly archive: Archive;
  openDriver(page: P): Promise<BrowserDriver>;
}

/** How a session begins: new, on a page, or as found in the store. */
export interface SessionStart extends RecordStart {
  readonly driver?: BrowserDriver;
  readonly origins?: readonly string[];
  readonly choice?: ChoiceInput;
  readonly maxBytes?: MaxBytes | undefined;
  readonly named?: NamedAccess;
}

export class Session<P> {
  readonly #context: SessionContext<P>;
  readonly #record: SessionRecord;
  readonly #named: NamedAccess;
  /** Origins to look at besides those that are found: named by the caller, or restored, which the user may not have visited yet. */
  #origins: readonly string[];
  readonly #choice: ChoiceInput;
  readonly #maxBytes: MaxBytes;
  /** What was restored is captured again, whoever has been there. */
  #places: readonly PartitionedPlace[] = [];
  #driver: BrowserDriver | undefined;
  /** The last restore into the page, which may have origins that wait. */
  #restoration: Restoration | undefined;
  /** Why `capture` is refused, if it is. */
  #refusal: string | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  /** Made by adapters: `createSession` and `loadSession`. */
  constructor(context: SessionContext<P>, start: SessionStart) {
    this.#context = context;
    this.#named = start.named ?? new NamedAccess({});
    this.#record = new SessionRecord(context.archive, start);
    this.#driver = start.driver;
    this.#refusal = start.driver === undefined ? NOT_READY.noPage : undefined;
    this.#origins = start.origins ?? [];
    this.#choice = start.choice ?? {};
    this.#maxBytes = start.maxBytes ?? {};
  }

  /** The id under which every framework and machine with this store and key finds the session. */
  getId(): string {
    return this.#record.metadata.id;
  }

  getName(): string {
    return this.#record.metadata.name;
  }

  /**
   * Reads the session from the browser, seals it and stores it as the next version. Nothing is stored unless all is.
   * What a restore left for later is written first. Throws BROWSER_GONE, TIMEOUT, CONFLICT (somebody else saved this session since it was loaded or restored), LEASED, LEASE_LOST, FENCED, an error of key or store, and
   * INVALID_INPUT where there is no page to read, or one that a restore left unfinished.
   */
  capture(options: CaptureCallOptions = {}): Promise<CaptureReport> {
    return this.#inTurn(() => this.#capture(options));
  }

  /**
   * Keeps others from saving this session as long as it is held: `capture` shows its token by itself, `close` releases it. It is renewed by
   * itself unless `renew` is false; when it is lost, `lost` is aborted, and `capture` throws LEASE_LOST until another is taken. Take it before `restore`, so that
   * nobody saves in between. Throws LEASED when somebody else has it and `waitMs` is over, INVALID_INPUT where this session has one.
   */
  lease(options: LeaseOptions): Promise<Lease> {
    return this.#inTurn(() => this.#record.lease(options));
  }

  /**
   * Writes the stored session into the page's browser context: afterwards its sites see the login. What the context held for
   * the session's own origins is replaced. A later `capture` reads from this page. At the speed `lazy` origins are written when a page first wants them, as long as the session is not closed and its process runs: the report
   * names them as `pending`. Throws RESTORE_INCOMPLETE, whose `report` says what was and was not done; the stored session is never
   * changed.
   */
  restore(page: P, options: RestoreOptions & KeyOptions = {}): Promise<RestoreReport> {
    return this.#inTurn(() => this.#restore(page, options));
  }

  /**
   * What a framework's launch takes so that sites see the machine and user of the stored session, with what it has no option for:
   * `const { options } = await session.launchOptions('playwright')`, then `browser.newContext(options)`. The options may hold
   * passwords. Throws INVALID_INPUT for another framework, NOT_FOUND before the first capture.
   */
  async launchOptions<F extends LaunchFramework>(framework: F): Promise<LaunchAdvice<F>> {
    const { state } = await this.#record.open();
    return launchOptionsOf(state.document, framework);
  }

  /**
   * When the login of the stored session ends, as far as its tokens and cookies tell: RFC 3339, UTC; undefined when they do not. The
   * rule is in docs/tokens.md. Throws NOT_FOUND before the first capture.
   */
  async expiresAt(): Promise<string | undefined> {
    return this.#record.expiresAt();
  }

  /** The authentication tokens of the stored session: kind, place, issuer, expiry, never the token. Throws NOT_FOUND before the first capture. */
  async tokens(): Promise<readonly Token[]> {
    const { state } = await this.#record.open();
    return (await RecordTokens.of(state)).tokens;
  }

  /**
   * Whether the stored session can move to another browser, what ties it to this one, and when its login ends (docs/portability.md).
   * Throws NOT_FOUND before the first capture.
   */
  async portability(): Promise<Portability> {
    const { state } = await this.#record.open();
    return portabilityOfState(state);
  }

  /** What the stored session holds, what was left out of it by choice, and what was lost. Throws NOT_FOUND before the first capture. */
  async report(): Promise<SessionReport> {
    const { metadata, state } = await this.#record.open();
    return reportOf(state.document, metadata.counts);
  }

  /**
   * Loads an address in the page and looks for what only a logged-in user sees: the proof of a restore. The answer tells; throws as
   * `verifyIn` does. The page stays where it went.
   */
  verify(page: P, options: VerifyOptions): Promise<Verification> {
    return this.#inTurn(() => verifyPage(() => this.#context.openDriver(page), options));
  }

  /**
   * Writes what the last restore left for later, and gives its final report. Throws RESTORE_INCOMPLETE as `restore` does, and
   * INVALID_INPUT where nothing was restored.
   */
  settle(): Promise<RestoreReport> {
    return this.#inTurn(async () => {
      if (this.#restoration === undefined) throw new PspError('INVALID_INPUT', 'settle: nothing was restored yet.');
      return this.#settle(this.#restoration);
    });
  }

  /**
   * Writes what a restore left for later, then detaches from the browser, which goes on as it was, and releases the lease. The stored session stays. Throws
   * RESTORE_INCOMPLETE, detached all the same, when something could not be written of which nobody was told. A browser that is gone
   * throws nothing.
   */
  close(): Promise<void> {
    return this.#inTurn(async () => {
      try {
        await this.#detach();
      } finally {
        await this.#record.release();
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #detach(): Promise<void> {
    if (this.#driver === undefined) return;
    try {
      if (this.#refusal === undefined) await this.#settleUnlessGone();
    } finally {
      await this.#driver.close();
      this.#driver = undefined;
      this.#refusal = NOT_READY.closed;
    }
  }

  async #capture(options: CaptureCallOptions): Promise<CaptureReport> {
    const started = performance.now();
    if (this.#driver === undefined || this.#refusal !== undefined) {
      throw new PspError('INVALID_INPUT', this.#refusal ?? NOT_READY.noPage);
    }
    this.#record.throwIfLost();
    if (options.onConflict !== undefined && !['error', 'merge'].includes(options.onConflict))
      throw new PspError('INVALID_INPUT', 'onConflict: expected "error" or "merge"');
    if (this.#restoration !== undefined) await this.#settle(this.#restoration);
    const { id, name, tags } = this.#record.metadata;
    const origins = [...this.#origins, ...(options.origins ?? []).map(checkedOrigin)];
    const choices = [this.#choice, options];
    const maxBytes = { ...this.#maxBytes, ...checkedMaxBytes(options.maxBytes) };
    const about = { id, name, tags, origins, places: this.#places, choices, maxBytes, named: this.#named };
    const { document, batches } = await captureState(this.#driver, { ...options, ...about });
    if (options.strict === true) refuseLosses(document, document.losses, batches);
    options.onProgress?.({ step: 'seal', done: 0, total: 1 });
    const captured = { document, batches };
    const record = this.#record;
    const saved = await (options.onConflict === 'merge' ? record.saveMerged(captured) : record.save(captured));
    return {
      id,
      version: saved.metadata.version,
      counts: saved.metadata.counts,
      bytes: saved.metadata.bytes,
      losses: document.losses,
      skipped: document.skipped ?? [],
      durationMs: Math.round(performance.now() - started),
      ...(saved.conflicts === undefined ? {} : { conflicts: saved.conflicts }),
    };
  }

  async #restore(page: P, options: RestoreOptions & KeyOptions): Promise<RestoreReport> {
    // Before the page that the session has is given up.
    checkedTimeout(options.timeoutMs, 'timeoutMs');
    checkKeyOptions(options);
    parseChoice(options);
    const { opened, driver: attached } = await this.#openBoth(page);
    const { state } = opened;
    const driver = await withKeyOptions(attached, options);
    try {
      if (this.#refusal === undefined) await this.#settleUnlessGone();
    } catch (error) {
      await driver.close();
      throw error;
    }
    await this.#driver?.close();
    this.#driver = driver;
    this.#refusal = NOT_READY.unfinished;
    this.#restoration = undefined;
    this.#restoration = await beginRestore(driver, state, options);
    const restored = state.document.origins.filter(({ partition }) => partition === undefined);
    this.#origins = [...new Set([...this.#origins, ...restored.map(({ origin }) => origin)])];
    this.#places = placesBelow(state.document);
    const report = this.#restoration.report();
    this.#named.restored(state.document, report, options.webauthn);
    this.#refusal = undefined;
    this.#record.follow(opened);
    return report;
  }

  /** Store and browser at once. Where the session does not open, the browser is left as it was. */
  async #openBoth(page: P): Promise<{ opened: OpenedSession; driver: BrowserDriver }> {
    const attaching = unheeded(this.#context.openDriver(page));
    try {
      const opened = await this.#record.open();
      return { opened, driver: await attaching };
    } catch (error) {
      await attaching.then(
        (driver) => driver.close(),
        () => undefined, // a browser that is not there is second to a session that is not
      );
      throw error;
    }
  }

  async #settle(restoration: Restoration): Promise<RestoreReport> {
    try {
      return await restoration.settle();
    } catch (error) {
      this.#refusal ??= NOT_READY.unfinished;
      throw error;
    }
  }

  async #settleUnlessGone(): Promise<void> {
    try {
      if (this.#restoration !== undefined) await this.#settle(this.#restoration);
    } catch (error) {
      if (!(error instanceof PspError && error.cause instanceof PspError && error.cause.code === 'BROWSER_GONE'))
        throw error;
    }
  }

  /** One verb after the other: a capture in the midst of a restore would store half a session as the next version. */
  #inTurn<T>(verb: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(verb);
    this.#turn = mine.catch(() => undefined); // told to whoever called
    return mine;
  }
}
