/** Storage of frames below other sites, as a capture reads it: which frames stand for it, and what of it cannot be read. */
import { storageIdentity, type Loss, type PspError, type SessionDocument } from '@psp/protocol';
import type { BrowserDriver, Frame, PartitionedPlace } from './browser/driver.js';
import type { VisitablePlace } from './visit-place.js';

/** The name of a place among readings: the origin itself, where it is not below another site. */
export function placeKey({ origin, partition }: VisitablePlace): string {
  return partition === undefined ? origin : storageIdentity({ origin, partition });
}

/** Places below other sites that are open. */
export function openPlaces(frames: readonly Frame[]): PartitionedPlace[] {
  return frames.flatMap(({ origin, partition }) =>
    origin === undefined || partition === undefined ? [] : [{ origin, partition }],
  );
}

/** Places below other sites that a session has storage of. */
export function placesBelow({ origins }: SessionDocument): PartitionedPlace[] {
  const places = origins.filter(({ bucket }) => bucket === undefined);
  return places.flatMap(({ origin, partition }) => (partition === undefined ? [] : [{ origin, partition }]));
}

/** One frame of each place: its storage is shared by all frames of the origin at the same site of a tab. */
export function firstOfEachPlace(frames: readonly Frame[]): Frame[] {
  const seen = new Map<string, Frame>();
  for (const frame of frames) {
    const { origin, firstParty, partition } = frame;
    if (origin === undefined || (!firstParty && partition === undefined)) continue;
    const key = placeKey({ origin, partition });
    if (!seen.has(key)) seen.set(key, frame);
  }
  return [...seen.values()];
}

/** The frames of a tab whose storage this driver, or anybody, cannot read: each place once. */
export function unreadPlaces({ features }: BrowserDriver, frames: readonly Frame[]): Loss[] {
  const top = frames[0]?.origin;
  const unread = frames.filter(({ firstParty, partition }) => !firstParty && partition === undefined);
  const detail = features.partitionedStorage
    ? 'the frame has storage that goes away with it'
    : 'this way into the browser reads no storage of frames below other sites';
  const origins = new Set(unread.map(({ origin }) => origin).filter((origin) => origin !== undefined));
  return [...origins].map((origin): Loss => {
    const below = top === undefined ? {} : { item: `below ${top}` };
    return { code: 'partitioned-storage-not-read', kind: 'origin', origin, ...below, detail };
  });
}

/** A place that is not open, and that a blank document did not open either. */
export function unopenedLoss({ origin, partition }: PartitionedPlace, cause: PspError): Loss {
  const item = `below ${partition.topLevelSite}`;
  return { code: 'partitioned-storage-not-read', kind: 'origin', origin, item, detail: cause.message };
}

export function eachOnce(places: readonly PartitionedPlace[]): PartitionedPlace[] {
  return [...new Map(places.map((place) => [placeKey(place), place])).values()];
}
