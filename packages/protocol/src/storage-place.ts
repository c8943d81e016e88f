/** Which storage a part of a session is: a bucket of a storage key (Storage, section 4). Knows nothing of what it holds. */
import type { OriginState } from './schema/session.js';

export type StoragePlace = Pick<OriginState, 'origin' | 'partition' | 'bucket'>;

/** Two places with the same identity are one. */
export function storageIdentity({ origin, partition, bucket }: StoragePlace): string {
  const below = partition === undefined ? null : [partition.topLevelSite, partition.hasCrossSiteAncestor];
  return JSON.stringify([origin, below, bucket?.name ?? null]);
}

/** For people: `https://pay.example below https://shop.example, bucket drafts`. */
export function showStoragePlace({ origin, partition, bucket }: StoragePlace): string {
  const below = partition === undefined ? '' : ` below ${partition.topLevelSite}`;
  return `${origin}${below}${bucket === undefined ? '' : `, bucket ${bucket.name}`}`;
}
