/** Saves: sealed parts, a manifest, then the head by compare-and-swap. Knows nothing of what the payload means. */
import { newSessionId, parsePayloadHead, PspError } from '@psp/protocol';
import type { SessionState } from '../state.js';
import type { ArchiveContext } from './context.js';
import type { FoundHead, LiveHead, NextHead } from './heads.js';
import { metadataOf } from './metadata.js';
import { discardPayload, writePayload } from './payload-store.js';
import { checkId, startedAtMs, type WritePlace } from './place.js';
import { savedOf, type Revision, type SavedSession } from './saved.js';
import { COMMIT_WITHIN_MS } from './sweep.js';

/** So many versions of a session stay; older ones go with the next save. */
export const KEPT_VERSIONS = 10;

export interface SaveOptions {
  /** What the save follows; absent for a new session. */
  readonly base?: Revision;
}

export class Saver {
  readonly #context: ArchiveContext;

  constructor(context: ArchiveContext) {
    this.#context = context;
  }

  async save(state: SessionState, { base }: SaveOptions): Promise<SavedSession> {
    const { document, batches } = state;
    checkId(document.id);
    parsePayloadHead(document);
    const { id } = document;
    const { store, keys, heads, nowMs } = this.#context;
    const before = this.#based(id, await heads.read(id), base);
    const dataKey = before?.dataKey ?? (await heads.newDataKey());
    const slots = before?.slots ?? (await keys.wrap(dataKey));
    const place = { id, version: (before?.version ?? 0) + 1, writeId: newSessionId(nowMs()) };
    const head = await this.#discardUnlessCommitted(place, async () => {
      const { manifest, digest } = await writePayload(store, place, dataKey, { document, batches }, nowMs());
      return heads.swap(id, place.writeId, (found) => {
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
