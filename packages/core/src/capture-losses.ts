/** What a capture says of origins that it could not find or open. */
import type { Chooser, Loss, PspError } from '@psp/protocol';
import type { Discovery } from './browser/driver.js';
import { unopenedLoss } from './read-partitions.js';
import type { VisitablePlace } from './visit-place.js';

/** Where the choice names all origins that are wanted, no other can be missing. */
export function missingLosses({ missing }: Discovery, chooser: Chooser): Loss[] {
  return missing === undefined || chooser.origins !== undefined
    ? []
    : [{ code: 'origins-may-be-missing', kind: 'origin', detail: missing }];
}

export function placeLoss({ origin, partition }: VisitablePlace, cause: PspError): Loss {
  if (partition !== undefined) return unopenedLoss({ origin, partition }, cause);
  const code = cause.code === 'TIMEOUT' ? 'origin-timeout' : 'origin-failed';
  return { code, kind: 'origin', origin, detail: cause.message };
}
