/** Reading heads and replacing them by compare-and-swap. Knows nothing of payloads. */
import { randomBytes } from 'node:crypto';
import { PspError, type ErrorCode, type SessionMetadata } from '@psp/protocol';
import type { KeySource } from '../seal/sealer.js';
import type { Store } from '../store/store.js';
import {
  deletedAtOf,
  keyIdsOf,
  openHead,
  readHead,
  sealHead,
  type HeadFields,
  type OpenHead,
  type StoredHead,
} from './head.js';
import { allKeys } from './keys.js';
import { checkId, headKey, HEADS } from './place.js';

/** Losing this often against other writers means that something is wrong. */
const MAX_RACES = 8;
const DATA_KEY_BYTES = 32;
/** Mostly the first head is one that tells which key is needed. */
const FIRST_HEADS = 4;
/** So many writes a copy of the session may be behind and still be known as an ancestor. */
const KEPT_ANCESTORS = 32;
/** What is wrong with one session, not with the store or the key file. */
const DAMAGE: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['CORRUPT', 'KEY_MISMATCH', 'UNSUPPORTED_VERSION']);
/** What is wrong with the key at hand. A tombstone is known as one all the same. */
const NO_KEY: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['KEY_MISMATCH', 'KEY_MISSING', 'KEY_INVALID']);

export type LiveHead = OpenHead & { readonly metadata: SessionMetadata };

/** It stands for a session that somebody leased and nobody saved yet, and tells the fencing token [PSP-LEASE-6]. To readers there is no session. */
export type Reservation = OpenHead & { readonly metadata: undefined };

/** A head that stands in the store but cannot be opened; the error of a tombstone that the key at hand does not open is DELETED. */
export interface UnreadableHead {
  readonly etag: string;
  /** Null where not even its bytes can be read. */
  readonly digest: string | null;
  readonly error: PspError;
}

export type FoundHead = OpenHead | UnreadableHead | undefined;

/** What a head becomes; the rest follows from the one before. */
export type NextHead = Omit<HeadFields, 'writeId' | 'prev' | 'ancestors' | 'fence' | 'named'> &
  Partial<Pick<HeadFields, 'fence' | 'named'>> &
  Pick<OpenHead, 'dataKey' | 'metadata'>;

export const isUnreadable = (head: FoundHead): head is UnreadableHead => head !== undefined && 'error' in head;

export const isReservation = (head: FoundHead): head is Reservation =>
  head !== undefined && !isUnreadable(head) && head.deletedAt === undefined && head.metadata === undefined;

/** Past the time until which it was to be kept. */
export const isExpired = ({ metadata }: Pick<OpenHead, 'metadata'>, nowMs: number): boolean =>
  metadata?.keepUntil !== undefined && Date.parse(metadata.keepUntil) <= nowMs;

export class Heads {
  readonly #store: Store;
  readonly #keys: KeySource;
  readonly #nowMs: () => number;
  /** A session that was seen to need the key at hand: it is asked first, and costs no list. */
  #witness: string | undefined;

  constructor(store: Store, keys: KeySource, nowMs: () => number) {
    this.#store = store;
    this.#keys = keys;
    this.#nowMs = nowMs;
  }

  /** Tombstones too; undefined where there is nothing. Throws errors of the store and of the key file only. */
  async read(id: string): Promise<FoundHead> {
    const stored = await readHead(this.#store, id);
    if (stored === undefined) return undefined;
    return 'lost' in stored ? { etag: stored.etag, digest: null, error: stored.lost } : this.#open(stored);
  }

  /** Throws NOT_FOUND, DELETED (also past the time until which it was to be kept), or why the head cannot be opened. */
  live(id: string, found: FoundHead): LiveHead {
    const head = this.present(id, found);
    if (!isExpired(head, this.#nowMs())) return head;
    throw new PspError('DELETED', `session ${id} is gone: it was to be kept until ${head.metadata.keepUntil}`);
  }

  /** As `live`, but undefined where nothing was saved yet. */
  saved(id: string, head: FoundHead): LiveHead | undefined {
    return head === undefined || isReservation(head) ? undefined : this.live(id, head);
  }

  /** As `live`, but however long it was to be kept. */
  present(id: string, head: FoundHead): LiveHead {
    if (head === undefined) throw new PspError('NOT_FOUND', `no session ${id} in ${this.#store.url}`);
    if (isReservation(head))
      throw new PspError('NOT_FOUND', `no session ${id} in ${this.#store.url}: it was leased, and never saved`);
    if (isUnreadable(head)) throw head.error;
    if (head.deletedAt !== undefined) throw deleted(id, head.deletedAt);
    return head as LiveHead;
  }

  /** A session that can be opened. Throws INVALID_INPUT before any I/O, NOT_FOUND, DELETED, or why not. */
  async require(id: string): Promise<LiveHead> {
    checkId(id);
    return this.live(id, await this.read(id));
  }

  /**
   * Puts what `next` makes of the present head. When somebody else was faster, `next` is asked again and may throw. When the
   * reply was lost, the store is asked whether the head of this `writeId` stands; only if it cannot tell, OUTCOME_UNKNOWN.
   * `seen` is a head that was read before, however long ago: the put fails unless it still stands.
   */
  async swap(
    id: string,
    writeId: string,
    next: (found: FoundHead) => NextHead,
    seen?: { readonly head: FoundHead },
  ): Promise<NextHead> {
    for (let race = 0; race < MAX_RACES; race += 1) {
      const found = race === 0 && seen !== undefined ? seen.head : await this.read(id);
      const head = next(found);
      const bytes = await sealHead(fieldsOf(head, writeId, found), head.dataKey, head.metadata);
      try {
        await this.#store.put(headKey(id), bytes, found === undefined ? { absent: true } : { etag: found.etag });
        if (head.deletedAt === undefined) this.#witness = id;
        return head;
      } catch (error) {
        if (!(error instanceof PspError) || (error.code !== 'CONFLICT' && error.code !== 'OUTCOME_UNKNOWN'))
          throw error;
        const landed = await this.#landed(id, writeId, error);
        if (landed !== undefined) return landed;
        if (error.code === 'OUTCOME_UNKNOWN') throw error;
      }
    }
    throw new PspError('CONFLICT', `session ${id} is changed by others again and again`);
  }

  /** Makes the key file where there is none yet. Throws as `refuseSecondKey` does. */
  async newDataKey(): Promise<Uint8Array> {
    await this.refuseSecondKey();
    return this.newDataKeyUnchecked();
  }

  /** For who has asked `refuseSecondKey` a moment ago. */
  async newDataKeyUnchecked(): Promise<Uint8Array> {
    await this.#keys.ensureKey();
    return randomBytes(DATA_KEY_BYTES);
  }

  /**
   * Throws KEY_MISSING when there is no key, but sessions that need one, and KEY_MISMATCH when they need another: a second key must never
   * come into a store silently [PSP-SEAL-9]. One session that is not deleted speaks for all, however many there are.
   */
  async refuseSecondKey(): Promise<void> {
    const own = await this.#keys.keyId();
    if (own !== undefined && this.#witness !== undefined) {
      if ((await this.#neededKeys(this.#witness))?.includes(own) === true) return;
      this.#witness = undefined;
    }
    for await (const { key } of allKeys(this.#store, HEADS, { firstPage: FIRST_HEADS })) {
      const id = key.slice(HEADS.length);
      const needed = await this.#neededKeys(id);
      if (needed === undefined || (needed.length === 0 && own !== undefined)) continue;
      if (own !== undefined && needed.includes(own)) {
        this.#witness = id;
        return;
      }
      const ids = needed.length === 0 ? '(not known: its head is damaged)' : needed.join(', ');
      const need = `the sessions in ${this.#store.url} need the key ${ids}`;
      if (own === undefined) throw new PspError('KEY_MISSING', `${this.#keys.description} does not exist, and ${need}`);
      throw new PspError('KEY_MISMATCH', `${need}, but ${this.#keys.description} holds the key ${own}`);
    }
  }

  async #open(stored: StoredHead): Promise<OpenHead | UnreadableHead> {
    try {
      return await openHead(stored, this.#keys);
    } catch (error) {
      if (!(error instanceof PspError)) throw error;
      const { id, etag, digest } = stored;
      const deletedAt = NO_KEY.has(error.code) ? await deletedAtOf(stored) : undefined;
      if (deletedAt !== undefined) return { etag, digest, error: deleted(id, deletedAt) };
      if (!DAMAGE.has(error.code)) throw error;
      return { etag, digest, error };
    }
  }

  /** The head, if this write made it, or one before it. `reason` is why that is asked. */
  async #landed(id: string, writeId: string, reason: PspError): Promise<OpenHead | undefined> {
    const head = await this.read(id).catch(() => {
      throw new PspError('OUTCOME_UNKNOWN', `session ${id}: ${reason.message}`, { cause: reason });
    });
    if (head === undefined || isUnreadable(head)) return undefined;
    const isVersion = head.versions.some((version) => version.writeId === writeId);
    return head.writeId === writeId || isVersion || head.ancestors?.includes(writeId) === true ? head : undefined;
  }

  /** The keys that can open a session; none where its head is damaged, undefined where there is no session any more. */
  async #neededKeys(id: string): Promise<string[] | undefined> {
    const stored = await readHead(this.#store, id);
    if (stored === undefined) return undefined;
    if ('lost' in stored) return [];
    try {
      return (await deletedAtOf(stored)) === undefined ? await keyIdsOf(stored) : undefined;
    } catch (error) {
      if (error instanceof PspError && DAMAGE.has(error.code)) return [];
      throw error;
    }
  }
}

function deleted(id: string, at: string): PspError {
  return new PspError('DELETED', `session ${id} was deleted at ${at}`);
}

function fieldsOf(next: NextHead, writeId: string, found: FoundHead): HeadFields {
  const { id, version, versions, slots, deletedAt } = next;
  const before = isUnreadable(found) ? undefined : found;
  const fence = next.fence ?? before?.fence ?? 0;
  const named = next.named ?? before?.named;
  const ancestors = before === undefined ? [] : [before.writeId, ...(before.ancestors ?? [])].slice(0, KEPT_ANCESTORS);
  const head = { id, version, writeId, prev: found?.digest ?? null, ancestors, fence, versions, slots };
  return {
    ...head,
    ...(named === undefined ? {} : { named }),
    ...(deletedAt === undefined ? {} : { deletedAt }),
  };
}
