/**
 * Tells the values that JSON carries as they are (spec/values.md, "Plain trees"). Most records are such, so this walk and the
 * JSON.stringify that follows are all the work that they cost.
 */
import { isWellFormed } from './text.js';

/** Levels of objects and arrays in a plain tree. Other implementations parse it recursively. */
const MAX_DEPTH = 100;

const { getPrototypeOf, keys: ownKeys } = Object;
const objectPrototype = Object.prototype;
const isArray = Array.isArray;

/** True for a string, number, boolean or null that stands for itself in JSON. */
export function isPlainScalar(value: unknown): value is string | number | boolean | null {
  switch (typeof value) {
    case 'string':
      return isWellFormed(value);
    case 'number':
      return Number.isFinite(value) && (value !== 0 || 1 / value > 0);
    case 'boolean':
      return true;
    default:
      return value === null;
  }
}

/** True when the object is a plain tree. */
export const isPlainTree = (value: object): boolean => isTree(value, new Set(), 1);

function isTree(value: object, seen: Set<object>, depth: number): boolean {
  if (depth > MAX_DEPTH || seen.has(value)) return false;
  seen.add(value);
  return isArray(value) ? isPlainArray(value, seen, depth) : isPlainObject(value, seen, depth);
}

function isPlainObject(value: object, seen: Set<object>, depth: number): boolean {
  const prototype: unknown = getPrototypeOf(value);
  if (prototype !== objectPrototype && prototype !== null) return false;
  for (const key of ownKeys(value)) {
    if (key === '__proto__' || !isWellFormed(key)) return false;
    if (!isPlain((value as Record<string, unknown>)[key], seen, depth)) return false;
  }
  return true;
}

/** A hole reads as undefined, which is not plain, so that a long sparse array is left at its first hole. */
function isPlainArray(value: unknown[], seen: Set<object>, depth: number): boolean {
  for (let at = 0; at < value.length; at++) {
    if (!isPlain(value[at], seen, depth)) return false;
  }
  return ownKeys(value).length === value.length;
}

function isPlain(value: unknown, seen: Set<object>, depth: number): boolean {
  return typeof value === 'object' && value !== null ? isTree(value, seen, depth + 1) : isPlainScalar(value);
}
