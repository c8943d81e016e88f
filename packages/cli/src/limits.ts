/** The option by which a capture is told how much it may keep of a kind. */
import { checkedMaxBytes, LIMITED_KINDS, type MaxBytes } from '@psp/core';
import { PspError } from '@psp/protocol';
import type { OptionRow } from './command.js';

export const LIMIT_OPTION: OptionRow = {
  flags: '--max-bytes <kind=bytes>',
  description: `most bytes of a kind in one storage place: ${LIMITED_KINDS.join(', ')} (again for several)`,
  repeated: true,
};

/** Throws INVALID_INPUT naming the limit that is none. */
export function maxBytesOf(limits: readonly string[]): MaxBytes {
  const pairs = limits.map((text) => {
    const [, kind, bytes] = /^([^=]+)=(\d+)$/.exec(text) ?? [];
    if (kind !== undefined) return [kind, Number(bytes)] as const;
    const found = `found "${text.slice(0, 60)}"`;
    throw new PspError('INVALID_INPUT', `--max-bytes: expected a kind and bytes, as in indexedDB=50000000, ${found}.`);
  });
  return checkedMaxBytes(Object.fromEntries(pairs)) ?? {};
}
