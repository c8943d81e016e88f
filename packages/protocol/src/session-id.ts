/** Ids of sessions: UUID version 7 (RFC 9562, section 5.7), so that ids sort by the time at which they were made. */

/** What both Node and browsers have, named here because this package loads the types of neither. */
declare const crypto: { getRandomValues(bytes: Uint8Array): Uint8Array };

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** A new id: 48 bits of milliseconds since 1970, then 74 random bits. */
export function newSessionId(nowMs: number = Date.now()): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  for (let i = 0; i < 6; i++) bytes[i] = Math.floor(nowMs / 2 ** (8 * (5 - i))) & 0xff;
  bytes[6] = 0x70 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** True for what newSessionId gives, and for nothing that could mean something in a path. */
export function isSessionId(text: string): boolean {
  return ID.test(text);
}
