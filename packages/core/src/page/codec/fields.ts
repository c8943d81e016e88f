/** Checks of node fields as they come off the wire. Every function throws WireError and names what it expected, never what it found. */
import { WireError } from './wire.js';

export function asList(field: unknown): unknown[] {
  if (!Array.isArray(field)) throw new WireError('expected a list');
  return field;
}

export function asPair(field: unknown): [unknown, unknown] {
  const list = asList(field);
  if (list.length !== 2) throw new WireError('expected a pair');
  return list as [unknown, unknown];
}

export function asString(field: unknown): string {
  if (typeof field !== 'string') throw new WireError('expected a string');
  return field;
}

export function asNumber(field: unknown): number {
  if (typeof field !== 'number') throw new WireError('expected a number');
  return field;
}

export function asCount(field: unknown): number {
  if (!Number.isSafeInteger(field) || (field as number) < 0) throw new WireError('expected an integer from 0');
  return field as number;
}

export function asObject(field: unknown): Record<string, unknown> {
  if (typeof field !== 'object' || field === null || Array.isArray(field)) throw new WireError('expected an object');
  return field as Record<string, unknown>;
}

/** The class of this browser that has the name, where `names` lists it. */
export function asClass<T>(field: unknown, names: readonly string[]): T {
  const name = asString(field);
  if (!names.includes(name)) throw new WireError('expected the name of a class that spec/values.md lists');
  const found = (globalThis as unknown as Record<string, T | undefined>)[name];
  if (found === undefined) throw new WireError(`this browser has no ${name}`);
  return found;
}
