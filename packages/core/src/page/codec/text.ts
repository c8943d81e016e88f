/** Strings between JavaScript, where a lone surrogate is legal, and JSON, where it is not portable (RFC 7493, section 2.1). */
import type { WireString } from '@psp/protocol';
import { fromBase64, toBase64 } from './base64.js';
import { WireError } from './wire.js';

const CHUNK = 0x2000;
const LONE_SURROGATE = /\p{Surrogate}/u;
const EACH_LONE_SURROGATE = /\p{Surrogate}/gu;

interface NativeWellFormed {
  isWellFormed?(): boolean;
}

const hasNative = typeof (String.prototype as NativeWellFormed).isWellFormed === 'function';

/** True when every surrogate is one of a pair. */
export const isWellFormed: (text: string) => boolean = hasNative
  ? (text) => (text as unknown as Required<NativeWellFormed>).isWellFormed()
  : (text) => !LONE_SURROGATE.test(text);

/** The text with U+FFFD for each lone surrogate, for names in reports. */
export const wellFormed = (text: string): string => text.replace(EACH_LONE_SURROGATE, '\uFFFD');

export function toWireString(text: string): WireString {
  return isWellFormed(text) ? text : { utf16: toBase64(utf16Bytes(text)) };
}

/** Throws WireError when `wire` is no WireString. */
export function fromWireString(wire: unknown): string {
  if (typeof wire === 'string') return wire;
  const utf16 = (wire as { utf16?: unknown } | null | undefined)?.utf16;
  if (typeof utf16 !== 'string') throw new WireError('expected a string');
  return utf16Text(fromBase64(utf16));
}

function utf16Bytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 2);
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    bytes[at * 2] = unit & 0xff;
    bytes[at * 2 + 1] = unit >> 8;
  }
  return bytes;
}

function utf16Text(bytes: Uint8Array): string {
  if (bytes.length % 2 !== 0) throw new WireError('expected an even number of bytes in utf16');
  const units = new Uint16Array(bytes.length / 2);
  for (let at = 0; at < units.length; at++) units[at] = bytes[at * 2]! | (bytes[at * 2 + 1]! << 8);
  let text = '';
  for (let at = 0; at < units.length; at += CHUNK) text += String.fromCharCode(...units.subarray(at, at + CHUNK));
  return text;
}
