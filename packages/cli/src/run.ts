/** What a command gets: the global options, the output, the store, and a way to tidy up when it is interrupted. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  Archive,
  openKeySource,
  openStore,
  type BrowserDriver,
  type Keep,
  type KeySource,
  type Progress,
  type RecordBatch,
  type SavedSession,
  type SessionState,
  type Store,
} from '@psp/core';
import { EXIT, usageError } from './failure.js';
import { interruptible } from './interruptible.js';
import { Output } from './output.js';

export interface Globals {
  readonly store?: string;
  readonly keyFile?: string;
  readonly json: boolean;
  /** Milliseconds that one page or call may take. */
  readonly timeoutMs?: number;
}

type Tidy = () => Promise<void>;

/**
 * So long a tidy-up may take after Ctrl+C before the process ends regardless, beside the time that a page may take: WebDriver
 * lets nobody close a window while a page of its session is loading.
 */
const TIDY_MS = 10_000;
const PAGE_MS = 10_000;
/** So long it is quiet about what it waits for. */
const TIDY_QUIET_MS = 1000;
/** So long interrupted work in a browser may take to put back what it holds, before the driver closes without it. */
const UNWIND_MS = 3000;

export class Run {
  readonly output: Output;
  readonly #tidies = new Set<Tidy>();
  #archive: Archive | undefined;
  #interrupted = false;

  constructor(readonly globals: Globals) {
    this.output = new Output(globals.json);
  }

  openKeys(): KeySource {
    const { keyFile } = this.globals;
    return openKeySource({ ...(keyFile === undefined ? {} : { keyFile }), onNotice: (text) => this.output.warn(text) });
  }

  /** The store of this URL, else the one in use. */
  async openStore(url?: string): Promise<Store> {
    const { store } = this.globals;
    const chosen = url ?? store ?? process.env['PSP_STORE'] ?? '';
    const where = url !== undefined ? 'url' : store !== undefined ? '--store' : 'PSP_STORE';
    if (/^[./~]/.test(chosen))
      throw usageError(`${where}: expected a URL, found a path. Write file: before it, as in file:/home/me/sessions`);
    return openStore(url ?? store);
  }

  /** `keep` counts at the first call. */
  async archive(keep?: Keep): Promise<Archive> {
    const options = keep === undefined ? {} : { keep };
    this.#archive ??= new Archive(await this.openStore(), this.openKeys(), options);
    return this.#archive;
  }

  /** Stores a new session, unless the command is interrupted before the store commits it: then it never resolves. */
  async save({ document, batches }: SessionState): Promise<SavedSession> {
    await this.goOn();
    const archive = await this.archive();
    return archive.save({ document, batches: this.#untilInterrupted(batches) });
  }

  /** Never resolves once the command is interrupted: the process is about to end, and nothing may be done or said any more. */
  async goOn(): Promise<void> {
    if (this.#interrupted) await new Promise(() => undefined);
  }

  /** `{ timeoutMs }` when the user gave one. */
  timeout(): { timeoutMs?: number } {
    return this.globals.timeoutMs === undefined ? {} : { timeoutMs: this.globals.timeoutMs };
  }

  showProgress(verb: string): (progress: Progress) => void {
    return ({ step, done, total }) =>
      this.output.progress(`${verb} ${step}${total > 1 ? ` ${done} of ${total}` : ''} ...`);
  }

  /** Runs `work`, then `tidy`, which an interruption runs too. */
  async tidied<T>(tidy: Tidy, work: () => Promise<T>): Promise<T> {
    this.#tidies.add(tidy);
    try {
      return await work();
    } finally {
      this.#tidies.delete(tidy);
      await tidy();
    }
  }

  /**
   * Connects to a browser, works in it and lets go of it. An interruption does so too, even one that comes while it connects: a
   * browser that takes one client at a time would take nobody after a client that never said goodbye.
   */
  async inBrowser<T>(connect: () => Promise<BrowserDriver>, work: (driver: BrowserDriver) => Promise<T>): Promise<T> {
    const connecting = connect().then(interruptible);
    let working: Promise<unknown> = connecting;
    const letGo = async (): Promise<void> => {
      const connected = await connecting.catch(() => undefined);
      if (connected === undefined) return;
      connected.interrupt();
      // What it was about to put back comes first; a page that never answers must not hold it up.
      await Promise.race([Promise.allSettled([working]), sleep(UNWIND_MS, undefined, { ref: false })]);
      await connected.driver.close();
    };
    return this.tidied(letGo, async () => {
      const { driver } = await connecting;
      const result = work(driver);
      working = result;
      return result;
    });
  }

  async close(): Promise<void> {
    this.output.endProgress();
    await this.#archive?.close();
  }

  /** Ends the process on Ctrl+C or a request to end, once what is open is closed. A second one ends it at once. */
  listenForSignals(): () => void {
    const codes = { SIGINT: EXIT.interrupted, SIGTERM: 143, SIGHUP: 129 } as const;
    const listeners = Object.entries(codes).map(([signal, code]) => {
      const listener = (): void => {
        if (this.#interrupted) process.exit(code);
        this.#interrupted = true;
        this.output.endProgress();
        const late = sleep(TIDY_MS + (this.globals.timeoutMs ?? PAGE_MS));
        const tidied = Promise.allSettled([...this.#tidies].map((tidy) => tidy()));
        const text = 'interrupted: leaving the browser as it was found. Once more ends at once.';
        setTimeout(() => this.output.tell(text), TIDY_QUIET_MS);
        void Promise.race([tidied, late]).then(() => process.exit(code));
      };
      process.on(signal, listener);
      return () => process.off(signal, listener);
    });
    return () => listeners.forEach((undo) => undo());
  }

  /** The archive commits after the last batch, and waits for that here. */
  async *#untilInterrupted(batches: SessionState['batches']): AsyncGenerator<RecordBatch> {
    for await (const batch of batches) {
      await this.goOn();
      yield batch;
    }
    await this.goOn();
  }
}
