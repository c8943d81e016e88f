/** The head of a session: the one value whose compare-and-swap commits a save. A container whose header tells what is committed. */
import { createHash } from 'node:crypto';
import { PspError, type SessionMetadata } from '@psp/protocol';
import type { GeneralJWE } from 'jose';
import { readContainer, sealStream, type Container } from '../seal/container.js';
import type { KeySource } from '../seal/sealer.js';
import type { Store } from '../store/store.js';
import { collect } from './collect.js';
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
  /** Every save must show the fence of its lease. There are no leases yet. */
  readonly fence: number;
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
  for (let before: string | undefined; ;) {
    try {
      const found = await store.get(headKey(id));
      return found && { id, etag: found.etag, digest: sha256(found.body), bytes: found.body };
    } catch (error) {
      if (!(error instanceof PspError) || error.code !== 'CORRUPT') throw error;
      const etag = await listedEtag(store, headKey(id));
      if (etag === undefined) throw error;
      const lost = new PspError('CORRUPT', `head of session ${id}: ${error.message}`, { cause: error });
      // The same etag before and after: so it is the value of this etag that is damaged, and no later one.
      if (etag === before) return { id, etag, lost };
      before = etag;
    }
  }
}

/** The key itself comes before all others that begin with it. */
async function listedEtag(store: Store, key: string): Promise<string | undefined> {
  const [first] = (await store.list(key, { limit: 1 })).items;
  return first?.key === key ? first.etag : undefined;
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
