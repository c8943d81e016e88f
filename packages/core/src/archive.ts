/**
 * Sessions on a store: heads, versions and tombstones, written once over the store contract. A save writes sealed parts, then a
 * manifest, then puts the head by compare-and-swap, which is its only commit point: until then nothing is changed.
 *
 * Who can write to the store cannot read a session, alter it, or give one session or version out as another. He can delete,
 * and he can put back an older head of the same session together with its parts: nothing in the store tells. A caller that
 * holds a revision sees it, because its save is refused with CONFLICT.
 */
import { randomBytes } from 'node:crypto';
import { isSessionId, newSessionId, parsePayloadHead, PspError, type SessionMetadata } from '@psp/protocol';
import type { CommittedVersion } from './archive/head.js';
import { Heads, isUnreadable, type FoundHead, type LiveHead, type NextHead } from './archive/heads.js';
import { allKeys } from './archive/keys.js';
import { checkNaming, metadataOf, type Naming } from './archive/metadata.js';
import { discardPayload, readManifest, readPayload, writePayload, type Missing } from './archive/payload-store.js';
import { checkId, headKey, HEADS, MANIFESTS, PARTS, startedAtMs, type WritePlace } from './archive/place.js';
import { COMMIT_WITHIN_MS, sweepOrphans } from './archive/sweep.js';
import type { KeySource } from './seal/sealer.js';
import type { SessionState } from './state.js';
import { guardStore } from './store/guard.js';
import type { Store } from './store/store.js';

/** So many versions of a session stay; older ones go with the next save. */
export const KEPT_VERSIONS = 10;

/** Names the version of a session that a caller has seen. Opaque; another with every save, the same after a rename. */
export type Revision = string;

export interface SavedSession {
  readonly metadata: SessionMetadata;
  readonly revision: Revision;
}

export interface OpenedSession extends SavedSession {
  /** The batches stream from the store and can be read once. */
  readonly state: SessionState;
}

export interface SessionPage {
  readonly items: SessionMetadata[];
  /** Pass as `after` to go on; absent on the last page. */
  readonly next?: string;
  /** Sessions that cannot be opened, each with its reason: CORRUPT, KEY_MISMATCH, UNSUPPORTED_VERSION. */
  readonly damaged: { readonly id: string; readonly error: PspError }[];
}

export interface SessionVersion {
  readonly version: number;
  readonly capturedAt: string;
  readonly bytes: number;
}

export class Archive {
  readonly #store: Store;
  readonly #keys: KeySource;
  readonly #heads: Heads;
  readonly #nowMs: () => number;

  constructor(store: Store, keys: KeySource, { nowMs = Date.now }: { nowMs?: () => number } = {}) {
    this.#store = guardStore(store);
    this.#keys = keys;
    this.#heads = new Heads(this.#store, keys);
    this.#nowMs = nowMs;
  }

  /** Where the sessions are, for messages. */
  get url(): string {
    return this.#store.url;
  }

  /**
   * Saves a new session, or with `base` the next version of one. Name and tags of a session that exists stay as they are
   * there: they change by `update` only, so that a capture undoes no renaming. Throws CONFLICT when somebody else saved
   * since `base`, DELETED, KEY_MISSING or KEY_MISMATCH rather than bringing a second key into the store, and whatever the store or the key source throws.
   */
  async save(state: SessionState, { base }: { base?: Revision } = {}): Promise<SavedSession> {
    const { document, batches } = state;
    checkId(document.id);
    parsePayloadHead(document);
    const { id } = document;
    const before = this.#based(id, await this.#heads.read(id), base);
    const dataKey = before?.dataKey ?? (await this.#heads.newDataKey());
    const slots = before?.slots ?? (await this.#keys.wrap(dataKey));
    const place = { id, version: (before?.version ?? 0) + 1, writeId: newSessionId(this.#nowMs()) };
    const head = await this.#discardUnlessCommitted(place, async () => {
      const { manifest, digest } = await writePayload(
        this.#store,
        place,
        dataKey,
        { document, batches },
        this.#nowMs(),
      );
      return this.#heads.swap(id, place.writeId, (found) => {
        this.#checkAge(place);
        const live = this.#based(id, found, base);
        const naming = live?.metadata ?? { ...document, createdAt: manifest.savedAt };
        const { version, writeId } = place;
        const versions = [{ version, writeId, manifest: digest }, ...(live?.versions ?? [])].slice(0, KEPT_VERSIONS);
        return { id, version, versions, slots, dataKey, metadata: metadataOf(naming, version, manifest) };
      });
    });
    for (const old of before?.versions.slice(KEPT_VERSIONS - 1) ?? []) await this.#discard({ id, ...old });
    return savedOf(head);
  }

  /** Opens the newest version, or an older one; the revision is that of the newest in any case. Throws NOT_FOUND, DELETED, CORRUPT, or an error of the key source. */
  async open(id: string, { version }: { version?: number } = {}): Promise<OpenedSession> {
    const head = await this.#heads.require(id);
    const committed = version === undefined ? head.versions[0] : head.versions.find((one) => one.version === version);
    if (committed === undefined)
      throw new PspError(
        'NOT_FOUND',
        `session ${id} has no version ${version}; it has ${head.versions.map((one) => one.version).join(', ')}`,
      );
    const missing = this.#missing(id, committed);
    const manifest = await readManifest(this.#store, { id, ...committed }, head.dataKey, missing);
    const { document, batches } = await readPayload(
      this.#store,
      { id, ...committed },
      head.dataKey,
      manifest.parts,
      missing,
    );
    const { name, tags } = head.metadata;
    const metadata =
      committed === head.versions[0] ? head.metadata : metadataOf(head.metadata, committed.version, manifest);
    return { metadata, revision: savedOf(head).revision, state: { document: { ...document, name, tags }, batches } };
  }

  /** Throws NOT_FOUND or DELETED. */
  async metadata(id: string): Promise<SavedSession> {
    return savedOf(await this.#heads.require(id));
  }

  /** The id of a session by its id or its name. Throws NOT_FOUND, DELETED, or AMBIGUOUS naming the ids. */
  async find(nameOrId: string): Promise<string> {
    if (await this.#isStored(nameOrId)) return nameOrId;
    const found: string[] = [];
    let damaged = 0;
    for (let after: string | undefined, more = true; more;) {
      const page = await this.list(after === undefined ? {} : { after });
      found.push(...page.items.filter(({ name }) => name === nameOrId).map(({ id }) => id));
      damaged += page.damaged.length;
      after = page.next;
      more = after !== undefined;
    }
    const name = JSON.stringify(String(nameOrId).slice(0, 200));
    if (found.length > 1)
      throw new PspError('AMBIGUOUS', `${found.length} sessions have the name ${name}: ${found.join(', ')}`);
    if (found[0] !== undefined) return found[0];
    const unread = damaged === 0 ? '' : `; ${damaged} sessions could not be opened, so their names are not known`;
    throw new PspError('NOT_FOUND', `no session with the id or name ${name} in ${this.url}${unread}`);
  }

  /** Sessions in the order in which they were created. Throws KEY_MISSING when there are sessions and no key. */
  async list({ after, limit = 100 }: { after?: string; limit?: number } = {}): Promise<SessionPage> {
    if (after !== undefined) checkId(after);
    if (!Number.isInteger(limit) || limit < 1)
      throw new PspError('INVALID_INPUT', `limit: expected 1 or more, found ${String(limit)}`);
    const page = { items: [] as SessionMetadata[], damaged: [] as SessionPage['damaged'] };
    let last = '';
    for await (const { key } of allKeys(this.#store, HEADS, after === undefined ? undefined : headKey(after))) {
      if (page.items.length + page.damaged.length === limit) return { ...page, next: last };
      last = key.slice(HEADS.length);
      const head = await this.#heads.read(last);
      if (isUnreadable(head) && head.error.code === 'DELETED') continue;
      if (isUnreadable(head)) page.damaged.push({ id: last, error: head.error });
      else if (head?.metadata !== undefined) page.items.push(head.metadata);
    }
    return page;
  }

  /** Changes name or tags; the payload is not touched. Throws NOT_FOUND, DELETED, INVALID_INPUT. */
  async update(id: string, naming: Naming): Promise<SavedSession> {
    checkId(id);
    checkNaming(naming);
    const { name, tags } = naming;
    const head = await this.#heads.swap(id, newSessionId(this.#nowMs()), (found) => {
      const live = this.#heads.live(id, found);
      const updatedAt = new Date(this.#nowMs()).toISOString();
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
    const dataKey = randomBytes(32);
    const slots = await this.#keys.wrap(dataKey);
    const deletedAt = new Date(this.#nowMs()).toISOString();
    await this.#heads.swap(id, newSessionId(this.#nowMs()), (found) => {
      const version = isRemovable(found) ? 0 : this.#heads.live(id, found).version;
      return { id, version, versions: [], slots, deletedAt, dataKey, metadata: undefined };
    });
    for (const prefix of [`${MANIFESTS}${id}/`, `${PARTS}${id}/`]) {
      for await (const { key } of allKeys(this.#store, prefix)) await this.#store.remove(key);
    }
  }

  /** The versions that can be opened, the newest first. */
  async versions(id: string): Promise<SessionVersion[]> {
    const head = await this.#heads.require(id);
    const versions: SessionVersion[] = [];
    for (const committed of head.versions) {
      const manifest = await readManifest(
        this.#store,
        { id, ...committed },
        head.dataKey,
        this.#missing(id, committed),
      );
      versions.push({ version: committed.version, capturedAt: manifest.capturedAt, bytes: manifest.bytes });
    }
    return versions;
  }

  /** Removes what crashed saves left, once it is a day old. Sessions that cannot be opened are not touched. Gives the number of values. */
  async sweep(): Promise<number> {
    const committedWrites = async (id: string): Promise<ReadonlySet<string> | undefined> => {
      const head = await this.#heads.read(id);
      return isUnreadable(head) ? undefined : new Set(head?.versions.map(({ writeId }) => writeId));
    };
    return sweepOrphans(this.#store, committedWrites, this.#nowMs());
  }

  async close(): Promise<void> {
    await this.#store.close();
  }

  /** The head that a save with this base may follow. */
  #based(id: string, found: FoundHead, base: Revision | undefined): LiveHead | undefined {
    if (found === undefined && base === undefined) return undefined;
    const live = this.#heads.live(id, found);
    if (base === undefined) throw new PspError('CONFLICT', `session ${id} is in ${this.url} already`);
    if (savedOf(live).revision === base) return live;
    throw new PspError('CONFLICT', `session ${id}: somebody else saved version ${live.version} since it was loaded`);
  }

  /** A sweep may be near: what is older may have lost parts. */
  #checkAge({ id, writeId }: WritePlace): void {
    if (this.#nowMs() - startedAtMs(writeId) <= COMMIT_WITHIN_MS) return;
    throw new PspError(
      'STORE_UNAVAILABLE',
      `session ${id}: the save took more than ${COMMIT_WITHIN_MS / 3_600_000} hours and was given up`,
    );
  }

  async #discardUnlessCommitted(place: WritePlace, save: () => Promise<NextHead>): Promise<NextHead> {
    try {
      return await save();
    } catch (error) {
      // While it is not known whether the head stands, its parts must.
      if (!(error instanceof PspError) || error.code !== 'OUTCOME_UNKNOWN') await this.#discard(place);
      throw error;
    }
  }

  /** Best effort: what stays is found by the next sweep. */
  async #discard(place: WritePlace): Promise<void> {
    await discardPayload(this.#store, place).catch(() => undefined);
  }

  /** Why something that a head named a moment ago is not there. */
  #missing(id: string, { version, writeId }: CommittedVersion): Missing {
    return async (where) => {
      const head = await this.#heads.require(id);
      const stands = head.versions.some((one) => one.writeId === writeId);
      if (stands) return new PspError('CORRUPT', `${where}: it is missing`);
      return new PspError('NOT_FOUND', `session ${id}: version ${version} was removed meanwhile`);
    };
  }

  async #isStored(id: string): Promise<boolean> {
    if (typeof id !== 'string' || !isSessionId(id)) return false;
    const head = await this.#heads.read(id);
    if (head === undefined) return false;
    if (!isUnreadable(head) || head.error.code === 'DELETED') this.#heads.live(id, head);
    return true;
  }
}

/** A damaged head can be replaced by a tombstone; one of a later version is not damaged, and a tombstone is one already. */
function isRemovable(found: FoundHead): boolean {
  return isUnreadable(found) && found.error.code !== 'UNSUPPORTED_VERSION' && found.error.code !== 'DELETED';
}

function savedOf(head: Pick<NextHead, 'metadata' | 'versions'>): SavedSession {
  return { metadata: head.metadata as SessionMetadata, revision: (head.versions[0] as CommittedVersion).writeId };
}
