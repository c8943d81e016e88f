/**
 * The epoch of a store: the upper part of all fencing tokens, `epoch * 2 ** 32 + n`. A store that was copied or restored from a backup
 * gets a higher one, so that no token which was given in the meantime can be given again.
 */
import { randomUUID } from 'node:crypto';
import { PspError } from '@psp/protocol';
import { guardStore } from '../store/guard.js';
import type { Store } from '../store/store.js';

const EPOCH_KEY = 'e/epoch';
/** Tokens stay within the integers that JSON and JavaScript hold exactly. */
const MAX_EPOCH = 2 ** 21 - 1;
const TOKENS_IN_EPOCH = 2 ** 32;
const MAX_RACES = 16;
const HOUR_MS = 60 * 60 * 1000;
const FIRST_HOUR_MS = Date.UTC(2026, 0, 1);

interface EpochRecord {
  readonly v: 1;
  readonly epoch: number;
  readonly nonce: string;
}

export interface RaiseEpochOptions {
  /** The epoch of a store whose tokens must not return here: that from which the sessions were copied. */
  readonly above?: number;
  /** Milliseconds since 1970. Default: the clock. */
  readonly nowMs?: number;
}

/** 0 as long as it was never raised. Throws CORRUPT, or an error of the store. */
export async function readEpoch(store: Store): Promise<number> {
  return (await find(guardStore(store)))?.record.epoch ?? 0;
}

/**
 * To be called once after sessions were copied into a store or a backup was put back, before anybody takes a lease there. Leases that were
 * given before are refused with FENCED. Gives the new epoch. Throws CORRUPT, CONFLICT where others raise it again and again, or an error of the store.
 */
export async function raiseEpoch(
  store: Store,
  { above = 0, nowMs = Date.now() }: RaiseEpochOptions = {},
): Promise<number> {
  const guarded = guardStore(store);
  // One backup that is put back twice must not give the same epoch twice, and it remembers only its own.
  const hours = Math.floor((nowMs - FIRST_HOUR_MS) / HOUR_MS);
  for (let race = 0; race < MAX_RACES; race += 1) {
    const found = await find(guarded);
    const epoch = Math.max((found?.record.epoch ?? 0) + 1, above + 1, hours);
    if (!isEpoch(epoch)) throw new PspError('INVALID_INPUT', `epoch: expected at most ${MAX_EPOCH}, found ${epoch}`);
    const record: EpochRecord = { v: 1, epoch, nonce: randomUUID() };
    const body = Buffer.from(JSON.stringify(record));
    try {
      await guarded.put(EPOCH_KEY, body, found === undefined ? { absent: true } : { etag: found.etag });
      return epoch;
    } catch (error) {
      if (!(error instanceof PspError) || !['CONFLICT', 'OUTCOME_UNKNOWN'].includes(error.code)) throw error;
      if ((await find(guarded))?.record.nonce === record.nonce) return epoch;
    }
  }
  throw new PspError('CONFLICT', `${guarded.url}: the epoch is raised by others again and again`);
}

/** The token of a lease that comes after all of these. */
export function nextFence(epoch: number, ...seen: readonly number[]): number {
  return Math.max(epoch * TOKENS_IN_EPOCH, ...seen) + 1;
}

export const epochOf = (fence: number): number => Math.floor(fence / TOKENS_IN_EPOCH);

async function find(store: Store): Promise<{ etag: string; record: EpochRecord } | undefined> {
  const found = await store.get(EPOCH_KEY);
  return found && { etag: found.etag, record: parsed(found.body, store.url) };
}

function parsed(body: Uint8Array, url: string): EpochRecord {
  try {
    const { v, epoch, nonce } = JSON.parse(Buffer.from(body).toString('utf8')) as Record<string, unknown>;
    if (v === 1 && isEpoch(epoch) && typeof nonce === 'string') return { v, epoch, nonce };
  } catch {
    // Not JSON: reported below, as what is JSON but no epoch.
  }
  throw new PspError(
    'CORRUPT',
    `${url}: the value of ${EPOCH_KEY} is no epoch. Remove it, and raise the epoch above the last one`,
  );
}

const isEpoch = (epoch: unknown): epoch is number =>
  typeof epoch === 'number' && Number.isInteger(epoch) && epoch >= 0 && epoch <= MAX_EPOCH;
