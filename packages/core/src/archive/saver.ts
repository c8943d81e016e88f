/** Saves: sealed parts, a manifest, then the head by compare-and-swap. Knows nothing of what the payload means. */
import { newSessionId, parsePayloadHead, PspError } from '@psp/protocol';
import type { SessionState } from '../state.js';
import type { ArchiveContext } from './context.js';
import type { CommittedVersion } from './head.js';
import { isUnreadable, type FoundHead, type LiveHead, type NextHead } from './heads.js';
import type { Lease } from './lease.js';
import type { Leases } from './leases.js';
import { keptUntil, metadataOf } from './metadata.js';
import { discardPayload, writePayload } from './payload-store.js';
import { checkId, startedAtMs, type WritePlace } from './place.js';
import { retained } from './retention.js';
import { savedOf, type Revision, type SavedSession } from './saved.js';
import { COMMIT_WITHIN_MS } from './sweep.js';
import { unheeded } from '../unheeded.js';

export interface SaveOptions {
  /** What the save follows; absent for a new session. */
  readonly base?: Revision;
  /** Milliseconds after its first save at which a new session is gone; `update` changes it later. Default: it stays. */
  readonly keepForMs?: number;
  /** Under which it is saved: then LEASE_LOST or FENCED unless it is still held. Without one, LEASED while somebody else has one. */
  readonly lease?: Lease;
}

interface Gate {
  /** As it was found before anything was written. */
  readonly head: FoundHead;
  readonly before: LiveHead | undefined;
  pass(found: FoundHead): LiveHead | undefined;
}

const fenceOf = (head: FoundHead): number | undefined => {
  if (head === undefined) return 0;
  return isUnreadable(head) ? undefined : head.fence;
};

export class Saver {
  readonly #context: ArchiveContext;
  readonly #leases: Leases;

  constructor(context: ArchiveContext, leases: Leases) {
    this.#context = context;
    this.#leases = leases;
  }

  async save(state: SessionState, options: SaveOptions): Promise<SavedSession> {
    const { document, batches } = state;
    checkId(document.id);
    parsePayloadHead(document);
    const { id } = document;
    const { store, keys, heads, nowMs, keep } = this.#context;
    const until = keptUntil(options.keepForMs, nowMs());
    const gating = unheeded(this.#gate(id, options));
    // What is written of a session that is new depends on nothing that the gate finds. It is written meanwhile, and removed where the gate is shut.
    const isEarly = options.base === undefined && options.lease === undefined && (await keys.keyId()) !== undefined;
    const before = isEarly ? undefined : (await gating).before;
    let dropped: readonly CommittedVersion[] = [];
    const dataKey = before?.dataKey ?? (await heads.newDataKeyUnchecked());
    const slots = before?.slots ?? (await keys.wrap(dataKey));
    const place = { id, version: (before?.version ?? 0) + 1, writeId: newSessionId(nowMs()) };
    const head = await this.#discardUnlessCommitted(place, async () => {
      const writing = writePayload(store, place, dataKey, { document, batches }, nowMs());
      // Nothing is under way any more when this throws, so that what was written can be removed.
      const [gated, written] = await Promise.allSettled([gating, writing]);
      if (gated.status === 'rejected') throw gated.reason;
      if (written.status === 'rejected') throw written.reason;
      const [gate, { manifest, digest }] = [gated.value, written.value];
      const next = (found: FoundHead): NextHead => {
        this.#checkAge(place);
        const live = gate.pass(found);
        const naming = live?.metadata ?? { ...document, createdAt: manifest.savedAt, ...until };
        const { version, writeId } = place;
        const all = [{ version, writeId, manifest: digest }, ...(live?.versions ?? [])];
        const versions = retained(all, keep, nowMs());
        dropped = all.filter((one) => !versions.includes(one));
        const fence = options.lease?.fence ?? fenceOf(found) ?? 0;
        return { id, version, versions, fence, slots, dataKey, metadata: metadataOf(naming, version, manifest) };
      };
      return heads.swap(id, place.writeId, next, { head: gate.head });
    });
    for (const old of dropped) await this.#discard({ id, ...old });
    return savedOf(head);
  }

  /**
   * Whether this save may follow a head: asked before it is committed, and of each head that it meets. Head and lease are read at once. Who
   * took a lease between the two has raised the fence beyond what its record said, and the lease is read once more; who takes one later
   * has changed the head that is met at the end.
   */
  async #gate(id: string, { base, lease }: SaveOptions): Promise<Gate> {
    if (lease !== undefined && lease.id !== id)
      throw new PspError('INVALID_INPUT', `lease: expected one of session ${id}, found one of ${lease.id}`);
    lease?.throwUnlessHeld();
    const { heads } = this.#context;
    const reading = heads.read(id);
    const confirmed = lease === undefined ? undefined : unheeded(lease.confirm());
    const looking = lease === undefined ? unheeded(this.#leases.look(id)) : undefined;
    const ownKey = base === undefined ? unheeded(heads.refuseSecondKey()) : undefined;
    const first = await reading;
    const pass = (found: FoundHead): LiveHead | undefined => {
      const fence = fenceOf(found);
      if (lease !== undefined && fence !== undefined && fence > lease.fence)
        throw new PspError(
          'FENCED',
          `session ${id}: the lease with the fencing token ${lease.fence} was followed by one with ${fence}`,
        );
      if (lease === undefined && fence !== undefined && fence !== fenceOf(first))
        throw new PspError('LEASED', `session ${id}: somebody else took its lease while it was being saved`);
      lease?.throwUnlessHeld();
      return this.#based(id, found, base);
    };
    const before = pass(first);
    await confirmed;
    const look = await looking;
    if (look !== undefined) await this.#leases.admit(id, look.fence === fenceOf(first) ? look : undefined);
    await ownKey;
    return { head: first, before, pass };
  }

  /** The head that a save with this base may follow. */
  #based(id: string, found: FoundHead, base: Revision | undefined): LiveHead | undefined {
    const { store, heads } = this.#context;
    if (base === undefined) {
      if (heads.saved(id, found) === undefined) return undefined;
      throw new PspError('CONFLICT', `session ${id} is in ${store.url} already`);
    }
    const live = heads.live(id, found);
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
