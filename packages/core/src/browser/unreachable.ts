/** The error of an address from which no document came. */
import { PspError } from '@psp/protocol';

/** `reason` must not quote the address, which may hold a secret. */
export function unreachable(reason: string): PspError {
  return new PspError('BROWSER_UNREACHABLE', `No document came from the address: ${reason}.`);
}
