/** CONTRACT of a key source: it wraps the data key of a session. The container and its segments are in container.ts. */
import type { GeneralJWE } from 'jose';

/**
 * A source of key-encryption keys (a key file today). One slot of the JWE (RFC 7516, General JSON) belongs to one source, so
 * a session can be opened by any of several.
 */
export interface KeySource {
  /** What it is, for messages, without secrets: `key file /home/me/.config/psp/key.json`. */
  readonly description: string;
  /** The id of the key (RFC 7638 thumbprint), or undefined while there is no key yet. */
  keyId(): Promise<string | undefined>;
  /** Makes the key if there is none. Throws KEY_INVALID when what is there cannot be used. */
  ensureKey(): Promise<string>;
  /** Wraps a 32 byte data key. Throws KEY_MISSING. */
  wrap(dataKey: Uint8Array): Promise<GeneralJWE>;
  /** Throws KEY_MISSING, KEY_MISMATCH (naming both key ids) or CORRUPT. */
  unwrap(slots: GeneralJWE): Promise<Uint8Array>;
}
