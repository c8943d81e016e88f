/** What a head says of itself in clear, and how two heads of one session stand to each other. Knows no key, so nothing in it is proven. */
import { isSessionId, PspError } from '@psp/protocol';
import { headerOf, type CommittedVersion, type StoredHead } from './head.js';

const DIGEST = /^[0-9a-f]{64}$/;

/** The part of a header that tells where a head comes from and what it commits. */
export interface ClearHead {
  readonly id: string;
  readonly digest: string;
  readonly writeId: string;
  readonly prev: string | null;
  /** Write ids of the heads before, the newest first; empty in heads of earlier versions of PSP. */
  readonly ancestors: readonly string[];
  readonly versions: readonly CommittedVersion[];
  readonly isDeleted: boolean;
  /** It stands for a session that was leased, and never saved. */
  readonly isReservation: boolean;
}

/** `older` and `newer` say of the first that it is an ancestor or a descendant of the second. */
export type Relation = 'same' | 'older' | 'newer' | 'unrelated';

/** Throws CORRUPT or UNSUPPORTED_VERSION. Keys are made of what it gives, so each member is checked. */
export async function readClearHead(head: StoredHead): Promise<ClearHead> {
  const { writeId, prev, ancestors = [], versions, deletedAt } = await headerOf(head);
  const good =
    isWriteId(writeId) &&
    (prev === null || isDigest(prev)) &&
    Array.isArray(ancestors) &&
    ancestors.every(isWriteId) &&
    Array.isArray(versions) &&
    versions.every(isVersion);
  if (!good) throw new PspError('CORRUPT', `head of session ${head.id}: its header is not that of a head`);
  const isDeleted = deletedAt !== undefined;
  const isReservation = !isDeleted && versions.length === 0;
  return { id: head.id, digest: head.digest, writeId, prev, ancestors, versions, isDeleted, isReservation };
}

/**
 * Two heads of one session. An ancestor is known by its digest (the one directly before), or by its write id, which is fresh with
 * every write of a head and stands in the later heads (PSP-COPY-2). Two tombstones say the same, whoever deleted first.
 */
export function relationOf(a: ClearHead, b: ClearHead): Relation {
  if (a.digest === b.digest || (a.isDeleted && b.isDeleted)) return 'same';
  if (descends(b, a)) return 'older';
  return descends(a, b) ? 'newer' : 'unrelated';
}

function descends(later: ClearHead, earlier: ClearHead): boolean {
  if (later.writeId === earlier.writeId) return false;
  return (
    later.prev === earlier.digest ||
    later.ancestors.includes(earlier.writeId) ||
    // A head that a save wrote has the write id of its version.
    later.versions.some(({ writeId }) => writeId === earlier.writeId)
  );
}

const isWriteId = (value: unknown): value is string => typeof value === 'string' && isSessionId(value);
const isDigest = (value: unknown): value is string => typeof value === 'string' && DIGEST.test(value);

function isVersion(value: unknown): value is CommittedVersion {
  const { version, writeId, manifest } = Object(value) as Record<string, unknown>;
  return Number.isSafeInteger(version) && Number(version) > 0 && isWriteId(writeId) && isDigest(manifest);
}
