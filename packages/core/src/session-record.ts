/** What a session in hand knows of its stored side: which version it follows, under which lease. Knows nothing of browsers. */
import { mergeSessions, PspError, type MergeConflict, type SessionDocument, type SessionMetadata } from '@psp/protocol';
import type { Archive, Lease, LeaseOptions, OpenedSession, Revision, SavedSession, SaveOptions } from './archive.js';
import { inlineRecords, splitRecords } from './payload.js';
import { drained, type RecordBatch, type SessionState } from './state.js';

const BATCH_BYTES = 4 * 1024 * 1024;
/** Losing this often against other savers means that something is wrong. */
const MAX_MERGES = 8;

/** What is known of a session before it is opened. */
export interface RecordStart {
  readonly metadata: Pick<SessionMetadata, 'id' | 'name' | 'tags'> & { readonly version?: number };
  readonly revision?: Revision;
  readonly keepForMs?: number | undefined;
}

/** In memory, so that it can be sealed again. */
export type CapturedSession = SessionState & { readonly batches: RecordBatch[] };

export interface RecordedSession extends SavedSession {
  /** With whose changes the session was merged, part by part where they differed; absent where nobody else had saved. */
  readonly conflicts?: readonly MergeConflict[];
}

export class SessionRecord {
  readonly #archive: Archive;
  readonly #keepForMs: number | undefined;
  #metadata: RecordStart['metadata'];
  #revision: Revision | undefined;
  #lease: Lease | undefined;

  constructor(archive: Archive, { metadata, revision, keepForMs }: RecordStart) {
    this.#archive = archive;
    this.#metadata = metadata;
    this.#revision = revision;
    this.#keepForMs = keepForMs;
  }

  get metadata(): RecordStart['metadata'] {
    return this.#metadata;
  }

  /** The newest version. */
  open(): Promise<OpenedSession> {
    return this.#archive.open(this.#metadata.id);
  }

  /** From now on saves follow what was opened: it is what the browser holds. */
  follow({ metadata, revision }: SavedSession): void {
    this.#metadata = metadata;
    this.#revision = revision;
  }

  async expiresAt(): Promise<string | undefined> {
    return (await this.#archive.metadata(this.#metadata.id)).metadata.expiresAt;
  }

  /** Throws INVALID_INPUT where the session has a lease that is held, and as `Archive.lease` does. */
  async lease(options: LeaseOptions): Promise<Lease> {
    if (this.#lease?.isHeld === true)
      throw new PspError('INVALID_INPUT', 'lease: this session has one already. Release it first, or renew it');
    this.#lease = await this.#archive.lease(this.#metadata.id, options);
    return this.#lease;
  }

  /** Throws LEASE_LOST where the session had a lease that is lost. One that was released is forgotten. */
  throwIfLost(): void {
    if (this.#lease === undefined || this.#lease.isHeld) return;
    if (this.#lease.lost.aborted) throw this.#lease.lost.reason as PspError;
    this.#lease = undefined;
  }

  async release(): Promise<void> {
    await this.#lease?.release();
    this.#lease = undefined;
  }

  /** Throws as `Archive.save` does. */
  async save({ document, batches }: CapturedSession): Promise<RecordedSession> {
    return this.#saved({ document, batches: drained(batches) }, this.#revision);
  }

  /** As `save`, but instead of CONFLICT what others saved since is merged in: what each side changed since the version that this one follows. */
  async saveMerged(captured: CapturedSession): Promise<RecordedSession> {
    let mine: SessionState = captured;
    let base = this.#revision;
    let ancestor: SessionDocument | undefined;
    const conflicts: MergeConflict[] = [];
    for (let merges = 0; ; merges += 1) {
      try {
        const saved = await this.#saved(mine, base);
        return merges === 0 ? saved : { ...saved, conflicts };
      } catch (error) {
        if (!(error instanceof PspError) || error.code !== 'CONFLICT' || merges === MAX_MERGES) throw error;
      }
      if (merges === 0) ancestor = await this.#followed();
      const newest = await this.open();
      const theirs = await inlineRecords(newest.state);
      const sessions = [theirs, await inlineRecords(mine)];
      const merged = mergeSessions(ancestor === undefined ? { sessions } : { sessions, base: ancestor });
      conflicts.push(...merged.conflicts);
      const { id, name, tags } = theirs;
      mine = splitRecords({ ...merged.document, id, name, tags }, { maxBytes: BATCH_BYTES });
      ancestor = theirs;
      base = newest.revision;
    }
  }

  async #saved(state: SessionState, base: Revision | undefined): Promise<SavedSession> {
    this.throwIfLost();
    const options: SaveOptions = {
      ...(base === undefined ? {} : { base }),
      ...(this.#lease === undefined ? {} : { lease: this.#lease }),
      ...(this.#keepForMs === undefined ? {} : { keepForMs: this.#keepForMs }),
    };
    const saved = await this.#archive.save(state, options);
    this.follow(saved);
    return saved;
  }

  /** The version that the browser's session comes from, where it is still kept. */
  async #followed(): Promise<SessionDocument | undefined> {
    const { id, version } = this.#metadata;
    if (version === undefined) return undefined;
    try {
      return await inlineRecords((await this.#archive.open(id, { version })).state);
    } catch (error) {
      if (error instanceof PspError && error.code === 'NOT_FOUND') return undefined;
      throw error;
    }
  }
}
