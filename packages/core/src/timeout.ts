/** The check of every time limit that a caller gives. */
import { PspError } from '@psp/protocol';

/** Timers hold 2^31 - 1 ms and fire at once beyond it; some calls add seconds of slack to what the caller gave. */
const MAX_TIMEOUT_MS = 2_000_000_000;

/** The value itself, undefined included. Throws INVALID_INPUT for what a timer cannot wait for. `name` is for the message. */
export function checkedTimeout<T extends number | undefined>(value: T, name: string): T {
  if (value === undefined) return value;
  if (typeof value === 'number' && value >= 1 && value <= MAX_TIMEOUT_MS) return value;
  const found = typeof value === 'number' ? String(value) : typeof value;
  throw new PspError('INVALID_INPUT', `${name}: expected milliseconds from 1 to ${MAX_TIMEOUT_MS}, found ${found}.`);
}
