/** CONTRACT of a store: compare-and-swap on small values. Everything else is built once above it, in guard.ts and archive.ts. */

/** At most this many bytes in one body. Larger data is split by the archive. */
export const MAX_BODY_BYTES = 8 * 1024 * 1024;

/** What must be true of a key for a put to happen: that it is absent, or that it still has this etag. */
export type Condition = { readonly absent: true } | { readonly etag: string };

export interface StoredValue {
  /** Opaque, changes with every put, never used again for this key. */
  readonly etag: string;
  readonly body: Uint8Array;
}

export interface ListedItem {
  readonly key: string;
  readonly etag: string;
  /** Bytes of the body. */
  readonly size: number;
}

export interface ListPage {
  /** In byte order of the keys. */
  readonly items: readonly ListedItem[];
  /** Pass as `after` to go on; absent on the last page. */
  readonly next?: string;
}

export interface StoreFeatures {
  /** Values outlive the process. */
  readonly persistent: boolean;
  /** `watch` sends hints of changes made by other processes. */
  readonly watch: boolean;
}

/** One thing that a back end guarantees, or does not, for `psp store check` and docs/stores.md: `{ name: 'durability', value: 'fsync ...' }`. */
export interface StoreFact {
  readonly name: 'server' | 'durability' | 'conditions' | 'limits';
  /** A plain sentence or a version, without credentials. */
  readonly value: string;
}

/**
 * Keys are at most 512 bytes of `a-z 0-9 - /`; segments are not empty and at most 128 bytes (file systems end at 255). The
 * guard refuses others before any I/O. There is no unconditional overwrite.
 */
export interface Store {
  /** Where the store is, for messages, without credentials: `file:/home/me/.local/share/psp`. */
  readonly url: string;
  readonly features: StoreFeatures;
  /**
   * Absent keys give undefined. Throws CORRUPT for a value that the store finds damaged; its key is listed all the same, with
   * an etag by which it can be replaced, so that it does not cost the other keys.
   */
  get(key: string): Promise<StoredValue | undefined>;
  /** Durable when resolved; gives the new etag. Throws PspError CONFLICT when the condition does not hold, and nothing changed. */
  put(key: string, body: Uint8Array, condition: Condition): Promise<string>;
  /** Keys that start with `prefix` and come after `after` in byte order. Keys that exist throughout are listed exactly once. */
  list(prefix: string, options: { after?: string; limit: number }): Promise<ListPage>;
  /** For garbage collection only: no condition, absent keys are fine. */
  remove(key: string): Promise<void>;
  /**
   * Throws a PspError when the back end does not keep the promises above. Called once, before the first use. Makes no store where
   * there is none: then the first put probes.
   */
  probe(): Promise<void>;
  /** Makes what the store needs before its first use: tables, a bucket. Does nothing where it is there. Absent where nothing is needed. */
  init?(): Promise<void>;
  /** What this back end guarantees, asked of the server itself where it can tell. */
  facts?(): Promise<readonly StoreFact[]>;
  /**
   * Calls `hint` when a key with this prefix may have changed, by whomever; hints may be lost, doubled, or too many. Gives how to stop.
   * There when `features.watch`.
   */
  watch?(prefix: string, hint: () => void): Promise<() => Promise<void>>;
  close(): Promise<void>;
}
