/** Reads and replaces the caches of the storage place (Service Workers, section 5). */
import type { IdbRecord, NameRules, WireString } from '@psp/protocol';
import { decodeValue } from '../codec/decode.js';
import { asObject } from '../codec/fields.js';
import { fromWireString, toWireString, wellFormed } from '../codec/text.js';
import { LostValueError, WireError } from '../codec/wire.js';
import type { PageLoss } from '../contract.js';
import { home } from '../home.js';
import { depotLoss, describe, isDenied, label, loss } from '../loss.js';
import { isTaken } from '../names.js';
import { alteration, type CacheEntry, entryLabel, entryOf, isOpaque, requestOf, responseOf } from './cache-entry.js';
import { type EntriesRead, nothingRead, type Pace } from './entries.js';

export interface CacheRead {
  readonly name: WireString;
  readonly read: EntriesRead<number>;
}

/** All caches, until the pace stops it; undefined where the browser has none. */
export async function readCaches(pace: Pace): Promise<CacheRead[] | undefined> {
  const { caches } = home();
  if (caches === undefined) return undefined;
  const found: CacheRead[] = [];
  for (const name of await caches.keys()) {
    const one = { name: toWireString(name), read: nothingRead<number>() };
    found.push(one);
    await readCache(caches, name, one.read, pace);
  }
  return found;
}

/** Goes on after the last entry. A cache that fails is a loss, and costs no other. */
export async function readCache(
  caches: CacheStorage,
  name: string,
  into: EntriesRead<number>,
  pace: Pace,
): Promise<void> {
  const called = label(toWireString(name));
  try {
    // Opening one that is gone by now would make it anew.
    if (!(await caches.has(name))) throw new DOMException('The cache is gone', 'NotFoundError');
    const cache = await caches.open(name);
    const requests = await cache.keys();
    for (let at = (into.after ?? -1) + 1; at < requests.length; at++) {
      const one = { cache, request: requests[at]!, at, item: entryLabel(called, requests[at]!.url) };
      if (!pace.begins() || !(await readEntry(one, into, pace))) return;
      into.after = at;
    }
  } catch (error) {
    pace.losses.push(depotLoss('cache', error, called));
  }
  into.hasMore = false;
}

interface One {
  readonly cache: Cache;
  readonly request: Request;
  readonly at: number;
  /** For losses. */
  readonly item: string;
}

/** False when the entry does not fit any more. One that fails is a loss, and costs no other. */
async function readEntry({ cache, request, at, item }: One, into: EntriesRead<number>, pace: Pace): Promise<boolean> {
  try {
    const response = await cache.match(request, { ignoreMethod: true });
    // Deleted by the site between the list and here.
    if (response === undefined) return true;
    if (isOpaque(response)) {
      pace.losses.push(loss('cache-entry-opaque', 'cache', { item }));
      return true;
    }
    // A Blob tells its size before its bytes are here.
    const blob = response.body === null ? undefined : await response.blob();
    if (blob !== undefined && pace.isBeyond(blob.size)) {
      pace.refuse('cache', item);
      return true;
    }
    if (!pace.fits(blob?.size ?? 0)) return false;
    const body = blob === undefined ? null : await blob.arrayBuffer();
    return pace.take(into, at, entryOf(request, response, body), 'cache', item);
  } catch (error) {
    pace.losses.push(depotLoss('cache', error, item));
    return true;
  }
}

/** Makes the caches that the rules take those of the names, empty and in their order. False, and a loss for each, where the browser has none. */
export async function loadCaches(names: readonly WireString[], rules: NameRules, losses: PageLoss[]): Promise<boolean> {
  const { caches } = home();
  if (caches === undefined) {
    for (const name of names) losses.push(loss('storage-missing', 'cache', { item: label(name) }));
    return false;
  }
  const wanted = names.map(fromWireString);
  try {
    const present = (await caches.keys()).filter((name) => isTaken(rules, [wellFormed(name)]));
    // Caches are searched in the order in which they were made, so that those of another order are made anew.
    const stay = present.filter((name) => wanted.includes(name));
    const fits = stay.every((name, at) => name === wanted[at]);
    for (const name of present) if (!fits || !wanted.includes(name)) await caches.delete(name);
    for (const name of wanted) await emptied(await caches.open(name));
    return true;
  } catch (error) {
    if (!isDenied(error) || names.length > 0) losses.push(depotLoss('cache', error));
    return false;
  }
}

async function emptied(cache: Cache): Promise<void> {
  for (const request of await cache.keys()) await cache.delete(request, { ignoreMethod: true, ignoreVary: true });
}

/** Adds entries one after the other, which is the order in which a search finds them. Gives how many. */
export async function putEntries(name: WireString, records: readonly unknown[], losses: PageLoss[]): Promise<number> {
  const called = label(name);
  let count = 0;
  const cache = await home().caches!.open(fromWireString(name));
  for (const record of records) {
    let entry: Partial<CacheEntry> = {};
    try {
      entry = asObject(await decodeValue((asObject(record) as Partial<IdbRecord>).value));
      const request = requestOf(entry);
      await cache.put(request, responseOf(entry));
      count += 1;
      const detail = alteration(entry, request);
      const item = entryLabel(called, entry.url);
      if (detail !== undefined) losses.push(loss('cache-entry-altered', 'cache', { item, detail }));
    } catch (error) {
      const code =
        error instanceof WireError || error instanceof LostValueError ? 'record-not-restored' : 'item-refused';
      losses.push(loss(code, 'cache', { item: entryLabel(called, entry.url), detail: describe(error) }));
    }
  }
  return count;
}
