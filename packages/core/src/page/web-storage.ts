/** Reads and replaces localStorage and sessionStorage of the document's origin. */
import type { NameRules, StorageItem } from '@psp/protocol';
import { fromWireString, toWireString } from './codec/text.js';
import type { PageLoss } from './contract.js';
import { describe, isDenied, label, loss } from './loss.js';
import { isTaken } from './names.js';

export type StorageKind = 'localStorage' | 'sessionStorage';

/** The storage, or undefined with a loss where the browser denies it (opaque origin, blocked third party). */
function open(kind: StorageKind, losses: PageLoss[]): Storage | undefined {
  try {
    const storage = globalThis[kind] as Storage | null;
    if (storage !== null) return storage;
    losses.push(loss('storage-denied', kind));
  } catch (error) {
    if (!isDenied(error)) throw error;
    losses.push(loss('storage-denied', kind, { detail: describe(error) }));
  }
  return undefined;
}

/** By index: `Object.keys` leaves out an item named "length", and a property read finds the methods. */
function namesOf(storage: Storage): string[] {
  return Array.from({ length: storage.length }, (_, at) => storage.key(at)).filter((name) => name !== null);
}

/** All items, or undefined (and a loss) where the browser denies the storage. */
export function readStorage(kind: StorageKind, losses: PageLoss[]): StorageItem[] | undefined {
  const storage = open(kind, losses);
  if (storage === undefined) return undefined;
  return namesOf(storage).flatMap((name) => {
    const value = storage.getItem(name);
    return value === null ? [] : [{ name: toWireString(name), value: toWireString(value) }];
  });
}

/**
 * Makes the storage hold exactly `items`, beside those whose names `rules` do not take. Items that stand already are left alone,
 * so that no storage event fires for them.
 */
export function writeStorage(
  kind: StorageKind,
  items: readonly StorageItem[],
  rules: NameRules,
  losses: PageLoss[],
): void {
  const storage = open(kind, losses);
  if (storage === undefined) return;
  const wanted = new Map(items.map(({ name, value }) => [fromWireString(name), fromWireString(value)]));
  for (const name of namesOf(storage)) if (!wanted.has(name) && isTaken(rules, [name])) storage.removeItem(name);
  for (const [name, value] of wanted) {
    if (storage.getItem(name) === value) continue;
    try {
      storage.setItem(name, value);
    } catch (error) {
      // A stale value must not pass for the restored one.
      storage.removeItem(name);
      losses.push(loss('item-refused', kind, { item: label(toWireString(name)), detail: describe(error) }));
    }
  }
}
