/** Which storage a part of a session is: a bucket of a storage key (Storage, section 4). Knows nothing of what it holds. */
import type { Loss } from './schema/loss.js';
import type { OriginState, PartitionKey } from './schema/session.js';

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

/** Where a loss is: its `origin` may be as shown above, and an `item` may tell below which site. */
export function placeOfLoss({ origin, item = '' }: Pick<Loss, 'origin' | 'item'>): {
  origin?: string;
  partition?: PartitionKey;
} {
  const [own] = origin?.split(/,? /) ?? [];
  const topLevelSite = /^\S+ below ([^\s,]+)/.exec(origin ?? '')?.[1] ?? /^below (\S+)$/.exec(item)?.[1];
  return {
    ...(own === undefined ? {} : { origin: own }),
    ...(topLevelSite === undefined ? {} : { partition: { topLevelSite, hasCrossSiteAncestor: true } }),
  };
}
