/** JavaScript strings in JSON and back (spec/values.md, "Strings"). */
import { base64Length, fromBase64, toBase64 } from './base64.js';
import { expected, problem, refuse, unfit, type Problem } from './place.js';
import type { WireString } from './schema/value.js';

/** Well-formed strings stand for themselves, others as their UTF-16 code units [PSP-VAL-1]. */
export function toWireString(text: string): WireString {
  if (text.isWellFormed()) return text;
  const bytes = new Uint8Array(text.length * 2);
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    bytes[2 * i] = unit & 0xff;
    bytes[2 * i + 1] = unit >> 8;
  }
  return { utf16: toBase64(bytes) };
}

/** Throws PspError INVALID_DOCUMENT when the form is not one that toWireString gives. */
export function fromWireString(wire: WireString): string {
  if (typeof wire === 'string') return wire;
  refuse(wireStringProblem(wire), 'the string');
  return decodeUtf16(wire.utf16);
}

/** For people: what has no character is shown as U+FFFD. */
export function showWireString(wire: WireString): string {
  return fromWireString(wire).toWellFormed();
}

/** One string has one form, so that two forms never hide that a name stands twice. */
export function wireStringProblem(wire: unknown): Problem | undefined {
  if (typeof wire === 'string') return undefined;
  if (!isUtf16(wire)) return expected('string', wire);
  const length = base64Length(wire.utf16);
  if (length === undefined || length % 2 !== 0) return problem('expected base64 of UTF-16 code units', 'utf16');
  return decodeUtf16(wire.utf16).isWellFormed() ? unfit('a string with a lone surrogate', wire) : undefined;
}

function isUtf16(wire: unknown): wire is { utf16: string } {
  if (typeof wire !== 'object' || wire === null || Object.keys(wire).join() !== 'utf16') return false;
  return typeof (wire as { utf16: unknown }).utf16 === 'string';
}

function decodeUtf16(base64: string): string {
  const bytes = fromBase64(base64);
  let text = '';
  for (let i = 0; i < bytes.length; i += 2) text += String.fromCharCode(bytes[i]! | (bytes[i + 1]! << 8));
  return text;
}
