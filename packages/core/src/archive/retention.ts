/** Which versions of a session stay. Knows nothing of how they are removed. */
import { PspError } from '@psp/protocol';
import type { CommittedVersion } from './head.js';
import { startedAtMs } from './place.js';

/** So many versions of a session stay unless the caller says otherwise. */
export const KEPT_VERSIONS = 10;
/** The head lists its versions in a header of at most 64 KiB. */
const MAX_KEPT_VERSIONS = 200;
const DAY_MS = 24 * 60 * 60 * 1000;

/** What stays beside the newest version, which always does. Older versions go with the next save and with `gc`. */
export interface Keep {
  /** At most so many versions, the newest included: 1 to 200. Default 10. */
  readonly versions?: number;
  /** None that was saved longer ago than so many days. Default: however old. */
  readonly days?: number;
}

/** Throws INVALID_INPUT for what is no number to keep. */
export function checkedKeep({ versions = KEPT_VERSIONS, days }: Keep = {}): Keep {
  if (!Number.isInteger(versions) || versions < 1 || versions > MAX_KEPT_VERSIONS)
    throw new PspError('INVALID_INPUT', `keep.versions: expected 1 to ${MAX_KEPT_VERSIONS}, found ${String(versions)}`);
  if (days !== undefined && !(Number.isFinite(days) && days > 0))
    throw new PspError('INVALID_INPUT', `keep.days: expected more than 0, found ${String(days)}`);
  return days === undefined ? { versions } : { versions, days };
}

/** `versions` is that of a head, the newest first. */
export function retained(
  versions: readonly CommittedVersion[],
  { versions: count = KEPT_VERSIONS, days = Infinity }: Keep,
  nowMs: number,
): CommittedVersion[] {
  return versions.filter(
    ({ writeId }, index) => index === 0 || (index < count && nowMs - startedAtMs(writeId) <= days * DAY_MS),
  );
}
