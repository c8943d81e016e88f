/** Origins as callers name them. */
import { PspError } from '@psp/protocol';

/** Throws INVALID_INPUT when it is not the address of an http or https origin. */
export function checkedOrigin(given: string): string {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new PspError(
      'INVALID_INPUT',
      `origins: expected an address such as https://app.example, found "${given.slice(0, 60)}".`,
    );
  }
  return url.origin;
}
