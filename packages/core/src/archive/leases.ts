/**
 * Gives leases, and keeps others from saving meanwhile. No two clocks are compared: a record counts as over when this process has seen it
 * unchanged for 1.25 times its time, by a clock that nobody can set; a holder that lives has renewed it by then.
 */
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { newSessionId, PspError } from '@psp/protocol';
import type { ArchiveContext } from './context.js';
import { nextFence, readEpoch } from './epoch.js';
import { isReservation, type FoundHead, type LiveHead, type NextHead, type Reservation } from './heads.js';
import { Lease } from './lease.js';
import { readLease, type DamagedLease, type LeaseContent, type LeaseRecord } from './lease-record.js';
import { putLease } from './lease-write.js';
import { isText } from './metadata.js';
import { checkId } from './place.js';

const MIN_TTL_MS = 50;
const MAX_TTL_MS = 60 * 60 * 1000;
const MAX_HOLDER_LENGTH = 200;
/** Clocks of two machines may run apart by so much. */
const OVER_AFTER_TTLS = 1.25;
/** Longest that a save without a lease watches whether the holder of one is alive. */
const MAX_ADMISSION_MS = 60_000;

export interface LeaseOptions {
  /** Milliseconds for which it is held unless it is renewed, 50 to 3,600,000. A holder that dies keeps others waiting for 1.25 times as long. */
  readonly ttlMs: number;
  /** Who holds it, for people: at most 200 characters, no secret. Default: the machine and the process. */
  readonly holder?: string;
  /** Milliseconds to wait for the lease of somebody else. Default 0: LEASED at once. */
  readonly waitMs?: number;
  /** False: only `renew()` renews. Default: every third of `ttlMs`, by a timer that does not keep the process alive. */
  readonly renew?: boolean;
  /** Ends the waiting; its reason is thrown. */
  readonly signal?: AbortSignal;
}

export interface LeaseLook {
  /** The token of the record that stands, 0 where there is none. */
  readonly fence: number;
  /** The lease that somebody may hold. */
  readonly held?: LeaseRecord;
}

type Wanted = Required<Pick<LeaseOptions, 'ttlMs' | 'holder' | 'waitMs' | 'renew'>>;

export class Leases {
  readonly #context: ArchiveContext;
  /** Since when this process has seen the record of a session unchanged. */
  readonly #seen = new Map<string, { readonly etag: string; readonly sinceMs: number }>();

  constructor(context: ArchiveContext) {
    this.#context = context;
  }

  async acquire(id: string, options: LeaseOptions): Promise<Lease> {
    checkId(id);
    const wanted = checkedOptions(options);
    const { monotonicMs } = this.#context;
    const untilMs = monotonicMs() + wanted.waitMs;
    for (;;) {
      options.signal?.throwIfAborted();
      const got = await this.#try(id, wanted);
      if (got instanceof Lease) return got;
      const leftMs = untilMs - monotonicMs();
      if (leftMs <= 0) throw leased(got);
      await pause(Math.min(leftMs, pauseMs(got)), options.signal);
    }
  }

  /** What `admit` begins with. */
  async look(id: string): Promise<LeaseLook> {
    const { store, keys, monotonicMs } = this.#context;
    const askedMs = monotonicMs();
    const found = await readLease(store, keys, id);
    const fence = found === undefined || 'damaged' in found ? 0 : found.fence;
    return this.#isInForce(id, found, askedMs) ? { fence, held: found } : { fence };
  }

  /** Returns when nobody holds a lease of the session. Throws LEASED as soon as it is known that somebody does. */
  async admit(id: string, begun?: LeaseLook): Promise<void> {
    const { monotonicMs } = this.#context;
    let first: LeaseRecord | undefined;
    const startMs = monotonicMs();
    for (let look = begun ?? (await this.look(id)); ; look = await this.look(id)) {
      const { held: found } = look;
      if (found === undefined) return;
      first ??= found;
      const isAlive = found.etag !== first.etag;
      if (isAlive || monotonicMs() - startMs > MAX_ADMISSION_MS) throw leased(found);
      await pause(pauseMs(found));
    }
  }

  /** The lease, or the record that is in the way. */
  async #try(id: string, { ttlMs, holder, renew }: Wanted): Promise<Lease | LeaseRecord> {
    const { store, keys, heads, nowMs, monotonicMs } = this.#context;
    for (;;) {
      const askedMs = monotonicMs();
      const before = await readLease(store, keys, id);
      if (this.#isInForce(id, before, askedMs)) return before;
      const content = { id, nonce: newSessionId(nowMs()), ttlMs, released: false, holder };
      const head = await heads.read(id);
      const sealing = await this.#sealing(id, head, before);
      const sentMs = monotonicMs();
      const record = await putLease(this.#context, { ...content, ...sealing }, before);
      if (record === undefined) continue;
      const lease = new Lease(this.#context, record, sentMs, { renews: renew });
      try {
        await this.#raiseFence(lease, record, head);
        lease.throwUnlessHeld();
      } catch (error) {
        // Best effort: what is not released runs out.
        await lease.release().catch(() => undefined);
        throw error;
      }
      return lease;
    }
  }

  /** Sealed as the session is, where there is one yet. */
  async #sealing(
    id: string,
    head: FoundHead,
    before: LeaseRecord | DamagedLease | undefined,
  ): Promise<Pick<LeaseContent, 'fence' | 'dataKey' | 'slots'>> {
    const { store, keys, heads } = this.#context;
    const own = this.#leasable(id, head);
    const given = before === undefined || 'damaged' in before ? 0 : before.fence;
    const dataKey = own?.dataKey ?? (await heads.newDataKey());
    return {
      fence: nextFence(await readEpoch(store), given, own?.fence ?? 0),
      dataKey,
      slots: own?.slots ?? (await keys.wrap(dataKey)),
    };
  }

  /**
   * From here on nobody can save under an earlier lease, nor without one: the head has another etag, and tells the token. Before the
   * first save a reservation tells it (PSP-LEASE-6). `seen` is the head as it was before the record stood.
   */
  async #raiseFence(lease: Lease, { dataKey, slots }: LeaseRecord, seen: FoundHead): Promise<void> {
    const { heads, nowMs } = this.#context;
    const { id, fence } = lease;
    const reservation = { id, version: 0, versions: [], slots, dataKey, metadata: undefined };
    const next = (found: FoundHead): NextHead => {
      lease.throwUnlessHeld();
      const head = this.#leasable(id, found);
      if ((head?.fence ?? 0) <= fence) return { ...(head ?? reservation), fence };
      throw new PspError(
        'LEASE_LOST',
        `the lease of session ${id} (fencing token ${fence}) was followed by another at once`,
      );
    };
    await heads.swap(id, newSessionId(nowMs()), next, { head: seen });
  }

  /** The session, or what stands for it before its first save. Throws as `Heads.live` does. */
  #leasable(id: string, head: FoundHead): LiveHead | Reservation | undefined {
    return isReservation(head) ? head : this.#context.heads.saved(id, head);
  }

  /** Seen from the first reply to the last question: whatever held up this process in between, the record stood so long. */
  #isInForce(id: string, found: LeaseRecord | DamagedLease | undefined, askedMs: number): found is LeaseRecord {
    if (found === undefined || 'damaged' in found || found.released) {
      this.#seen.delete(id);
      return false;
    }
    const { etag, ttlMs } = found;
    const seen = this.#seen.get(id);
    if (seen?.etag === etag) return askedMs - seen.sinceMs < OVER_AFTER_TTLS * ttlMs;
    this.#seen.set(id, { etag, sinceMs: this.#context.monotonicMs() });
    return true;
  }
}

/** Returns early when the signal is aborted, which is all that a timer throws. */
async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await sleep(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
}

/** Often enough to see each renewal of it. */
const pauseMs = ({ ttlMs }: LeaseRecord): number =>
  Math.min(1000, Math.max(10, ttlMs / 10)) * (0.75 + Math.random() / 2);

function leased({ id, holder, fence, ttlMs }: LeaseRecord): PspError {
  const who = `session ${id} is leased by ${JSON.stringify(holder)} (fencing token ${fence})`;
  const over = `one that died is over ${Math.ceil(OVER_AFTER_TTLS * ttlMs)} ms after somebody begins to wait`;
  return new PspError('LEASED', `${who}. A holder that lives renews it every ${Math.ceil(ttlMs / 3)} ms; ${over}`);
}

function checkedOptions({
  ttlMs,
  holder = `${hostname()}, process ${process.pid}`,
  waitMs = 0,
  renew = true,
}: LeaseOptions): Wanted {
  if (!Number.isInteger(ttlMs) || ttlMs < MIN_TTL_MS || ttlMs > MAX_TTL_MS)
    throw new PspError('INVALID_INPUT', `ttlMs: expected ${MIN_TTL_MS} to ${MAX_TTL_MS}, found ${String(ttlMs)}`);
  if (!(Number.isFinite(waitMs) && waitMs >= 0))
    throw new PspError('INVALID_INPUT', `waitMs: expected 0 or more, found ${String(waitMs)}`);
  if (!isText(holder, 1, MAX_HOLDER_LENGTH))
    throw new PspError('INVALID_INPUT', `holder: expected text of 1 to ${MAX_HOLDER_LENGTH} characters`);
  return { ttlMs, holder, waitMs, renew };
}
