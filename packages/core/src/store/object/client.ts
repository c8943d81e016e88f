/** CONTRACT of a client of an object store, as thin as three kinds of clouds allow. What is built over it once is in store.ts. */
import type { Condition } from '../store.js';

export interface FoundObject {
  /** Without quotes; the same in a list. */
  readonly etag: string;
  readonly bytes: Uint8Array;
}

export interface ListedObject {
  readonly name: string;
  readonly etag: string;
  readonly size: number;
  /** When the server says that it was written; undefined where it does not say. */
  readonly modifiedMs: number | undefined;
}

export interface ObjectPage {
  readonly objects: readonly ListedObject[];
  /** There may be objects after the last one of these. */
  readonly more: boolean;
}

/**
 * What a failed call means:
 * - `condition`: the condition of a put does not hold, nothing was changed
 * - `race`: somebody else writes the same object at this moment; nothing was changed
 * - `absent`: there is a bucket, and no such object
 * - `missing`: there is no bucket
 * - `denied`, `full`: refused, nothing was changed
 * - `unreachable`: nobody answered a connection, nothing was sent
 * - `busy`: refused for now, nothing was changed
 * - `unable`: the server does not know what was asked of it
 * - `unknown`: anything else; what was sent may have been done
 */
export type Failure =
  | 'condition'
  | 'race'
  | 'absent'
  | 'missing'
  | 'denied'
  | 'full'
  | 'unreachable'
  | 'busy'
  | 'unable'
  | 'unknown';

/** Names are keys with the prefix before them. Calls throw what the library throws, and repeat nothing by themselves. */
export interface ObjectClient {
  /** Where requests go, for messages: `http://127.0.0.1:7480`, `Amazon S3`. */
  readonly endpoint: string;
  /** What `facts` says of the server. */
  readonly server: string;
  get(name: string): Promise<FoundObject>;
  /** Gives the new etag. */
  put(name: string, bytes: Uint8Array, condition: Condition): Promise<string>;
  /** Objects that start with `prefix` and come after `after`, at most `limit`. */
  list(prefix: string, after: string | undefined, limit: number): Promise<ObjectPage>;
  remove(name: string): Promise<void>;
  makeBucket(): Promise<void>;
  failureOf(error: unknown): Failure;
  /** Finds out on this scratch name how the server wants to be asked, where servers of this kind differ. Leaves the object. */
  learn?(scratch: string): Promise<void>;
  /** What `learn` found, which may be said instead. */
  habits?: string;
  close(): void;
}
