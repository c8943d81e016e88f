/** Writes all origins of a session at once, several at a time. */
import { batchesByOrigin } from './batches.js';
import { HelperPool } from './helper-pool.js';
import type { OriginRestore } from './restore-origin.js';
import type { SessionState } from './state.js';

/** How the origins of a session come to be written. Every step throws what ends the whole restore. */
export interface OriginPlan {
  /** Before anything is written. */
  prepare(): Promise<void>;
  /** Writes what cannot wait, and takes the rest. */
  begin(batches: SessionState['batches']): Promise<void>;
  /** Writes the rest. */
  settle(): Promise<void>;
  /** Lets go of the browser: called once, in the end or after a failure. Throws when a helper tab would not close. */
  close(): Promise<void>;
}

export class EagerOrigins implements OriginPlan {
  readonly #pool: HelperPool;

  constructor(readonly origins: OriginRestore) {
    this.#pool = new HelperPool(origins.driver);
  }

  async prepare(): Promise<void> {
    if (this.origins.document.origins.length > 0) this.#pool.warm();
  }

  async begin(batches: SessionState['batches']): Promise<void> {
    const items = batchesByOrigin(this.origins.document.origins.length, batches);
    await this.#pool.forEach(items, (item, withTab) => this.origins.write(item, withTab));
    await this.#pool.close();
  }

  async settle(): Promise<void> {
    // `begin` left nothing.
  }

  close(): Promise<void> {
    return this.#pool.close();
  }
}
