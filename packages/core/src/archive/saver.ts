/** Saves: sealed parts, a manifest, then the head by compare-and-swap. Knows nothing of what the payload means. */
import { newSessionId, parsePayloadHead, PspError } from '@psp/protocol';
import type { SessionState } from '../state.js';
import type { ArchiveContext } from './context.js';
import type { CommittedVersion } from './head.js';
import type { FoundHead, LiveHead, NextHead } from './heads.js';
import { keptUntil, metadataOf } from './metadata.js';
import { discardPayload, writePayload } from './payload-store.js';
import { checkId, startedAtMs, type WritePlace } from './place.js';
import { retained } from './retention.js';
import { savedOf, type Revision, type SavedSession } from './saved.js';
import { COMMIT_WITHIN_MS } from './sweep.js';

export interface SaveOptions {
  /** What the save follows; absent for a new session. */
  readonly base?: Revision;
  /** Milliseconds after its first save at which a new session is gone; `update` changes it later. Default: it stays. */
  readonly keepForMs?: number;
}

export class Saver {
  readonly #context: ArchiveContext;

  constructor(context: ArchiveContext) {
    this.#context = context;
  }

  async save(state: SessionState, { base, keepForMs }: SaveOptions): Promise<SavedSession> {
    const { document, batches } = state;
    checkId(document.id);
    parsePayloadHead(document);
    const { id } = document;
    const { store, keys, heads, nowMs, keep } = this.#context;
    const until = keptUntil(keepForMs, nowMs());
    let dropped: readonly CommittedVersion[] = [];
    const before = this.#based(id, await heads.read(id), base);
    const dataKey = before?.dataKey ?? (await heads.newDataKey());
    const slots = before?.slots ?? (await keys.wrap(dataKey));
    const place = { id, version: (before?.version ?? 0) + 1, writeId: newSessionId(nowMs()) };
    const head = await this.#discardUnlessCommitted(place, async () => {
      const { manifest, digest } = await writePayload(store, place, dataKey, { document, batches }, nowMs());
      return heads.swap(id, place.writeId, (found) => {
        this.#checkAge(place);
        const live = this.#based(id, found, base);
        const naming = live?.metadata ?? { ...document, createdAt: manifest.savedAt, ...until };
        const { version, writeId } = place;
        const all = [{ version, writeId, manifest: digest }, ...(live?.versions ?? [])];
        const versions = retained(all, keep, nowMs());
        dropped = all.filter((one) => !versions.includes(one));
        return { id, version, versions, slots, dataKey, metadata: metadataOf(naming, version, manifest) };
      });
    });
    for (const old of dropped) await this.#discard({ id, ...old });
    return savedOf(head);
  }

  /** The head that a save with this base may follow. */
  #based(id: string, found: FoundHead, base: Revision | undefined): LiveHead | undefined {
    if (found === undefined && base === undefined) return undefined;
    const { store, heads } = this.#context;
    const live = heads.live(id, found);
    if (base === undefined) throw new PspError('CONFLICT', `session ${id} is in ${store.url} already`);
    if (savedOf(live).revision === base) return live;
    throw new PspError('CONFLICT', `session ${id}: somebody else saved version ${live.version} since it was loaded`);
  }

  /** A sweep may be near: what is older may have lost parts. */
  #checkAge({ id, writeId }: WritePlace): void {
    if (this.#context.nowMs() - startedAtMs(writeId) <= COMMIT_WITHIN_MS) return;
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
    await discardPayload(this.#context.store, place).catch(() => undefined);
  }
}
