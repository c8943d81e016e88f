/** What the parts of an archive share: where it writes, with which keys, by which clock. */
import type { KeySource } from '../seal/sealer.js';
import type { Store } from '../store/store.js';
import type { Heads } from './heads.js';
import type { Keep } from './retention.js';

export interface ArchiveContext {
  /** Guarded. */
  readonly store: Store;
  readonly keys: KeySource;
  readonly heads: Heads;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  /** Milliseconds since some moment, by a clock that nobody can set. */
  readonly monotonicMs: () => number;
  readonly keep: Keep;
}
