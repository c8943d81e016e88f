/** Base64 (RFC 4648, section 4) as documents hold it: standard alphabet, padded, nothing else. */

/** What both Node and browsers have, named here because this package loads the types of neither. */
declare const btoa: (bytes: string) => string;
declare const atob: (base64: string) => string;

/** A search for one bad character, not a match of the whole: a pattern with groups runs out of stack on long strings. */
const NOT_BASE64 = /[^A-Za-z0-9+/]/;

/** The number of bytes, or undefined when the text is not base64. */
export function base64Length(text: unknown): number | undefined {
  if (typeof text !== 'string' || text.length % 4 !== 0) return undefined;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  if (NOT_BASE64.test(text.slice(0, text.length - padding))) return undefined;
  return (text.length / 4) * 3 - padding;
}

const CHUNK = 0x8000;

export function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let i = 0; i < bytes.length; i += CHUNK) binary += String.fromCharCode(...bytes.subarray(i, i + CHUNK));
  return btoa(binary);
}

export function fromBase64(text: string): Uint8Array {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
