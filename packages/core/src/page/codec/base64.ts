/** Base64 (RFC 4648, section 4) of bytes, by the browser's own coder where it has one. */
import { WireError } from './wire.js';

/** Few enough arguments for `String.fromCharCode` in every engine. */
const CHUNK = 0x2000;

interface NativeBase64 {
  toBase64?(): string;
}
interface NativeBase64Constructor {
  fromBase64?(text: string): Uint8Array<ArrayBuffer>;
}

export function toBase64(bytes: Uint8Array): string {
  const native = bytes as NativeBase64;
  if (native.toBase64 !== undefined) return native.toBase64();
  let binary = '';
  for (let at = 0; at < bytes.length; at += CHUNK) {
    binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  }
  return btoa(binary);
}

/** Throws WireError when the text is not base64. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  try {
    const native = (Uint8Array as NativeBase64Constructor).fromBase64;
    if (native !== undefined) return native.call(Uint8Array, text);
    const binary = atob(text);
    const bytes = new Uint8Array(binary.length);
    for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
    return bytes;
  } catch {
    // The engine's own message may quote the text, which may be a secret.
    throw new WireError('expected base64');
  }
}
