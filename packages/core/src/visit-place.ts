/** A blank document in the storage of a place: an origin, or an origin below another site. Knows nothing of what is stored. */
import { PspError, type Loss, type PartitionKey } from '@psp/protocol';
import type { BrowserDriver, Frame, Tab } from './browser/driver.js';

export interface VisitablePlace {
  readonly origin: string;
  readonly partition?: PartitionKey | undefined;
}

/**
 * As `BrowserDriver.visitBlank`. Throws BROWSER_UNREACHABLE, with nothing visited, where the place is below another site and the driver
 * knows no such places: it would open the storage that the origin has for itself.
 */
export async function visitPlace(
  driver: BrowserDriver,
  tab: Tab,
  { origin, partition }: VisitablePlace,
  timeoutMs: number,
): Promise<Frame> {
  if (partition === undefined) return driver.visitBlank(tab, origin, { timeoutMs });
  checkPartition(driver, partition);
  return driver.visitBlank(tab, origin, { timeoutMs, partition });
}

/** Throws BROWSER_UNREACHABLE where the driver opens no frames below other sites. */
export function checkPartition({ features }: BrowserDriver, partition: PartitionKey | undefined): void {
  if (partition === undefined || features.partitionedStorage) return;
  throw new PspError('BROWSER_UNREACHABLE', 'This way into the browser opens no frames below other sites.');
}

/** The loss where the browser keeps no such place, as opposed to: it failed to open it this time. Else undefined. */
export function lossWithoutPartition(error: unknown, { origin, partition }: VisitablePlace): Loss | undefined {
  if (partition === undefined || !(error instanceof PspError) || error.code !== 'BROWSER_UNREACHABLE') return undefined;
  const item = `below ${partition.topLevelSite}`;
  return { code: 'partitioned-storage-not-restored', kind: 'origin', origin, item, detail: error.message };
}
