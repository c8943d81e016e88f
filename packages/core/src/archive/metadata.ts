/** The metadata of a session: what a head seals besides what is committed. */
import { PspError, type SessionMetadata } from '@psp/protocol';
import type { Manifest } from './payload-store.js';

const MAX_NAME_LENGTH = 200;
const MAX_TAG_LENGTH = 100;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;
/** Years have four digits (RFC 3339). */
const MAX_TIME_MS = Date.UTC(9999, 11, 31);
const LONE_SURROGATE = /\p{Surrogate}/u;

/** What a user may change without a capture. */
export interface Naming {
  readonly name?: string;
  readonly tags?: readonly string[];
  /** RFC 3339: from then on the session is gone. Null: it stays. */
  readonly keepUntil?: string | null;
}

/** Throws INVALID_INPUT. The limits are those of the schema of the metadata. */
export function checkNaming({ name, tags, keepUntil }: Naming): void {
  if (name !== undefined && !isText(name, 0, MAX_NAME_LENGTH)) {
    throw new PspError('INVALID_INPUT', `name: expected text of at most ${MAX_NAME_LENGTH} characters`);
  }
  if (tags !== undefined && !Array.isArray(tags))
    throw new PspError('INVALID_INPUT', `tags: expected a list, found ${typeof tags}`);
  const wrong = tags?.findIndex((tag) => !isText(tag, 1, MAX_TAG_LENGTH)) ?? -1;
  if (wrong >= 0)
    throw new PspError('INVALID_INPUT', `tags[${wrong}]: expected text of 1 to ${MAX_TAG_LENGTH} characters`);
  if (keepUntil === undefined || keepUntil === null) return;
  if (typeof keepUntil !== 'string' || !TIME.test(keepUntil) || Number.isNaN(Date.parse(keepUntil)))
    throw new PspError('INVALID_INPUT', 'keepUntil: expected a time such as 2026-12-31T00:00:00Z, or null');
}

/** What the naming leaves out stays as it is. */
export function renamed(metadata: SessionMetadata, { name, tags, keepUntil }: Naming): SessionMetadata {
  const { keepUntil: before, ...rest } = metadata;
  const until = keepUntil === undefined ? before : keepUntil === null ? undefined : new Date(keepUntil).toISOString();
  return {
    ...rest,
    name: name ?? metadata.name,
    tags: [...(tags ?? metadata.tags)],
    ...(until === undefined ? {} : { keepUntil: until }),
  };
}

/** Until when a session is kept that is saved for the first time now. Throws INVALID_INPUT for what is no time. */
export function keptUntil(keepForMs: number | undefined, nowMs: number): Pick<SessionMetadata, 'keepUntil'> {
  if (keepForMs === undefined) return {};
  if (!Number.isFinite(keepForMs) || keepForMs <= 0 || nowMs + keepForMs > MAX_TIME_MS)
    throw new PspError('INVALID_INPUT', `keepForMs: expected milliseconds, found ${String(keepForMs)}`);
  return { keepUntil: new Date(nowMs + keepForMs).toISOString() };
}

/** The metadata of one version. The naming is that of the session: an older version has no other. */
export function metadataOf(
  { id, name, tags, createdAt, keepUntil }: Pick<SessionMetadata, 'id' | 'name' | 'tags' | 'createdAt' | 'keepUntil'>,
  version: number,
  { capturedAt: _capturedAt, savedAt, parts: _parts, ...facts }: Manifest,
): SessionMetadata {
  const kept = keepUntil === undefined ? {} : { keepUntil };
  return { id, name, tags, version, createdAt, updatedAt: savedAt, ...facts, ...kept };
}

/** Characters are code points, as JSON Schema counts them. */
export function isText(value: unknown, min: number, max: number): boolean {
  if (typeof value !== 'string' || value.length > 2 * max || LONE_SURROGATE.test(value)) return false;
  const length = [...value].length;
  return length >= min && length <= max;
}
