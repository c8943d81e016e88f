/** Losses as the page names them. No message of a foreign error passes unless it is known to hold no value. */
import type { LossCode, WireString } from '@psp/protocol';
import { LostValueError, WireError } from './codec/wire.js';
import { fromWireString, wellFormed } from './codec/text.js';
import type { PageLoss } from './contract.js';

/** Another page holds what was asked for. */
export class BlockedError extends Error {
  override readonly name = 'BlockedError';
}

/** Characters of a name or key that a report shows. */
const MAX_LABEL = 120;

/** Builds a loss; `code` is checked against the table of codes. */
export function loss(code: LossCode, kind: PageLoss['kind'], rest: Omit<PageLoss, 'code' | 'kind'> = {}): PageLoss {
  return { code, kind, ...rest };
}

/** The loss of a whole database or store, from what was thrown. */
export function databaseLoss(error: unknown, item?: string): PageLoss {
  const code =
    error instanceof BlockedError ? 'database-blocked' : isDenied(error) ? 'storage-denied' : 'database-failed';
  return loss(code, 'indexedDB', { ...(item === undefined ? {} : { item }), detail: describe(error) });
}

/** The loss of a cache, a file or all of them, from what was thrown. */
export function depotLoss(kind: 'cache' | 'file', error: unknown, item?: string): PageLoss {
  const code = isDenied(error) ? 'storage-denied' : kind === 'cache' ? 'cache-failed' : 'file-failed';
  return loss(code, kind, { ...(item === undefined ? {} : { item }), detail: describe(error) });
}

export const isDenied = (error: unknown): boolean => error instanceof DOMException && error.name === 'SecurityError';

/**
 * Words for an error. Our own messages and those of DOMException name rules, not values; those of the engine (SyntaxError,
 * RangeError ...) may quote data, so only the class is told.
 */
export function describe(error: unknown): string {
  if (error instanceof DOMException) return wellFormed(`${error.name}: ${error.message}`);
  if (error instanceof BlockedError || error instanceof WireError || error instanceof LostValueError) {
    return error.message;
  }
  return error instanceof Error ? error.name : 'unknown error';
}

const shorten = (text: string): string => wellFormed(text.length > MAX_LABEL ? `${text.slice(0, MAX_LABEL)}...` : text);

/** A name of storage (an item, a database) for a report. */
export const label = (name: WireString): string => shorten(fromWireString(name));

/** Levels of a list key that a report shows. A malformed key may even hold itself. */
const MAX_LABEL_DEPTH = 4;

/** A key for a report. Binary keys only by their size. */
export function keyLabel(key: unknown, depth = 0): string {
  if (typeof key === 'string' || typeof key === 'number') return shorten(String(key));
  if (Array.isArray(key)) {
    const items = depth < MAX_LABEL_DEPTH ? [...key].map((item) => keyLabel(item, depth + 1)) : ['...'];
    return shorten(`[${items.join(', ')}]`);
  }
  if (key instanceof Date) return Number.isNaN(key.getTime()) ? '?' : key.toISOString();
  return key instanceof ArrayBuffer || ArrayBuffer.isView(key) ? `binary(${key.byteLength} bytes)` : '?';
}
