/** What a command gets: the global options, the output, the store, and a way to tidy up when it is interrupted. */
import { Archive, openKeySource, openStore, type KeySource, type Progress, type Store } from '@psp/core';
import { EXIT } from './failure.js';
import { Output } from './output.js';

export interface Globals {
  readonly store?: string;
  readonly keyFile?: string;
  readonly json: boolean;
  /** Milliseconds that one page or call may take. */
  readonly timeoutMs?: number;
}

type Tidy = () => Promise<void>;

/** So long a tidy-up may take after Ctrl+C before the process ends regardless. */
const TIDY_MS = 5000;

export class Run {
  readonly output: Output;
  readonly #tidies = new Set<Tidy>();
  #archive: Archive | undefined;

  constructor(readonly globals: Globals) {
    this.output = new Output(globals.json);
  }

  openKeys(): KeySource {
    const { keyFile } = this.globals;
    return openKeySource({ ...(keyFile === undefined ? {} : { keyFile }), onNotice: (text) => this.output.warn(text) });
  }

  openStore(): Promise<Store> {
    return openStore(this.globals.store);
  }

  async archive(): Promise<Archive> {
    this.#archive ??= new Archive(await this.openStore(), this.openKeys());
    return this.#archive;
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

  async close(): Promise<void> {
    this.output.endProgress();
    await this.#archive?.close();
  }

  /** Ends the process on Ctrl+C or a request to end, once what is open is closed. A second one ends it at once. */
  listenForSignals(): () => void {
    const codes = { SIGINT: EXIT.interrupted, SIGTERM: 143, SIGHUP: 129 } as const;
    let stopping = false;
    const listeners = Object.entries(codes).map(([signal, code]) => {
      const listener = (): void => {
        if (stopping) process.exit(code);
        stopping = true;
        this.output.endProgress();
        const late = new Promise((resolve) => setTimeout(resolve, TIDY_MS));
        const tidied = Promise.allSettled([...this.#tidies].map((tidy) => tidy()));
        void Promise.race([tidied, late]).then(() => process.exit(code));
      };
      process.on(signal, listener);
      return () => process.off(signal, listener);
    });
    return () => listeners.forEach((undo) => undo());
  }
}
