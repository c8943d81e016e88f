/**
 * Sessions on a store: heads, versions and tombstones, written once over the store contract. A save writes sealed parts, then a
 * manifest, then puts the head by compare-and-swap, which is its only commit point: until then nothing is changed.
 *
 * Who can write to the store cannot read a session, alter it, or give one session or version out as another. He can delete,
 * and he can put back an older head of the same session together with its parts: nothing in the store tells. A caller that
 * holds a revision sees it, because its save is refused with CONFLICT.
 */
import { randomBytes } from 'node:crypto';
import { newSessionId } from '@psp/protocol';
import type { ArchiveContext } from './archive/context.js';
import { Heads, isUnreadable, type FoundHead } from './archive/heads.js';
import { allKeys } from './archive/keys.js';
import { Listing, type ListOptions, type SessionPage } from './archive/listing.js';
import { checkNaming, type Naming } from './archive/metadata.js';
import { checkId, MANIFESTS, PARTS } from './archive/place.js';
import { Reader, type OpenedSession, type SessionVersion } from './archive/reader.js';
import { savedOf, type SavedSession } from './archive/saved.js';
import { Saver, type SaveOptions } from './archive/saver.js';
import { sweepOrphans } from './archive/sweep.js';
import type { KeySource } from './seal/sealer.js';
import type { SessionState } from './state.js';
import { guardStore } from './store/guard.js';
import type { Store } from './store/store.js';

export type { ListOptions, SessionPage } from './archive/listing.js';
export type { OpenedSession, SessionVersion } from './archive/reader.js';
export type { Revision, SavedSession } from './archive/saved.js';
export { KEPT_VERSIONS, type SaveOptions } from './archive/saver.js';

export class Archive {
  readonly #context: ArchiveContext;
  readonly #saver: Saver;
  readonly #reader: Reader;
  readonly #listing: Listing;

  constructor(store: Store, keys: KeySource, { nowMs = Date.now }: { nowMs?: () => number } = {}) {
    const guarded = guardStore(store);
    this.#context = { store: guarded, keys, heads: new Heads(guarded, keys), nowMs };
    this.#saver = new Saver(this.#context);
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

  /** Changes name or tags; the payload is not touched. Throws NOT_FOUND, DELETED, INVALID_INPUT. */
  async update(id: string, naming: Naming): Promise<SavedSession> {
    checkId(id);
    checkNaming(naming);
    const { name, tags } = naming;
    const { heads, nowMs } = this.#context;
    const head = await heads.swap(id, newSessionId(nowMs()), (found) => {
      const live = heads.live(id, found);
      const updatedAt = new Date(nowMs()).toISOString();
      const { metadata } = live;
      return {
        ...live,
        metadata: { ...metadata, name: name ?? metadata.name, tags: [...(tags ?? metadata.tags)], updatedAt },
      };
    });
    return savedOf(head);
  }

  /**
   * Deletes a session for good: its head becomes a tombstone under a new data key, and all its payloads go. The id cannot be
   * used again. Works on sessions that are damaged or sealed with another key, too. Throws NOT_FOUND, DELETED, KEY_MISSING.
   */
  async remove(id: string): Promise<void> {
    checkId(id);
    const { store, keys, heads, nowMs } = this.#context;
    const dataKey = randomBytes(32);
    const slots = await keys.wrap(dataKey);
    const deletedAt = new Date(nowMs()).toISOString();
    await heads.swap(id, newSessionId(nowMs()), (found) => {
      const version = isRemovable(found) ? 0 : heads.live(id, found).version;
      return { id, version, versions: [], slots, deletedAt, dataKey, metadata: undefined };
    });
    for (const prefix of [`${MANIFESTS}${id}/`, `${PARTS}${id}/`]) {
      for await (const { key } of allKeys(store, prefix)) await store.remove(key);
    }
  }

  /** The versions that can be opened, the newest first. */
  versions(id: string): Promise<SessionVersion[]> {
    return this.#reader.versions(id);
  }

  /** Removes what crashed saves left, once it is a day old. Sessions that cannot be opened are not touched. Gives the number of values. */
  async sweep(): Promise<number> {
    const { store, heads, nowMs } = this.#context;
    const committedWrites = async (id: string): Promise<ReadonlySet<string> | undefined> => {
      const head = await heads.read(id);
      return isUnreadable(head) ? undefined : new Set(head?.versions.map(({ writeId }) => writeId));
    };
    return sweepOrphans(store, committedWrites, nowMs());
  }

  async close(): Promise<void> {
    await this.#context.store.close();
  }
}

/** A damaged head can be replaced by a tombstone; one of a later version is not damaged, and a tombstone is one already. */
function isRemovable(found: FoundHead): boolean {
  return isUnreadable(found) && found.error.code !== 'UNSUPPORTED_VERSION' && found.error.code !== 'DELETED';
}
