// @ts-check
/** The conditions of a request on an object: https://cloud.google.com/storage/docs/request-preconditions. */
import { failed, REASONS } from './replies.mjs';

/**
 * What the preconditions of a request say of the object that is there: a failure, or nothing.
 *
 * @param {URLSearchParams} query @param {import('./buckets.mjs').FakeObject | undefined} object @param {{ isRead?: boolean }} [how]
 */
export function refusal(query, object, { isRead = false } = {}) {
  const generation = object?.resource.generation ?? '0';
  const metageneration = object?.resource.metageneration ?? '0';
  const fits =
    (query.get('ifGenerationMatch') ?? generation) === generation &&
    (query.get('ifMetagenerationMatch') ?? metageneration) === metageneration;
  if (!fits) return failed(412, REASONS.condition);
  const isSame =
    query.get('ifGenerationNotMatch') === generation || query.get('ifMetagenerationNotMatch') === metageneration;
  if (!isSame) return undefined;
  return isRead ? { status: 304, headers: {}, body: Buffer.alloc(0) } : failed(412, REASONS.condition);
}
