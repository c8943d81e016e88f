/**
 * Sessions on a store: heads, versions and tombstones, written once over the store contract. A save writes sealed parts and a
 * manifest, then puts the head by compare-and-swap, which is its only commit point: until then nothing is changed.
 *
 * Who can write to the store cannot read a session, alter it, or give one session or version out as another. He can delete,
 * and he can put back an older head of the same session together with its parts: nothing in the store tells. A caller that
 * holds a revision sees it, because its save is refused with CONFLICT.
 */
import { newSessionId, PspError } from '@psp/protocol';
import { watchSessions, type SessionChanges, type WatchOptions } from './archive/changes.js';
import type { ArchiveContext } from './archive/context.js';
import { collectGarbage, committedWrites, type GcOptions, type GcReport } from './archive/gc.js';
import { Heads } from './archive/heads.js';
import type { Lease } from './archive/lease.js';
import { Leases, type LeaseOptions } from './archive/leases.js';
import { Listing, type ListOptions, type SessionPage } from './archive/listing.js';
import { checkNaming, renamed, type Naming } from './archive/metadata.js';
import { checkId } from './archive/place.js';
import { Reader, type OpenedSession, type SessionVersion } from './archive/reader.js';
import { isRemovable, removeSession } from './archive/removal.js';
import { checkedKeep, type Keep } from './archive/retention.js';
import { savedOf, type SavedSession } from './archive/saved.js';
import { Saver, type SaveOptions } from './archive/saver.js';
import { sweepOrphans } from './archive/sweep.js';
import type { KeySource } from './seal/sealer.js';
import type { SessionState } from './state.js';
import { guardStore } from './store/guard.js';
import type { Store } from './store/store.js';

export type { SessionChanges, WatchOptions } from './archive/changes.js';
export { raiseEpoch, readEpoch, type RaiseEpochOptions } from './archive/epoch.js';
export type { GcOptions, GcReport } from './archive/gc.js';
export type { Lease } from './archive/lease.js';
export type { LeaseOptions } from './archive/leases.js';
export type { ListOptions, SessionPage } from './archive/listing.js';
export type { OpenedSession, SessionVersion } from './archive/reader.js';
export { KEPT_VERSIONS, type Keep } from './archive/retention.js';
export type { Revision, SavedSession } from './archive/saved.js';
export type { SaveOptions } from './archive/saver.js';
export type { SessionChange } from './archive/snapshot.js';

export interface ArchiveOptions {
  /** Which versions of a session stay. Default: 10, however old. */
  readonly keep?: Keep;
  /** Milliseconds since 1970, for tests. Default: the clock. */
  readonly nowMs?: () => number;
  /** Milliseconds by a clock that nobody can set, for tests. Default: that of the process. */
  readonly monotonicMs?: () => number;
}

export class Archive {
  readonly #context: ArchiveContext;
  readonly #leases: Leases;
  readonly #closed = new AbortController();
  readonly #saver: Saver;
  readonly #reader: Reader;
  readonly #listing: Listing;

  /** Throws INVALID_INPUT when `keep` names nothing that can be kept. */
  constructor(
    store: Store,
    keys: KeySource,
    { keep, nowMs = Date.now, monotonicMs = () => performance.now() }: ArchiveOptions = {},
  ) {
    const guarded = guardStore(store);
    const heads = new Heads(guarded, keys, nowMs);
    this.#context = { store: guarded, keys, heads, nowMs, monotonicMs, keep: checkedKeep(keep) };
    this.#leases = new Leases(this.#context);
    this.#saver = new Saver(this.#context, this.#leases);
    this.#reader = new Reader(this.#context);
    this.#listing = new Listing(this.#context);
  }

  /** Where the sessions are, for messages. */
  get url(): string {
    return this.#context.store.url;
  }

  /**
   * Saves a new session, or with `base` the next version of one. Name and tags of a session that exists stay as they are
   * there: they change by `update` only, so that a capture undoes no renaming. Throws CONFLICT when somebody else saved
   * since `base`, DELETED, KEY_MISSING or KEY_MISMATCH rather than bringing a second key into the store, and whatever the store or the key source throws.
   */
  save(state: SessionState, options: SaveOptions = {}): Promise<SavedSession> {
    return this.#saver.save(state, options);
  }

  /**
   * Takes the lease of a session, which keeps everybody else from saving it: pass it to `save`. Also before its first save. Deleting and
   * renaming need none. Throws LEASED when somebody else has it and `waitMs` is over, DELETED, an error of the store or of the key source.
   */
  lease(id: string, options: LeaseOptions): Promise<Lease> {
    return this.#leases.acquire(id, options);
  }

  /** Opens the newest version, or an older one; the revision is that of the newest in any case. Throws NOT_FOUND, DELETED, CORRUPT, or an error of the key source. */
  open(id: string, { version }: { version?: number } = {}): Promise<OpenedSession> {
    return this.#reader.open(id, version);
  }

  /** Throws NOT_FOUND or DELETED. */
  async metadata(id: string): Promise<SavedSession> {
    return savedOf(await this.#context.heads.require(id));
  }

  /** The id of a session by its id or its name. Throws NOT_FOUND, DELETED, or AMBIGUOUS naming the ids. */
  find(nameOrId: string): Promise<string> {
    return this.#listing.find(nameOrId);
  }

  /** Sessions in the order in which they were created. Throws KEY_MISSING when there are sessions and no key. */
  list(options: ListOptions = {}): Promise<SessionPage> {
    return this.#listing.list(options);
  }

  /** Changes name, tags or until when the session is kept; the payload is not touched. Throws NOT_FOUND, DELETED, INVALID_INPUT. */
  async update(id: string, naming: Naming): Promise<SavedSession> {
    checkId(id);
    checkNaming(naming);
    const { heads, nowMs } = this.#context;
    const writeId = newSessionId(nowMs());
    const head = await heads.swap(id, writeId, (found) => {
      const live = heads.live(id, found);
      const updatedAt = new Date(nowMs()).toISOString();
      return { ...live, named: writeId, metadata: { ...renamed(live.metadata, naming), updatedAt } };
    });
    return savedOf(head);
  }

  /**
   * Makes the content of an older version the next version, sealed anew: what was saved since stays as a version, too. Name and tags stay
   * as they are. Throws NOT_FOUND where the session has no such version, and as `save` does.
   */
  async rollback(
    id: string,
    version: number,
    options: Omit<SaveOptions, 'base' | 'keepForMs'> = {},
  ): Promise<SavedSession> {
    if (!Number.isInteger(version))
      throw new PspError('INVALID_INPUT', `version: expected a number, found ${typeof version}`);
    const { state, revision } = await this.#reader.open(id, version);
    return this.#saver.save(state, { ...options, base: revision });
  }

  /**
   * Deletes a session for good: its head becomes a tombstone under a new data key, and all its payloads go. The id cannot be
   * used again. Works on sessions that are damaged or sealed with another key, too. Throws NOT_FOUND, DELETED, KEY_MISSING.
   */
  async remove(id: string): Promise<void> {
    checkId(id);
    const { heads } = this.#context;
    await removeSession(this.#context, id, (found) => (isRemovable(found) ? 0 : heads.present(id, found).version));
  }

  /** The versions that can be opened, the newest first. */
  versions(id: string): Promise<SessionVersion[]> {
    return this.#reader.versions(id);
  }

  /**
   * Removes what crashed saves left, once it is a day old, versions beyond what is kept, sessions past the time until which they were to
   * be kept, and old tombstones. Sessions that cannot be opened are not touched. May run at any time, beside any other use.
   */
  gc(options: GcOptions = {}): Promise<GcReport> {
    return collectGarbage(this.#context, options);
  }

  /** The part of `gc` that needs no retention: only what crashed saves left. Gives the number of values. */
  async sweep(): Promise<number> {
    return sweepOrphans(this.#context.store, (id) => committedWrites(this.#context, id), this.#context.nowMs());
  }

  /**
   * Changes of all sessions from now on, whoever makes them: `for await (const { id, kind, version } of archive.watch())`. Several saves between
   * two looks at the store are told as one; none is missed for ever. Ends with the signal, and when the archive is closed.
   * Throws INVALID_INPUT, and while it is iterated errors of the store that do not pass.
   */
  watch(options: WatchOptions = {}): SessionChanges {
    const signals = [this.#closed.signal, ...(options.signal === undefined ? [] : [options.signal])];
    return watchSessions(this.#context.store, AbortSignal.any(signals), options);
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await this.#context.store.close();
  }
}
