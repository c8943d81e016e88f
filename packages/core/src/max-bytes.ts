/** The limits that a user sets on how much a capture keeps of a kind. Knows nothing of sessions. */
import { PspError } from '@psp/protocol';

/** The kinds that can be limited. */
export const LIMITED_KINDS = ['localStorage', 'sessionStorage', 'indexedDB', 'cache', 'file'] as const;
export type LimitedKind = (typeof LIMITED_KINDS)[number];

/** Most bytes of JSON, as stored, of each kind in one storage place; of sessionStorage in one tab and origin. Absent: no limit. */
export type MaxBytes = { readonly [kind in LimitedKind]?: number | undefined };

/** The value itself. Throws INVALID_INPUT naming the member that is no limit: `maxBytes.cache: ...`. */
export function checkedMaxBytes(maxBytes: MaxBytes | undefined): MaxBytes | undefined {
  if (maxBytes === undefined) return undefined;
  if (typeof maxBytes !== 'object' || maxBytes === null || Array.isArray(maxBytes))
    throw new PspError('INVALID_INPUT', 'maxBytes: expected an object of limits by kind.');
  for (const [kind, limit] of Object.entries(maxBytes) as [string, unknown][]) {
    const where = `maxBytes.${kind.slice(0, 40)}`;
    if (!LIMITED_KINDS.some((known) => known === kind))
      throw new PspError('INVALID_INPUT', `${where}: expected one of ${LIMITED_KINDS.join(', ')}.`);
    if (limit === undefined || (Number.isSafeInteger(limit) && (limit as number) > 0)) continue;
    const found = typeof limit === 'number' ? String(limit) : typeof limit;
    throw new PspError('INVALID_INPUT', `${where}: expected a positive integer of bytes, found ${found}.`);
  }
  return maxBytes;
}
