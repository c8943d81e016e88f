/**
 * The record of a lease: who holds it, and with which fencing token. A sealed container, so that somebody who can write to the store,
 * and has no key, can take a lease away but can give none, nor a fencing token, and does not learn who works here.
 */
import { PspError } from '@psp/protocol';
import type { GeneralJWE } from 'jose';
import { readContainer, sealStream } from '../seal/container.js';
import type { KeySource } from '../seal/sealer.js';
import type { Store } from '../store/store.js';
import { collect } from './collect.js';
import { readValue } from './damaged.js';
import { leaseKey } from './place.js';

const FORMAT = 1;
const MAX_BODY_BYTES = 4096;

/** In clear, and authenticated. */
export interface LeaseFields {
  readonly id: string;
  /** The fencing token. */
  readonly fence: number;
  /** Fresh with every write of the record, which is how a holder knows its own: a UUID version 7. */
  readonly nonce: string;
  readonly ttlMs: number;
  readonly released: boolean;
  readonly slots: GeneralJWE;
}

export interface LeaseContent extends LeaseFields {
  readonly dataKey: Uint8Array;
  /** For people. Sealed. */
  readonly holder: string;
}

export interface LeaseRecord extends LeaseContent {
  readonly etag: string;
}

/** A record that nobody can open was not written by a holder: it is no lease, and the next holder replaces it. */
export interface DamagedLease {
  readonly etag: string;
  readonly damaged: true;
}

/** Undefined where there is none. Throws errors of the store and of the key file, and UNSUPPORTED_VERSION. */
export async function readLease(
  store: Store,
  keys: KeySource,
  id: string,
): Promise<LeaseRecord | DamagedLease | undefined> {
  const found = await readValue(store, leaseKey(id));
  if (found === undefined) return undefined;
  const { etag } = found;
  if ('lost' in found) return { etag, damaged: true };
  try {
    return { ...(await openLease(found.body, keys, id)), etag };
  } catch (error) {
    if (error instanceof PspError && (error.code === 'CORRUPT' || error.code === 'KEY_MISMATCH'))
      return { etag, damaged: true };
    throw error;
  }
}

export async function sealLease({ dataKey, holder, ...fields }: LeaseContent): Promise<Buffer> {
  const { id, fence, nonce, ttlMs, released, slots } = fields;
  const header = { v: FORMAT, kind: 'lease', id, fence, nonce, ttlMs, released, slots };
  return collect(sealStream(header, dataKey, [Buffer.from(JSON.stringify({ holder }))], 'none'));
}

/** What a record says in clear. Not to be believed. Throws CORRUPT, UNSUPPORTED_VERSION. */
export async function leaseHeader(bytes: Uint8Array, id: string): Promise<LeaseFields> {
  return (await containerOf(bytes, id)).header as unknown as LeaseFields;
}

async function openLease(bytes: Uint8Array, keys: KeySource, id: string): Promise<LeaseContent> {
  const container = await containerOf(bytes, id);
  const { fence, nonce, ttlMs, released, slots } = container.header as unknown as LeaseFields;
  const dataKey = await keys.unwrap(slots);
  const { holder } = JSON.parse((await collect(container.open(dataKey))).toString('utf8')) as { holder: string };
  return { id, fence, nonce, ttlMs, released, slots, dataKey, holder };
}

async function containerOf(bytes: Uint8Array, id: string): ReturnType<typeof readContainer> {
  const where = `lease of session ${id}`;
  const container = await readContainer([bytes], { where, expect: { kind: 'lease', id }, maxBytes: MAX_BODY_BYTES });
  const { v } = container.header;
  if (v === FORMAT) return container;
  throw new PspError(
    'UNSUPPORTED_VERSION',
    `${where}: expected format ${FORMAT}, found ${JSON.stringify(v)?.slice(0, 20)}`,
  );
}
