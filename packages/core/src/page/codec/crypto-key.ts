/** CryptoKey (Web Cryptography API, section 13). A key marked non-extractable cannot leave its browser, by design. */
import { fromBase64, toBase64 } from './base64.js';
import { asList, asObject, asString } from './fields.js';
import { keyPolicy } from './key-policy.js';
import type { Kind } from './kind.js';
import { type WireNode, WireError } from './wire.js';

/** More than any key of today takes as JSON. */
const ABOUT_BYTES = 4096;

type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

/** The algorithm as JSON; its bytes (the public exponent of RSA) as `{"bytes": base64}`. */
function writeAlgorithm(value: unknown): Json {
  if (ArrayBuffer.isView(value)) {
    return { bytes: toBase64(new Uint8Array(value.buffer, value.byteOffset, value.byteLength)) };
  }
  if (typeof value !== 'object' || value === null) return value as Json;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, writeAlgorithm(member)]));
}

function readAlgorithm(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const { bytes } = value as { bytes?: unknown };
  if (typeof bytes === 'string') return fromBase64(bytes);
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, readAlgorithm(member)]));
}

/** The last field of a key that pages are told to be non-extractable, and that a restore makes so. */
const NON_EXTRACTABLE = false;

async function exportKey(key: CryptoKey): Promise<WireNode> {
  const algorithm = writeAlgorithm(key.algorithm);
  const marks = keyPolicy.exportable && key.type !== 'public' ? [NON_EXTRACTABLE] : [];
  if (key.type === 'secret') {
    const raw = await crypto.subtle.exportKey('raw', key);
    return ['cryptokey', 'raw', toBase64(new Uint8Array(raw)), algorithm, [...key.usages], ...marks];
  }
  const jwk = await crypto.subtle.exportKey('jwk', key);
  return ['cryptokey', 'jwk', jwk, algorithm, [...key.usages], ...marks];
}

async function importKey([, format, data, algorithm, usages, mark]: WireNode): Promise<CryptoKey> {
  const subtle = (globalThis.crypto as Crypto | undefined)?.subtle;
  // Browsers give it to secure contexts only.
  if (subtle === undefined) throw new WireError('this page has no crypto.subtle');
  const how = readAlgorithm(asObject(algorithm)) as unknown as AlgorithmIdentifier;
  const uses = asList(usages) as KeyUsage[];
  const extractable = mark !== NON_EXTRACTABLE || keyPolicy.exportable;
  try {
    if (format === 'raw') return await subtle.importKey('raw', fromBase64(asString(data)), how, extractable, uses);
    if (format === 'jwk') return await subtle.importKey('jwk', asObject(data) as JsonWebKey, how, extractable, uses);
  } catch (error) {
    if (error instanceof WireError) throw error;
    throw new WireError('expected a key that this browser can import');
  }
  throw new WireError('expected the key format raw or jwk');
}

export const cryptoKeyKind: Kind = {
  classes: ['CryptoKey'],
  tags: ['cryptokey'],
  write(key: CryptoKey) {
    if (!key.extractable) throw new WireError('the key is marked non-extractable');
    return { bytes: ABOUT_BYTES, make: () => exportKey(key) };
  },
  read: importKey,
};
