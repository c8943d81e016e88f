/** A session in a user's hands: the verbs capture, restore and close. Built over an adapter, which knows the framework. */
import {
  parseChoice,
  PspError,
  type ChoiceInput,
  type Loss,
  type Portability,
  type SessionCounts,
  type SessionMetadata,
  type Skipped,
  type Token,
} from '@psp/protocol';
import type { Archive, Revision, SaveOptions } from './archive.js';
import type { BrowserDriver, PartitionedPlace } from './browser/driver.js';
import { checkKeyOptions, type KeyOptions, withKeyOptions } from './exportable-keys.js';
import { checkedOrigin } from './checked-origin.js';
import { captureState, type Progress } from './capture.js';
import { portabilityOfState } from './portability.js';
import { placesBelow } from './read-partitions.js';
import { RecordTokens } from './record-tokens.js';
import { type LaunchAdvice, type LaunchFramework, launchOptionsOf } from './launch-options.js';
import { checkedMaxBytes, type MaxBytes } from './max-bytes.js';
import { NamedAccess } from './named-access.js';
import { NOT_READY } from './not-ready.js';
import { drained } from './state.js';
import { beginRestore, type Restoration, type RestoreOptions } from './restore.js';
import type { RestoreReport } from './restore-report.js';
import { refuseLosses, reportOf, type SessionReport } from './strict.js';
import { checkedTimeout } from './timeout.js';
import { verifyPage, type Verification, type VerifyOptions } from './verify.js';

/** `include` and `exclude` narrow what `createSession` chose. */
export interface CaptureCallOptions extends ChoiceInput {
  /** Origins to look at besides those that PSP finds: `['https://app.example']`. */
  readonly origins?: readonly string[];
  /** Most bytes of a kind in one storage place, beside those of `createSession`: of two limits of a kind this one counts. */
  readonly maxBytes?: MaxBytes;
  /** Nothing is stored when anything was lost: INCOMPLETE instead, whose `report` names it. Default false. */
  readonly strict?: boolean;
  /** Milliseconds that one page may take to answer. Default 10,000. */
  readonly timeoutMs?: number;
  readonly onProgress?: (progress: Progress) => void;
}

export interface CaptureReport {
  readonly id: string;
  readonly version: number;
  readonly counts: SessionCounts;
  /** Size of the session before compression and encryption. */
  readonly bytes: number;
  /** What could not be captured, each by name. */
  readonly losses: readonly Loss[];
  /** What was left out by choice. */
  readonly skipped: readonly Skipped[];
  readonly durationMs: number;
}

/** What a session needs of its adapter. */
export interface SessionContext<P> {
  readonly archive: Archive;
  openDriver(page: P): Promise<BrowserDriver>;
}

/** How a session begins: new, on a page, or as found in the store. */
export interface SessionStart {
  readonly metadata: Pick<SessionMetadata, 'id' | 'name' | 'tags'>;
  readonly revision?: Revision;
  readonly driver?: BrowserDriver;
  readonly origins?: readonly string[];
  readonly choice?: ChoiceInput;
  readonly maxBytes?: MaxBytes | undefined;
  readonly named?: NamedAccess;
  readonly keepForMs?: number | undefined;
}

export class Session<P> {
  readonly #context: SessionContext<P>;
  readonly #named: NamedAccess;
  /** Origins to look at besides those that are found: named by the caller, or restored, which the user may not have visited yet. */
  #origins: readonly string[];
  readonly #choice: ChoiceInput;
  readonly #maxBytes: MaxBytes;
  readonly #keepForMs: number | undefined;
  /** What was restored is captured again, whoever has been there. */
  #places: readonly PartitionedPlace[] = [];
  #metadata: SessionStart['metadata'];
  #revision: Revision | undefined;
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
    this.#metadata = start.metadata;
    this.#revision = start.revision;
    this.#driver = start.driver;
    this.#refusal = start.driver === undefined ? NOT_READY.noPage : undefined;
    this.#origins = start.origins ?? [];
    this.#choice = start.choice ?? {};
    this.#maxBytes = start.maxBytes ?? {};
    this.#keepForMs = start.keepForMs;
  }

  /** The id under which every framework and machine with this store and key finds the session. */
  getId(): string {
    return this.#metadata.id;
  }

  getName(): string {
    return this.#metadata.name;
  }

  /**
   * Reads the session from the browser, seals it and stores it as the next version. Nothing is stored unless all is.
   * What a restore left for later is written first. Throws BROWSER_GONE, TIMEOUT, CONFLICT (somebody else saved this session since it was loaded), an error of key or store, and
   * INVALID_INPUT where there is no page to read, or one that a restore left unfinished.
   */
  capture(options: CaptureCallOptions = {}): Promise<CaptureReport> {
    return this.#inTurn(() => this.#capture(options));
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
    const { state } = await this.#context.archive.open(this.#metadata.id);
    return launchOptionsOf(state.document, framework);
  }

  /**
   * When the login of the stored session ends, as far as its tokens and cookies tell: RFC 3339, UTC; undefined when they do not. The
   * rule is in docs/tokens.md. Throws NOT_FOUND before the first capture.
   */
  async expiresAt(): Promise<string | undefined> {
    const { metadata } = await this.#context.archive.metadata(this.#metadata.id);
    return metadata.expiresAt;
  }

  /** The authentication tokens of the stored session: kind, place, issuer, expiry, never the token. Throws NOT_FOUND before the first capture. */
  async tokens(): Promise<readonly Token[]> {
    const { state } = await this.#context.archive.open(this.#metadata.id);
    return (await RecordTokens.of(state)).tokens;
  }

  /**
   * Whether the stored session can move to another browser, what ties it to this one, and when its login ends (docs/portability.md).
   * Throws NOT_FOUND before the first capture.
   */
  async portability(): Promise<Portability> {
    const { state } = await this.#context.archive.open(this.#metadata.id);
    return portabilityOfState(state);
  }

  /** What the stored session holds, what was left out of it by choice, and what was lost. Throws NOT_FOUND before the first capture. */
  async report(): Promise<SessionReport> {
    const { metadata, state } = await this.#context.archive.open(this.#metadata.id);
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
   * Writes what a restore left for later, then detaches from the browser, which goes on as it was. The stored session stays. Throws
   * RESTORE_INCOMPLETE, detached all the same, when something could not be written of which nobody was told. A browser that is gone
   * throws nothing.
   */
  close(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#driver === undefined) return;
      try {
        if (this.#refusal === undefined) await this.#settleUnlessGone();
      } finally {
        await this.#driver.close();
        this.#driver = undefined;
        this.#refusal = NOT_READY.closed;
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #capture(options: CaptureCallOptions): Promise<CaptureReport> {
    const started = performance.now();
    if (this.#driver === undefined || this.#refusal !== undefined) {
      throw new PspError('INVALID_INPUT', this.#refusal ?? NOT_READY.noPage);
    }
    if (this.#restoration !== undefined) await this.#settle(this.#restoration);
    const { id, name, tags } = this.#metadata;
    const origins = [...this.#origins, ...(options.origins ?? []).map(checkedOrigin)];
    const choices = [this.#choice, options];
    const maxBytes = { ...this.#maxBytes, ...checkedMaxBytes(options.maxBytes) };
    const about = { id, name, tags, origins, places: this.#places, choices, maxBytes, named: this.#named };
    const { document, batches } = await captureState(this.#driver, { ...options, ...about });
    if (options.strict === true) refuseLosses(document, document.losses, batches);
    options.onProgress?.({ step: 'seal', done: 0, total: 1 });
    const state = { document, batches: drained(batches) };
    const saved = await this.#context.archive.save(state, this.#saveOptions());
    this.#metadata = saved.metadata;
    this.#revision = saved.revision;
    return {
      id,
      version: saved.metadata.version,
      counts: saved.metadata.counts,
      bytes: saved.metadata.bytes,
      losses: document.losses,
      skipped: document.skipped ?? [],
      durationMs: Math.round(performance.now() - started),
    };
  }

  #saveOptions(): SaveOptions {
    if (this.#revision !== undefined) return { base: this.#revision };
    return this.#keepForMs === undefined ? {} : { keepForMs: this.#keepForMs };
  }

  async #restore(page: P, options: RestoreOptions & KeyOptions): Promise<RestoreReport> {
    // Before the page that the session has is given up.
    checkedTimeout(options.timeoutMs, 'timeoutMs');
    checkKeyOptions(options);
    parseChoice(options);
    const { state } = await this.#context.archive.open(this.#metadata.id);
    const driver = await withKeyOptions(await this.#context.openDriver(page), options);
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
    return report;
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
