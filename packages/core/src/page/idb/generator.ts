/**
 * Key generators (Indexed Database API 3.0, section 2.11). There is no call that tells or sets the position of one; both are done by
 * records that do not last.
 */
import { keepAlive, resultOf } from './request.js';

/** A generator gives no number above this one. */
const LAST_NUMBER = 2 ** 53;

/** The position of a generator that has given its last number: the next double above, since 2^53 + 1 is none. */
const EXHAUSTED = 2 ** 53 + 2;

/**
 * The number that the generator would give next. Adds a record: abort the transaction afterwards, which also puts the generator back.
 * The record is empty, so that it has no key in any index and cannot break a unique one.
 */
export async function peekGenerator(store: IDBObjectStore, timeoutMs: number): Promise<number> {
  try {
    return (await resultOf(store.add({}), timeoutMs)) as number;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'ConstraintError') return EXHAUSTED;
    throw error;
  }
}

/**
 * Moves the generator so that it gives `next`, unless it is beyond. A record with the number before is added and deleted; where one
 * stands already, the generator has passed it.
 */
export function setGenerator(store: IDBObjectStore, next: number): void {
  const number = Math.min(next - 1, LAST_NUMBER);
  if (number < 1) return;
  const { keyPath } = store;
  const request = keyPath === null ? store.add({}, number) : store.add(recordWithKey(keyPath as string, number));
  request.onsuccess = () => store.delete(number);
  request.onerror = (event) => {
    if (request.error?.name === 'ConstraintError') keepAlive(event);
  };
}

/** A record that holds nothing but the key at the end of the path ("a.b"). Generators allow no list of paths. */
function recordWithKey(keyPath: string, key: number): object {
  const record = {};
  let holder: object = record;
  const names = keyPath.split('.');
  for (const [at, name] of names.entries()) {
    const value = at === names.length - 1 ? key : {};
    // Defined, not assigned: a path may be "__proto__".
    Object.defineProperty(holder, name, { value, writable: true, enumerable: true, configurable: true });
    if (typeof value === 'object') holder = value;
  }
  return record;
}
