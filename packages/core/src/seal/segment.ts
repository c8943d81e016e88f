/** One segment of a container: AES-256-GCM in the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015). */
import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';

export const SEGMENT_BYTES = 1024 * 1024;
export const TAG_BYTES = 16;
const KEY_BYTES = 32;
const INFO = 'psp1 segment';

/** Where a segment stands. `last` is part of the nonce, so that a stream cannot end early or go on. */
export interface SegmentPlace {
  readonly key: Uint8Array;
  readonly aad: Uint8Array;
  readonly index: number;
  readonly last: boolean;
}

/** HKDF-SHA-256 (RFC 5869): the data key itself never encrypts. */
export function segmentKey(dataKey: Uint8Array, salt: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', dataKey, salt, INFO, KEY_BYTES));
}

/** The ciphertext and its tag, apart: joining them would be a copy more. */
export function sealSegment(place: SegmentPlace, plain: Uint8Array): [sealed: Buffer, tag: Buffer] {
  const cipher = createCipheriv('aes-256-gcm', place.key, nonce(place), { authTagLength: TAG_BYTES });
  cipher.setAAD(place.aad);
  const sealed = cipher.update(plain);
  // GCM is a stream: nothing is left for the end.
  cipher.final();
  return [sealed, cipher.getAuthTag()];
}

/** Undefined when the segment is not the one that was sealed for this place. */
export function openSegment(place: SegmentPlace, sealed: Buffer): Buffer | undefined {
  if (sealed.length < TAG_BYTES) return undefined;
  // Without authTagLength Node takes tags of 4 bytes, which can be guessed.
  const decipher = createDecipheriv('aes-256-gcm', place.key, nonce(place), { authTagLength: TAG_BYTES });
  decipher.setAAD(place.aad);
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  const plain = decipher.update(sealed.subarray(0, sealed.length - TAG_BYTES));
  try {
    decipher.final();
    return plain;
  } catch {
    return undefined;
  }
}

/** 11 bytes of counter, 1 byte that says whether this is the last segment. */
function nonce({ index, last }: SegmentPlace): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32BE(index, 7);
  bytes[11] = last ? 1 : 0;
  return bytes;
}
