/** A key source in a file: a JSON Web Key (RFC 7517) of 256 bits that only its owner may read. */
import { randomBytes } from 'node:crypto';
import { link, open, unlink, writeFile, type FileHandle } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { PspError } from '@psp/protocol';
import { calculateJwkThumbprint, generalDecrypt, type GeneralJWE } from 'jose';
import { configFolder, FolderError, makeFolders, type Environment } from '../folders.js';
import { openOwnSlot, sealOwnSlot } from './key-slot.js';
import type { KeySource } from './sealer.js';

const KEY_BYTES = 32;
const WRAPPING = 'A256KW';
const ENCRYPTION = 'A256GCM';

export interface KeySourceOptions {
  readonly env?: Environment;
  /** Wins over PSP_KEY_FILE. */
  readonly keyFile?: string;
  /** Called once, when a key is made, with one sentence for the user. */
  readonly onNotice?: (text: string) => void;
}

interface Key {
  readonly id: string;
  readonly bytes: Uint8Array;
}

/** The key file that is in use: `keyFile`, else PSP_KEY_FILE, else `psp/key.json` in the user's configuration folder. Reads nothing yet. */
export function openKeySource({ env = process.env, keyFile, onNotice }: KeySourceOptions = {}): KeySource {
  const path = keyFile ?? (env['PSP_KEY_FILE'] || join(configFolder(env), 'key.json'));
  return new KeyFile(resolve(path), onNotice);
}

class KeyFile implements KeySource {
  readonly description: string;
  readonly #path: string;
  readonly #onNotice: ((text: string) => void) | undefined;
  #key: Key | undefined;

  constructor(path: string, onNotice: ((text: string) => void) | undefined) {
    this.#path = path;
    this.#onNotice = onNotice;
    this.description = `key file ${path}`;
  }

  async keyId(): Promise<string | undefined> {
    return (await this.#read())?.id;
  }

  async ensureKey(): Promise<string> {
    const found = await this.#read();
    if (found !== undefined) return found.id;
    const made = await this.#create();
    const key = await this.#require();
    if (made) {
      this.#onNotice?.(
        `made the key file ${this.#path}: keep a copy in a safe place, for without it your stored sessions are lost.`,
      );
    }
    return key.id;
  }

  async wrap(dataKey: Uint8Array): Promise<GeneralJWE> {
    const key = await this.#require();
    return sealOwnSlot(dataKey, key.bytes, key.id);
  }

  async unwrap(slots: GeneralJWE): Promise<Uint8Array> {
    const key = await this.#require();
    const recipients = recipientsOf(slots);
    const own = recipients.filter(({ header }) => header?.kid === key.id);
    if (own.length === 0) {
      const sealed = recipients.map(({ header }) => String(header?.kid).slice(0, 60)).join(', ');
      throw new PspError(
        'KEY_MISMATCH',
        `sealed with the key ${sealed}, but ${this.description} holds the key ${key.id}`,
      );
    }
    const dataKey = await decrypt({ ...slots, recipients: own }, key.bytes);
    if (dataKey.length !== KEY_BYTES)
      throw new PspError('CORRUPT', `key slot: expected a key of ${KEY_BYTES} bytes, found ${dataKey.length}`);
    return dataKey;
  }

  async #require(): Promise<Key> {
    const key = await this.#read();
    if (key === undefined) throw new PspError('KEY_MISSING', `${this.description} does not exist`);
    return key;
  }

  async #read(): Promise<Key | undefined> {
    if (this.#key !== undefined) return this.#key;
    const file = await this.#open();
    if (file === undefined) return undefined;
    try {
      const { mode } = await file.stat();
      if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
        throw this.#invalid(`other users may read it. Run: chmod 600 '${this.#path}'`);
      }
      this.#key = await this.#parse(await file.readFile('utf8'));
      return this.#key;
    } catch (error) {
      throw error instanceof PspError ? error : this.#invalid('it cannot be read', error);
    } finally {
      await file.close();
    }
  }

  async #open(): Promise<FileHandle | undefined> {
    try {
      return await open(this.#path, 'r');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw this.#invalid(
        `it cannot be opened (${(error as NodeJS.ErrnoException).code}). Its owner can run: chmod 600 '${this.#path}'`,
        error,
      );
    }
  }

  /** The text is a secret: no part of it, and no error that quotes it, may leave. */
  async #parse(text: string): Promise<Key> {
    let jwk: { kty?: unknown; k?: unknown; kid?: unknown };
    try {
      jwk = Object(JSON.parse(text));
    } catch {
      throw this.#invalid('expected a JSON Web Key, found something that is not JSON');
    }
    if (jwk.kty !== 'oct' || typeof jwk.k !== 'string') throw this.#invalid('expected a JSON Web Key of type "oct"');
    const bytes = new Uint8Array(Buffer.from(jwk.k, 'base64url'));
    if (bytes.length !== KEY_BYTES)
      throw this.#invalid(`expected a key of ${KEY_BYTES * 8} bits, found ${bytes.length * 8}`);
    const id = await thumbprint(bytes);
    if (jwk.kid !== undefined && jwk.kid !== id)
      throw this.#invalid('its kid is not the thumbprint of its key, so one of them was changed');
    return { id, bytes };
  }

  /** Complete before it has its name, so that no process reads half a key. False when another process was first. */
  async #create(): Promise<boolean> {
    const bytes = randomBytes(KEY_BYTES);
    const jwk = { kty: 'oct', kid: await thumbprint(bytes), alg: WRAPPING, k: bytes.toString('base64url') };
    const temporary = `${this.#path}.${randomBytes(8).toString('hex')}`;
    try {
      await makeFolders(dirname(this.#path));
      const text = `${JSON.stringify(jwk, undefined, 2)}\n`;
      await writeFile(temporary, text, { flag: 'wx', mode: 0o600, flush: true });
      await link(temporary, this.#path);
      return true;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'EEXIST') return false;
      if (code === 'ENOSPC' || code === 'EDQUOT') {
        const why = `${this.description} cannot be made: no space is left (${code})`;
        throw new PspError('STORE_FULL', why, { cause: error });
      }
      if (error instanceof FolderError)
        throw this.#invalid(`it cannot be made: ${error.message}. Name another with PSP_KEY_FILE`, error);
      throw this.#invalid(
        `it cannot be made (${code}). Name another with PSP_KEY_FILE, or give this user the right to write there`,
        error,
      );
    } finally {
      await unlink(temporary).catch(() => undefined);
    }
  }

  #invalid(why: string, cause?: unknown): PspError {
    return new PspError('KEY_INVALID', `${this.description}: ${why}`, { cause });
  }
}

function recipientsOf(slots: GeneralJWE): GeneralJWE['recipients'] {
  const recipients: unknown = Object(slots).recipients;
  const valid =
    Array.isArray(recipients) &&
    recipients.length > 0 &&
    recipients.every((one) => typeof one === 'object' && one !== null);
  if (!valid) throw new PspError('CORRUPT', 'key slots: expected a JWE with recipients');
  return recipients;
}

async function decrypt(slots: GeneralJWE, key: Uint8Array): Promise<Uint8Array> {
  try {
    const plain = openOwnSlot(slots, key);
    if (plain !== undefined) return plain;
    const options = { keyManagementAlgorithms: [WRAPPING], contentEncryptionAlgorithms: [ENCRYPTION] };
    return (await generalDecrypt(slots, key, options)).plaintext;
  } catch (error) {
    // The key is good, so whatever fails here, the slot is the reason.
    throw new PspError('CORRUPT', 'key slot: it was changed since it was sealed', { cause: error });
  }
}

const thumbprint = (bytes: Uint8Array): Promise<string> =>
  calculateJwkThumbprint({ kty: 'oct', k: Buffer.from(bytes).toString('base64url') });
