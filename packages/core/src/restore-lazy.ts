/** Writes each origin of a session when a document of it is first wanted, which waits for that, and the rest in the end. */
import { batchesByOrigin, type OriginBatches } from './batches.js';
import type { Hold } from './browser/hold.js';
import { Demand } from './demand.js';
import { HelperPool } from './helper-pool.js';
import type { OriginPlan } from './restore-eager.js';
import type { OriginRestore } from './restore-origin.js';
import type { SessionState } from './state.js';

/** So much is kept in memory for origins that wait. Those beyond are written before the restore returns. */
const KEPT_BYTES = 128 * 1024 * 1024;

export class LazyOrigins implements OriginPlan {
  readonly #pool: HelperPool;
  readonly #demand = new Demand<OriginBatches>();
  readonly #held = new Map<string, HeldOrigin>();
  #hold: Hold | undefined;
  #warming: NodeJS.Immediate | undefined;
  #writing: Promise<void> | undefined;
  #fault: { readonly error: unknown } | undefined;

  constructor(readonly origins: OriginRestore) {
    this.#pool = new HelperPool(origins.driver);
    for (const { origin } of origins.document.origins) {
      const held = this.#held.get(origin) ?? new HeldOrigin();
      held.parts += 1;
      this.#held.set(origin, held);
    }
  }

  /** Throws UNSUPPORTED where the browser holds no documents. */
  async prepare(): Promise<void> {
    if (this.#held.size === 0) return;
    const { driver, timeoutMs } = this.origins;
    const origins = [...this.#held.keys()];
    this.#hold = await driver.hold.hold({ origins, onFirst: (origin) => this.#want(origin), timeoutMs });
    this.#writing = this.#pool
      .forEach(this.#demand, (item, withTab) => this.#write(item, withTab))
      .catch((error: unknown) => this.#fail(error));
  }

  async begin(batches: SessionState['batches']): Promise<void> {
    // Which permissions stand is seen in a page of the origin, and must be known before they are set.
    const asked = (this.origins.document.environment?.permissions ?? []).map(({ origin }) => origin);
    // Documents that are there, or come back without a request, see what eager restores would write under them.
    const [unheld = [], atHand] = await Promise.all([this.#hold?.unheld, this.#hold?.atHand]);
    for (const origin of [...asked, ...unheld]) this.#held.get(origin)?.want();
    for (const [origin, held] of this.#held) if (atHand?.has(origin) !== false) held.want();
    let room = KEPT_BYTES;
    for await (const item of batchesByOrigin(this.origins.document.origins.length, batches)) {
      this.#check();
      const held = this.#held.get(this.origins.stateOf(item).origin);
      const isKept = held !== undefined && !held.isWanted && item.complete && item.bytes <= room;
      if (isKept) room -= item.bytes;
      if (isKept) held.kept.push(item);
      else this.#demand.push(item);
    }
    await Promise.all([...this.#held.values()].filter(({ isWanted }) => isWanted).map(({ done }) => done));
    this.#check();
    // The first page that comes will want one. Whoever waits for the restore goes on first.
    if (this.#held.size > 0) this.#warming = setImmediate(() => this.#pool.warm());
  }

  async settle(): Promise<void> {
    for (const origin of this.#held.keys()) void this.#want(origin);
    this.#demand.end();
    await this.#writing;
    this.#check();
  }

  async close(): Promise<void> {
    clearImmediate(this.#warming);
    this.#demand.end();
    await this.#writing;
    this.#letGo();
    await this.#hold?.end();
    await this.#pool.close();
  }

  #want(origin: string): Promise<void> {
    const held = this.#held.get(origin);
    if (held === undefined) return Promise.resolve();
    held.want();
    for (const item of held.kept.splice(0)) this.#demand.push(item);
    return held.done;
  }

  async #write(item: OriginBatches, withTab: Parameters<OriginRestore['write']>[1]): Promise<void> {
    await this.origins.write(item, withTab);
    const { origin } = this.origins.stateOf(item);
    if (this.#held.get(origin)?.finish() !== true) return;
    this.#held.delete(origin);
    void this.#hold?.release(origin);
  }

  /** Whoever waits goes on: nothing more is written. */
  #fail(error: unknown): void {
    this.#fault = { error };
    this.#letGo();
    void this.#hold?.end();
  }

  #letGo(): void {
    for (const item of this.#demand.drop()) item.settle();
    for (const held of this.#held.values()) held.release();
  }

  #check(): void {
    if (this.#fault !== undefined) throw this.#fault.error;
  }
}

/** One origin, first-party or not, with all that the session has for it. */
class HeldOrigin {
  /** Resolves when all is written or given up. */
  readonly done: Promise<void>;
  readonly kept: OriginBatches[] = [];
  /** How many are still to be written. */
  parts = 0;
  isWanted = false;
  release: () => void = () => undefined;

  constructor() {
    this.done = new Promise((resolve) => (this.release = resolve));
  }

  want(): void {
    this.isWanted = true;
  }

  /** Whether this was the last part. */
  finish(): boolean {
    this.parts -= 1;
    if (this.parts === 0) this.release();
    return this.parts === 0;
  }
}
