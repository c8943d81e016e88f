/** The head of a session: the one value whose compare-and-swap commits a save. A container whose header tells what is committed. */
import { createHash } from 'node:crypto';
import { PspError, type SessionMetadata } from '@psp/protocol';
import type { GeneralJWE } from 'jose';
import { readContainer, sealStream, type Container } from '../seal/container.js';
import type { KeySource } from '../seal/sealer.js';
import type { Store } from '../store/store.js';
import { collect } from './collect.js';
import { readValue } from './damaged.js';
import { headKey } from './place.js';

const MAX_METADATA_BYTES = 4 * 1024 * 1024;
const HEAD_FORMAT = 1;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** One version that can be opened. `manifest` is the SHA-256 of its manifest, in hexadecimal. */
export interface CommittedVersion {
  readonly version: number;
  readonly writeId: string;
  readonly manifest: string;
}

/** In clear, and authenticated. */
export interface HeadFields {
  readonly id: string;
  readonly version: number;
  /** Fresh with every write of the head. */
  readonly writeId: string;
  /** SHA-256 of the head before, in hexadecimal: a chain back to the first, or to one that could not be read. */
  readonly prev: string | null;
  /** Write ids of the heads before, the newest first: by them a head is known as an ancestor of a later one. Earlier versions of PSP wrote none. */
  readonly ancestors?: readonly string[];
  /** The highest fencing token that a lease of this session got, 0 before the first. A save under a lower one is refused. */
  readonly fence: number;
  /** The write that last changed what a user may change without a capture; absent before the first. */
  readonly named?: string;
  /** The newest first. */
  readonly versions: readonly CommittedVersion[];
  /** The data key of the session, wrapped for each key source. */
  readonly slots: GeneralJWE;
  /** Set on a tombstone. */
  readonly deletedAt?: string;
}

/** A head as it came from the store. Nothing in it is to be believed. */
export interface StoredHead {
  readonly id: string;
  readonly etag: string;
  readonly digest: string;
  readonly bytes: Uint8Array;
}

/** A head that the store knows to be damaged: it can be replaced, not read. */
export interface LostHead {
  readonly id: string;
  readonly etag: string;
  readonly lost: PspError;
}

/** A head whose seal was opened. `metadata` is undefined on a tombstone. */
export interface OpenHead extends HeadFields {
  readonly etag: string;
  readonly digest: string;
  readonly dataKey: Uint8Array;
  readonly metadata: SessionMetadata | undefined;
}

/** Throws errors of the store only. */
export async function readHead(store: Store, id: string): Promise<StoredHead | LostHead | undefined> {
  const found = await readValue(store, headKey(id));
  if (found === undefined) return undefined;
  if (!('lost' in found)) return { id, etag: found.etag, digest: sha256(found.body), bytes: found.body };
  const { etag, lost } = found;
  return { id, etag, lost: new PspError('CORRUPT', `head of session ${id}: ${lost.message}`, { cause: lost }) };
}

/** Throws CORRUPT, UNSUPPORTED_VERSION, or an error of the key source. */
export async function openHead(head: StoredHead, keys: KeySource): Promise<OpenHead> {
  const container = await readHeadContainer(head);
  const fields = container.header as unknown as HeadFields;
  const dataKey = await keys.unwrap(fields.slots).catch((error: unknown) => {
    throw error instanceof PspError
      ? new PspError(error.code, `session ${head.id}: ${error.message}`, { cause: error })
      : error;
  });
  const body = await collect(container.open(dataKey));
  const metadata = (JSON.parse(body.toString('utf8')) as SessionMetadata | null) ?? undefined;
  return { ...fields, etag: head.etag, digest: head.digest, dataKey, metadata };
}

/** What a head says of itself in clear. Not authenticated. Throws CORRUPT or UNSUPPORTED_VERSION. */
export async function headerOf(head: StoredHead): Promise<Readonly<Record<string, unknown>>> {
  return (await readHeadContainer(head)).header;
}

/** The ids of the keys that can open a head, as it says itself. */
export async function keyIdsOf(head: StoredHead): Promise<string[]> {
  const { slots } = (await readHeadContainer(head)).header as { slots?: { recipients?: unknown } };
  const recipients: unknown = slots?.recipients;
  if (!Array.isArray(recipients)) return [];
  return recipients.map((one: { header?: { kid?: unknown } } | null) => String(one?.header?.kid).slice(0, 60));
}

/** When the session was deleted, as its head says in clear; undefined for what is not a tombstone. Not authenticated. */
export async function deletedAtOf(head: StoredHead): Promise<string | undefined> {
  const { deletedAt } = (await readHeadContainer(head)).header;
  return typeof deletedAt === 'string' && TIME.test(deletedAt) ? deletedAt : undefined;
}

export async function sealHead(
  fields: HeadFields,
  dataKey: Uint8Array,
  metadata: SessionMetadata | undefined,
): Promise<Buffer> {
  const body = Buffer.from(JSON.stringify(metadata ?? null));
  return collect(sealStream({ v: HEAD_FORMAT, kind: 'head', ...fields }, dataKey, [body], 'none'));
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

async function readHeadContainer(head: StoredHead): Promise<Container> {
  const where = `head of session ${head.id}`;
  const options = { where, expect: { kind: 'head', id: head.id }, maxBytes: MAX_METADATA_BYTES };
  const container = await readContainer([head.bytes], options);
  const { v } = container.header;
  if (v !== HEAD_FORMAT)
    throw new PspError(
      'UNSUPPORTED_VERSION',
      `${where}: expected format ${HEAD_FORMAT}, found ${JSON.stringify(v)?.slice(0, 20)}`,
    );
  return container;
}
