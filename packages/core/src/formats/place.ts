/** Reading foreign JSON: each check names the place, what it expected and what it found, never the value that it found. */
import { PspError } from '@psp/protocol';

export type JsonObject = Readonly<Record<string, unknown>>;

/** JSON nested deeper than this is refused before anything walks it. */
const MAX_DEPTH = 500;
const MAX_CHARACTERS = 256 * 1024 * 1024;

/** The error of one place. */
export function misplaced(place: string, expected: string, found: unknown): PspError {
  return new PspError('INVALID_DOCUMENT', `${place}: expected ${expected}, found ${kindOf(found)}`);
}

/** Throws INVALID_DOCUMENT for text that is not JSON, with the line, and for JSON that is nested too deeply. */
export function parseJson(text: string, format: string): unknown {
  refuseDepth(text, format);
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    // The engine's own message quotes the text around the fault, which may be a secret: so no cause, only the line.
    throw new PspError('INVALID_DOCUMENT', `${format}: expected JSON, found ${faultOf(text, error)}`);
  }
}

export function object(value: unknown, place: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw misplaced(place, 'object', value);
  return value as JsonObject;
}

export function array(value: unknown, place: string): readonly unknown[] {
  if (!Array.isArray(value)) throw misplaced(place, 'array', value);
  return value as unknown[];
}

export function string(value: unknown, place: string): string {
  if (typeof value !== 'string') throw misplaced(place, 'string', value);
  return value;
}

export function boolean(value: unknown, place: string): boolean {
  if (typeof value !== 'boolean') throw misplaced(place, 'boolean', value);
  return value;
}

export function number(value: unknown, place: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw misplaced(place, 'number', value);
  return value;
}

export function positiveInteger(value: unknown, place: string): number {
  if (!Number.isSafeInteger(value) || (value as number) < 1) throw misplaced(place, 'integer from 1', value);
  return value as number;
}

/** Absent stays absent; `null` counts as absent, as several tools write it. */
export function optional<T>(value: unknown, place: string, read: (value: unknown, place: string) => T): T | undefined {
  return value === undefined || value === null ? undefined : read(value, place);
}

/** One of the names of `table`, in any case; gives the table's value. */
export function oneOf<T>(value: unknown, place: string, table: Readonly<Record<string, T>>): T {
  const name = Object.keys(table).find((key) => key.toLowerCase() === string(value, place).toLowerCase());
  if (name === undefined) throw misplaced(place, Object.keys(table).join(' or '), value);
  return table[name] as T;
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'string' ? 'another string' : typeof value;
}

function refuseDepth(text: string, format: string): void {
  if (text.length > MAX_CHARACTERS)
    throw new PspError('TOO_LARGE', `${format}: the text has more than ${MAX_CHARACTERS} characters`);
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (quoted) {
      if (code === 0x5c) at += 1;
      else if (code === 0x22) quoted = false;
    } else if (code === 0x22) quoted = true;
    else if (code === 0x7b || code === 0x5b) depth += 1;
    else if (code === 0x7d || code === 0x5d) depth -= 1;
    if (depth > MAX_DEPTH) {
      throw new PspError('INVALID_DOCUMENT', `${format}: expected at most ${MAX_DEPTH} levels of nesting, found more`);
    }
  }
}

/** What is wrong with a text that JSON.parse refused with this error. */
export function faultOf(text: string, error: unknown): string {
  if (text.trim() === '') return 'an empty file';
  const position = /position (\d+)/.exec(String(error))?.[1];
  if (/Unexpected end/.test(String(error)) || Number(position) >= text.trimEnd().length)
    return 'JSON that is cut short';
  if (position === undefined) return 'text that is not JSON';
  return `a fault in line ${text.slice(0, Number(position)).split('\n').length}`;
}
