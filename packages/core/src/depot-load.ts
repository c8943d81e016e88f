/** What a restore asks a page to make of caches, files, workers and buckets. Knows no browser. */
import { ORIGIN_KINDS, storageIdentity, type Chooser, type OriginState, type SessionDocument } from '@psp/protocol';
import type { DepotLoad } from './page/contract.js';

const keyOf = ({ bucket: _, ...key }: OriginState): string => storageIdentity(key);

/** Kinds that were not read, and those not chosen, stay as they are. Buckets that the session lacks go with the default bucket of their storage key. */
export function depotLoad(state: OriginState, { origins }: SessionDocument, chooser: Chooser): DepotLoad {
  const { caches, files, serviceWorkers, persisted, bucket } = state;
  const ofKey = origins.filter((each) => keyOf(each) === keyOf(state));
  // A bucket has several kinds in it.
  const isWhole = ORIGIN_KINDS.every((kind) => chooser.takesWhole(kind, state));
  return {
    ...(caches === undefined ? {} : { caches: caches.map(({ name }) => name) }),
    ...(files === undefined ? {} : { files: true }),
    ...(serviceWorkers === undefined ? {} : { serviceWorkers }),
    ...(persisted === undefined ? {} : { persisted }),
    ...(bucket === undefined && isWhole ? { buckets: ofKey.flatMap((each) => each.bucket?.name ?? []) } : {}),
  };
}
