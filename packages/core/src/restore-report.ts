/** The accounts of a restore: what is done, what waits, what failed, what was lost. Knows nothing of how any of it is done. */
import { type Loss, PspError, type Skipped } from '@psp/protocol';
import type { BrowserDriver } from './browser/driver.js';
import type { Progress } from './capture.js';
import type { OwnedAuthenticator } from './webauthn.js';
import { causeOfLoss, withAdvice } from './losses.js';

export interface RestoreReport {
  /** What stands in the browser now, in plain words: `12 cookies`, `https://a.example`, `tab https://a.example/path`. */
  readonly done: string[];
  /** What is written when a page wants it, or by `settle`: names as in `done`. Empty where the restore is over. */
  readonly pending: string[];
  /** What does not stand, where the restore could not finish. Empty after a success. */
  readonly notDone: string[];
  /** What the browser would not take, each by name. */
  readonly losses: Loss[];
  /** What was left alone by choice. */
  readonly skipped: readonly Skipped[];
  readonly durationMs: number;
  /** The virtual authenticators that were added, where there are any: they belong to the session given as `webauthn`. */
  readonly authenticators?: readonly OwnedAuthenticator[];
}

export class RestoreAccounts {
  readonly #started = performance.now();
  readonly #done: string[] = [];
  readonly #losses: Loss[] = [];
  readonly #waiting: Set<string>;
  readonly #failed = new Set<string>();
  readonly authenticators: OwnedAuthenticator[] = [];

  constructor(
    readonly driver: BrowserDriver,
    /** Names of the parts. */
    parts: readonly string[],
    readonly onProgress: ((progress: Progress) => void) | undefined,
    readonly skipped: readonly Skipped[] = [],
  ) {
    this.#waiting = new Set(parts);
  }

  get hasFailed(): boolean {
    return this.#failed.size > 0;
  }

  lose(losses: readonly Loss[]): void {
    this.#losses.push(...losses);
  }

  /**
   * Does `work`, a part of the restore. One that fails does not cost the others: it becomes `loss`, and the restore is incomplete at
   * the end. What the browser has no place for is no failure: `work` gives the loss that stands for it. Throws only what ends the whole
   * restore.
   */
  readonly part = async (name: string, loss: Loss, work: () => Promise<Loss | void>): Promise<void> => {
    this.#waiting.add(name);
    try {
      const leftOut = await work();
      if (leftOut === undefined) this.finish(name, name);
      else this.#leaveOut(name, leftOut);
    } catch (error) {
      const { message } = await causeOfLoss(this.driver, error);
      this.#losses.push({ ...loss, detail: message });
      this.#waiting.delete(name);
      this.#failed.add(name);
    }
  };

  #leaveOut(part: string, loss: Loss): void {
    this.#waiting.delete(part);
    this.#losses.push(loss);
  }

  /** `done` is what the report says of the part. */
  finish(part: string, done: string): void {
    this.#waiting.delete(part);
    this.#done.push(done);
  }

  report(): RestoreReport {
    return {
      done: [...this.#done],
      pending: [...this.#waiting],
      notDone: [...this.#failed],
      losses: this.#losses.map(withAdvice),
      skipped: this.skipped,
      durationMs: Math.round(performance.now() - this.#started),
      ...(this.authenticators.length === 0 ? {} : { authenticators: [...this.authenticators] }),
    };
  }

  /** What is thrown for a restore that ends before its end. Without a cause, parts of it failed. A bug is thrown as it is. */
  incomplete(cause: unknown): unknown {
    if (cause !== undefined && !(cause instanceof PspError)) return cause;
    const now = this.report();
    const report = { ...now, pending: [], notDone: [...now.notDone, ...now.pending] };
    const reason = cause?.message ?? this.#losses.findLast((loss) => loss.detail !== undefined)?.detail ?? '';
    const message = `The restore could not finish: ${report.done.length} parts done, ${report.notDone.length} not (${report.notDone.slice(0, 3).join(', ')}). ${reason}`;
    return new PspError('RESTORE_INCOMPLETE', message, { cause, report });
  }
}
