/**
 * A lease in the hands of its holder. It is held for `ttlMs` from before the moment at which the record was sent, by the clock of this
 * process that nobody can set; whoever wants it next has watched the record for longer than that. So a holder that was stopped knows.
 */
import { newSessionId, PspError } from '@psp/protocol';
import type { ArchiveContext } from './context.js';
import { epochOf, readEpoch } from './epoch.js';
import { readLease, type LeaseRecord } from './lease-record.js';
import { putLease } from './lease-write.js';

export class Lease {
  readonly id: string;
  /** Who holds it, for people. */
  readonly holder: string;
  /** The fencing token: higher than that of any lease before. A store of one's own can refuse by it, too. */
  readonly fence: number;
  /** Milliseconds for which it is held after each renewal. */
  readonly ttlMs: number;
  readonly #context: ArchiveContext;
  readonly #renews: boolean;
  readonly #abort = new AbortController();
  /** When each record was sent that may stand in the store: own ones are known by their nonce. */
  readonly #sentMs = new Map<string, number>();
  #record: LeaseRecord;
  /** Why it is no longer held. */
  #over: PspError | undefined;
  #trouble: unknown;
  #timers: NodeJS.Timeout[] = [];
  #turn: Promise<unknown> = Promise.resolve();

  /** Made by `Archive.lease`. `sentMs` is when the record was sent, by the clock of the context. */
  constructor(context: ArchiveContext, record: LeaseRecord, sentMs: number, { renews }: { renews: boolean }) {
    this.#context = context;
    this.#record = record;
    this.#renews = renews;
    ({ id: this.id, holder: this.holder, fence: this.fence, ttlMs: this.ttlMs } = record);
    this.#sentMs.set(record.nonce, sentMs);
    this.#setTimers();
  }

  /** Aborted when the lease is lost, with the LEASE_LOST error as its reason; not when it is released. */
  get lost(): AbortSignal {
    return this.#abort.signal;
  }

  /** Whether it is held, as far as this process can know without asking the store. */
  get isHeld(): boolean {
    this.#look();
    return this.#over === undefined;
  }

  /** Calls back once when the lease is lost, also when it is already. Gives how to stop. */
  onLost(callback: (reason: PspError) => void): () => void {
    const tell = (): void => callback(this.lost.reason as PspError);
    if (this.lost.aborted) queueMicrotask(tell);
    else this.lost.addEventListener('abort', tell, { once: true });
    return () => this.lost.removeEventListener('abort', tell);
  }

  /** Holds it for `ttlMs` from now. Happens by itself unless `renew` is false. Throws LEASE_LOST, or an error of the store, after which it can be tried again. */
  renew(): Promise<void> {
    return this.#inTurn(async () => {
      this.throwUnlessHeld();
      const record = await this.#put(false);
      if (record === undefined) throw this.#lose('somebody else has taken it');
      this.#record = record;
      for (const nonce of [...this.#sentMs.keys()]) if (nonce !== record.nonce) this.#sentMs.delete(nonce);
      this.throwUnlessHeld();
      this.#setTimers();
    });
  }

  /** Gives it back, so that nobody has to wait. Does nothing where it is lost or released already. Throws errors of the store: then it runs out. */
  release(): Promise<void> {
    return this.#inTurn(async () => {
      this.#look();
      if (this.#over !== undefined) return;
      this.#clearTimers();
      this.#over = new PspError('LEASE_LOST', `${this.#words()} was released`);
      await this.#put(true);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }

  /** Throws LEASE_LOST unless it is held by the clock of this process. */
  throwUnlessHeld(): void {
    this.#look();
    if (this.#over !== undefined) throw this.#over;
  }

  /** Asks the store, too. Throws LEASE_LOST, and FENCED where the store was restored or copied since. */
  confirm(): Promise<void> {
    return this.#inTurn(async () => {
      this.throwUnlessHeld();
      const { store, keys } = this.#context;
      const [found, epoch] = await Promise.all([readLease(store, keys, this.id), readEpoch(store)]);
      this.throwUnlessHeld();
      if (found === undefined || 'damaged' in found) throw this.#lose('its record is gone');
      if (!this.#sentMs.has(found.nonce)) throw this.#lose('somebody else has taken it');
      if (epoch <= epochOf(this.fence)) return;
      throw new PspError('FENCED', `${this.#words()}: the store was restored or copied since it was given`);
    });
  }

  #put(released: boolean): Promise<LeaseRecord | undefined> {
    const { nowMs, monotonicMs } = this.#context;
    const nonce = newSessionId(nowMs());
    this.#sentMs.set(nonce, monotonicMs());
    return putLease(this.#context, { ...this.#record, nonce, released }, this.#record, (one) => this.#sentMs.has(one));
  }

  get #untilMs(): number {
    return (this.#sentMs.get(this.#record.nonce) as number) + this.ttlMs;
  }

  #look(): void {
    if (this.#over !== undefined || this.#context.monotonicMs() < this.#untilMs) return;
    this.#lose(`it was not renewed within ${this.ttlMs} ms`);
  }

  #lose(why: string): PspError {
    const cause = this.#trouble === undefined ? {} : { cause: this.#trouble };
    const over = new PspError('LEASE_LOST', `${this.#words()} is lost: ${why}`, cause);
    this.#over = over;
    this.#clearTimers();
    this.#abort.abort(over);
    return over;
  }

  #setTimers(): void {
    this.#clearTimers();
    const leftMs = this.#untilMs - this.#context.monotonicMs();
    this.#timers.push(setTimeout(() => this.#runOut(), Math.max(1, Math.ceil(leftMs))));
    if (this.#renews) this.#timers.push(setTimeout(() => void this.#renewInTime(), Math.max(1, leftMs / 3)));
    for (const timer of this.#timers) timer.unref();
  }

  #clearTimers(): void {
    for (const timer of this.#timers.splice(0)) clearTimeout(timer);
  }

  #runOut(): void {
    this.#look();
    if (this.#over === undefined) this.#setTimers();
  }

  /** A failure is told when the lease runs out, as the cause; until then it is tried again, sooner each time. */
  async #renewInTime(): Promise<void> {
    try {
      await this.renew();
      this.#trouble = undefined;
    } catch (error) {
      this.#trouble = error;
      if (this.#over === undefined) this.#setTimers();
    }
  }

  #words(): string {
    return `the lease of session ${this.id} (fencing token ${this.fence})`;
  }

  /** One after the other, so that a record is never put after one that is being replaced. */
  #inTurn<T>(step: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(step);
    this.#turn = mine.catch(() => undefined); // told to whoever called
    return mine;
  }
}
