/** Garbage collection: what crashed saves left, and what retention says is over. Touches nothing that it cannot open. */
import { newSessionId, PspError } from '@psp/protocol';
import type { ArchiveContext } from './context.js';
import type { CommittedVersion } from './head.js';
import { isExpired, isReservation, isUnreadable, type FoundHead, type LiveHead, type Reservation } from './heads.js';
import { allKeys } from './keys.js';
import { readLease } from './lease-record.js';
import { discardPayload } from './payload-store.js';
import { headKey, leaseKey, LEASES, startedAtMs } from './place.js';
import { removeSession } from './removal.js';
import { retained, type Keep } from './retention.js';
import { ORPHAN_AFTER_MS, sweepOrphans } from './sweep.js';
import { walkHeads } from './walk.js';

const DAY_MS = 24 * 60 * 60 * 1000;
const TOMBSTONE_DAYS = 90;

export interface GcOptions {
  /** Milliseconds since 1970 that count as now. Default: the clock. */
  readonly nowMs?: number;
  /** Only counts. Default false. */
  readonly dryRun?: boolean;
  /** Days that a tombstone stays. After that its id is as if it had never been, so that old data put back could bring the session back. Default 90. */
  readonly tombstoneDays?: number;
}

/** How many were removed, or would be. */
export interface GcReport {
  /** Values that saves left which never committed. */
  readonly orphans: number;
  /** Versions beyond what is kept. */
  readonly versions: number;
  /** Sessions past the time until which they were to be kept. */
  readonly expired: number;
  readonly tombstones: number;
  /** Leases of sessions that are not there. */
  readonly leases: number;
}

interface Collection extends ArchiveContext {
  readonly keep: Keep;
  readonly now: number;
  readonly dryRun: boolean;
  readonly tombstoneMs: number;
  readonly count: { -readonly [Kind in keyof GcReport]: number };
}

export async function collectGarbage(
  context: ArchiveContext,
  { nowMs = context.nowMs(), dryRun = false, tombstoneDays = TOMBSTONE_DAYS }: GcOptions,
): Promise<GcReport> {
  if (!(Number.isFinite(tombstoneDays) && tombstoneDays >= 0))
    throw new PspError('INVALID_INPUT', `tombstoneDays: expected 0 or more, found ${String(tombstoneDays)}`);
  const count = { orphans: 0, versions: 0, expired: 0, tombstones: 0, leases: 0 };
  const gc: Collection = { ...context, now: nowMs, dryRun, tombstoneMs: tombstoneDays * DAY_MS, count };
  for await (const { id, head } of walkHeads(context)) await unlessChanged(() => collectSession(gc, id, head));
  for await (const { key } of allKeys(context.store, LEASES)) await collectLease(gc, key.slice(LEASES.length));
  count.orphans = await sweepOrphans(context.store, (id) => committedWrites(context, id), nowMs, { dryRun });
  return count;
}

/** The write ids that the head of a session names, or undefined where that cannot be known. */
export async function committedWrites({ heads }: ArchiveContext, id: string): Promise<ReadonlySet<string> | undefined> {
  const head = await heads.read(id);
  return isUnreadable(head) ? undefined : new Set(head?.versions.map(({ writeId }) => writeId));
}

async function collectSession(gc: Collection, id: string, head: FoundHead): Promise<void> {
  if (head === undefined || isUnreadable(head)) return;
  if (head.deletedAt !== undefined) return purge(gc, id, head.deletedAt);
  if (isReservation(head)) return endReservation(gc, head);
  if (isExpired(head, gc.now)) return expire(gc, id);
  return trim(gc, id, head as LiveHead);
}

/**
 * Of a session that was leased and never saved. A tombstone takes its place, by compare-and-swap: whoever saves the session
 * just now loses nothing.
 */
async function endReservation(gc: Collection, { id, writeId }: Reservation): Promise<void> {
  const { store, keys, now, dryRun, count } = gc;
  const lease = await readLease(store, keys, id);
  const lastMs = Math.max(
    startedAtMs(writeId),
    lease === undefined || 'damaged' in lease ? 0 : startedAtMs(lease.nonce),
  );
  if (now - lastMs <= ORPHAN_AFTER_MS) return;
  if (!dryRun)
    await removeSession(gc, id, (found) => {
      if (isReservation(found) && found.writeId === writeId) return 0;
      throw new PspError('CONFLICT', `session ${id} was leased or saved since it was looked at`);
    });
  count.leases += 1;
}

/** Nobody may save over a tombstone, so nothing can have taken its place. */
async function purge(
  { store, now, tombstoneMs, dryRun, count }: Collection,
  id: string,
  deletedAt: string,
): Promise<void> {
  if (now - Date.parse(deletedAt) <= tombstoneMs) return;
  if (!dryRun) {
    await store.remove(leaseKey(id));
    await store.remove(headKey(id));
  }
  count.tombstones += 1;
}

async function expire(gc: Collection, id: string): Promise<void> {
  if (!gc.dryRun)
    await removeSession(gc, id, (found) => {
      const head = gc.heads.present(id, found);
      if (isExpired(head, gc.now)) return head.version;
      throw new PspError('CONFLICT', `session ${id} is kept longer since it was looked at`);
    });
  gc.count.expired += 1;
}

async function trim(gc: Collection, id: string, head: LiveHead): Promise<void> {
  const { store, heads, keep, now, dryRun, count } = gc;
  let dropped = beyond(head, keep, now);
  if (dropped.length === 0) return;
  if (!dryRun) {
    await heads.swap(id, newSessionId(gc.nowMs()), (found) => {
      const live = heads.present(id, found);
      dropped = beyond(live, keep, now);
      return { ...live, versions: retained(live.versions, keep, now) };
    });
    for (const old of dropped) await discardPayload(store, { id, ...old });
  }
  count.versions += dropped.length;
}

function beyond({ versions }: LiveHead, keep: Keep, now: number): CommittedVersion[] {
  const kept = new Set(retained(versions, keep, now));
  return versions.filter((one) => !kept.has(one));
}

/** One that somebody may still believe in was renewed within the last day, however wrong the clocks are within that. */
async function collectLease({ store, keys, heads, now, dryRun, count }: Collection, id: string): Promise<void> {
  const lease = await readLease(store, keys, id);
  if (lease === undefined || 'damaged' in lease || now - startedAtMs(lease.nonce) <= ORPHAN_AFTER_MS) return;
  const head = await heads.read(id);
  if (head !== undefined && (isUnreadable(head) || head.deletedAt === undefined)) return;
  if (!dryRun) await store.remove(leaseKey(id));
  count.leases += 1;
}

/** Somebody else was faster: what is left of it is found the next time. */
async function unlessChanged(collect: () => Promise<void>): Promise<void> {
  try {
    await collect();
  } catch (error) {
    if (!(error instanceof PspError) || !['CONFLICT', 'DELETED', 'NOT_FOUND'].includes(error.code)) throw error;
  }
}
