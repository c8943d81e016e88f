/** The metadata of a session: what a head seals besides what is committed. */
import { PspError, type SessionMetadata } from '@psp/protocol';
import type { Manifest } from './payload-store.js';

const MAX_NAME_LENGTH = 200;
const MAX_TAG_LENGTH = 100;
const LONE_SURROGATE = /\p{Surrogate}/u;

/** What a user may change without a capture. */
export interface Naming {
  readonly name?: string;
  readonly tags?: readonly string[];
}

/** Throws INVALID_INPUT. The limits are those of the schema of the metadata. */
export function checkNaming({ name, tags }: Naming): void {
  if (name !== undefined && !isText(name, 0, MAX_NAME_LENGTH)) {
    throw new PspError('INVALID_INPUT', `name: expected text of at most ${MAX_NAME_LENGTH} characters`);
  }
  if (tags !== undefined && !Array.isArray(tags))
    throw new PspError('INVALID_INPUT', `tags: expected a list, found ${typeof tags}`);
  const wrong = tags?.findIndex((tag) => !isText(tag, 1, MAX_TAG_LENGTH)) ?? -1;
  if (wrong >= 0)
    throw new PspError('INVALID_INPUT', `tags[${wrong}]: expected text of 1 to ${MAX_TAG_LENGTH} characters`);
}

/** The metadata of one version. The naming is that of the session: an older version has no other. */
export function metadataOf(
  { id, name, tags, createdAt }: Pick<SessionMetadata, 'id' | 'name' | 'tags' | 'createdAt'>,
  version: number,
  { capturedAt: _capturedAt, savedAt, parts: _parts, ...facts }: Manifest,
): SessionMetadata {
  return { id, name, tags, version, createdAt, updatedAt: savedAt, ...facts };
}

/** Characters are code points, as JSON Schema counts them. */
function isText(value: unknown, min: number, max: number): boolean {
  if (typeof value !== 'string' || value.length > 2 * max || LONE_SURROGATE.test(value)) return false;
  const length = [...value].length;
  return length >= min && length <= max;
}
