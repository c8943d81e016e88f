/** Copies the parts and manifests that a head names, each read back and compared. Knows nothing of how heads stand to each other. */
import { PspError } from '@psp/protocol';
import type { Store } from '../store/store.js';
import type { ClearHead } from './clear-head.js';
import { sha256, type CommittedVersion } from './head.js';
import { allKeys } from './keys.js';
import { manifestKey, MANIFESTS, partKey, PARTS, partsPrefix, type WritePlace } from './place.js';

/** What was put into the target, or with `dryRun` what would be. */
export interface Tally {
  values: number;
  bytes: number;
}

/** Why a session stays as it is in the target: its outcome, not a failure of the copy. */
export class Obstacle extends Error {
  constructor(
    readonly status: 'newer' | 'conflict' | 'damaged' | 'unsaved',
    message: string,
  ) {
    super(message);
  }
}

interface Stores {
  readonly from: Store;
  readonly to: Store;
  readonly dryRun: boolean;
  /** Called before each put. */
  readonly beforePut: () => Promise<void>;
}

interface Heads {
  readonly source: ClearHead;
  readonly target: ClearHead | undefined;
}

interface Copied {
  readonly written: number;
  /** Keys that the head of the source names and the source does not have. */
  readonly lacking: readonly string[];
}

/** Versions the oldest first. Throws an Obstacle where the target has another value under a key. */
export async function copyValues(stores: Stores, { source, target }: Heads, tally: Tally): Promise<Copied> {
  if (source.versions.length === 0) return { written: 0, lacking: [] };
  const [here, there] = [await sizesOf(stores.from, source.id), await sizesOf(stores.to, source.id)];
  const lacking: string[] = [];
  const before = tally.values;
  for (const version of source.versions.toReversed()) {
    const place = { id: source.id, ...version };
    // What the target's own head names was compared when it was copied, or saved there: its size is enough.
    const isCommitted = target?.versions.some(({ writeId }) => writeId === version.writeId) ?? false;
    for (const key of keysOf(place, here)) {
      if (isCommitted && here.has(key) && here.get(key) === there.get(key)) continue;
      const size = { here: here.get(key), there: there.get(key) };
      if (!(await copyValue(stores, { key, version, size }, tally))) lacking.push(key);
    }
  }
  return { written: tally.values - before, lacking };
}

/** All that must be there: parts without a gap up to the last one that is, at least one, and the manifest. */
function keysOf(place: WritePlace, here: ReadonlyMap<string, number>): string[] {
  const prefix = partsPrefix(place);
  const numbers = [...here.keys()]
    .filter((key) => key.startsWith(prefix))
    .map((key) => Number(key.slice(prefix.length)));
  const last = numbers.reduce((highest, number) => Math.max(highest, number), 0);
  const parts = Array.from({ length: last + 1 }, (_, part) => partKey(place, part));
  return [...parts, manifestKey(place)];
}

interface Value {
  readonly key: string;
  readonly version: CommittedVersion;
  readonly size: { readonly here: number | undefined; readonly there: number | undefined };
}

/** False where the source does not have it. */
async function copyValue(
  { from, to, dryRun, beforePut }: Stores,
  { key, version, size }: Value,
  tally: Tally,
): Promise<boolean> {
  if (size.here === undefined) return false;
  if (dryRun && size.there !== undefined && size.there !== size.here) throw other(key);
  if (dryRun) {
    if (size.there === undefined) count(tally, size.here);
    return true;
  }
  const body = await readWhole(from, key);
  if (body === undefined) return false;
  if (key.startsWith(MANIFESTS) && sha256(body) !== version.manifest) return false;
  if (size.there === undefined) await beforePut();
  const failure = size.there === undefined ? await putNew(to, key, body) : undefined;
  const found = await to.get(key);
  if (found === undefined)
    throw failure ?? new PspError('STORE_UNAVAILABLE', `${to.url}: ${key} was written and is not there`);
  if (!Buffer.from(found.body).equals(body)) throw other(key);
  if (size.there === undefined && failure?.code !== 'CONFLICT') count(tally, body.byteLength);
  return true;
}

/** Undefined where it is missing or the store finds it damaged. */
async function readWhole(store: Store, key: string): Promise<Uint8Array | undefined> {
  try {
    return (await store.get(key))?.body;
  } catch (error) {
    if (error instanceof PspError && error.code === 'CORRUPT') return undefined;
    throw error;
  }
}

/** Gives what was thrown where the value may be there all the same: reading it back tells. */
async function putNew(store: Store, key: string, body: Uint8Array): Promise<PspError | undefined> {
  try {
    await store.put(key, body, { absent: true });
    return undefined;
  } catch (error) {
    if (error instanceof PspError && (error.code === 'CONFLICT' || error.code === 'OUTCOME_UNKNOWN')) return error;
    throw error;
  }
}

async function sizesOf(store: Store, id: string): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for (const prefix of [`${PARTS}${id}/`, `${MANIFESTS}${id}/`])
    for await (const { key, size } of allKeys(store, prefix)) sizes.set(key, size);
  return sizes;
}

export function count(tally: Tally, bytes: number): void {
  tally.values += 1;
  tally.bytes += bytes;
}

const other = (key: string): Obstacle => new Obstacle('conflict', `the target has something else as ${key}`);
