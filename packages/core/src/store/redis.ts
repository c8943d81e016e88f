/**
 * A store in Redis or Valkey: `redis://user:password@host:6379/0`, `rediss://` with TLS, through the client `redis`. `?prefix=` is what
 * the names of its keys begin with (`psp`), `?durability=cache` accepts a server that may lose what it acknowledged. One script a
 * write compares and sets; see redis/address.ts for what it keeps where.
 */
import { randomUUID } from 'node:crypto';
import { PspError } from '@psp/protocol';
import { namesOf, parseRedisAddress, type RedisAddress, type RedisNames } from './redis/address.js';
import { watchChanges } from './redis/changes.js';
import type { RedisTls } from './redis/connection.js';
import { RedisLink } from './redis/link.js';
import { PUT, REMOVE } from './redis/scripts.js';
import { askServer, factsOf, requirePromises } from './redis/server.js';
import {
  MAX_BODY_BYTES,
  type Condition,
  type ListPage,
  type Store,
  type StoredValue,
  type StoreFact,
} from './store.js';

/** Larger strings keep the server busy with one client for long. */
const PIECE_BYTES = 1024 * 1024;
const PIECES = Array.from({ length: MAX_BODY_BYTES / PIECE_BYTES }, (_, index) => String(index));
/** Behind every character of a key. */
const LAST = '\x7f';

export class RedisStore implements Store {
  readonly url: string;
  readonly features = { persistent: true, watch: true } as const;
  readonly #address: RedisAddress;
  readonly #names: RedisNames;
  readonly #link: RedisLink;
  readonly #watches = new Set<() => Promise<void>>();

  /** Connects at the first use. Throws INVALID_INPUT for a URL that is none. */
  constructor(url: string, tls?: RedisTls) {
    this.#address = parseRedisAddress(url);
    this.#names = namesOf(this.#address);
    this.#link = new RedisLink(this.#address, tls);
    this.url = this.#address.shown;
  }

  /**
   * Asks for the etag, then for the value. A write between the two shows as a difference, and cannot show as the same one again, since
   * etags do not return. (As one transaction it would be refused by a full server, reading though it is.)
   */
  async get(key: string): Promise<StoredValue | undefined> {
    for (let before: string | undefined; ;) {
      const { listed, etag, body } = await this.#read(key);
      if (listed === undefined) return undefined;
      if (etag === listed.etag && body.byteLength === listed.size) return { etag, body };
      const difference = `${listed.etag} ${etag}`;
      if (difference === before) throw new PspError('CORRUPT', `${this.url}: the value of ${key} is not what was put`);
      before = difference;
    }
  }

  async put(key: string, body: Uint8Array, condition: Condition): Promise<string> {
    const etag = randomUUID();
    const wanted = 'etag' in condition ? condition.etag : '';
    const args = [key, wanted, etag, String(body.byteLength), ...split(body)];
    const done = await this.#link.run(PUT, this.#keysOf(key), args);
    if (done === 1) return etag;
    throw new PspError('CONFLICT', `${this.url}: ${key} was changed by somebody else`);
  }

  /** Two steps, of which the second may lack what was removed meanwhile. */
  async list(prefix: string, { after, limit }: { after?: string; limit: number }): Promise<ListPage> {
    const from = after !== undefined && after >= prefix ? `(${after}` : `[${prefix}`;
    const range = ['ZRANGEBYLEX', this.#names.keys, from, `(${prefix}${LAST}`, 'LIMIT', '0', String(limit + 1)];
    const found = await this.#ask<Buffer[]>(range);
    const keys = found.slice(0, limit).map(String);
    if (keys.length === 0) return { items: [] };
    const entries = await this.#ask<(Buffer | null)[]>(['HMGET', this.#names.etags, ...keys]);
    const items = keys.flatMap((key, index) => {
      const entry = entries[index] ?? null;
      return entry === null ? [] : [{ key, ...entryOf(entry) }];
    });
    const last = keys.at(-1);
    return found.length > limit && last !== undefined ? { items, next: last } : { items };
  }

  async remove(key: string): Promise<void> {
    await this.#link.run(REMOVE, this.#keysOf(key), [key]);
  }

  async probe(): Promise<void> {
    requirePromises(this.#address, await this.#link.ask(askServer));
  }

  async facts(): Promise<readonly StoreFact[]> {
    return factsOf(this.#address, await this.#link.ask(askServer));
  }

  async watch(prefix: string, hint: () => void): Promise<() => Promise<void>> {
    const end = await watchChanges(this.#link, this.#names.changes, prefix, hint);
    const stop = async (): Promise<void> => {
      this.#watches.delete(stop);
      await end();
    };
    this.#watches.add(stop);
    return stop;
  }

  async close(): Promise<void> {
    await Promise.all(Array.from(this.#watches, (stop) => stop()));
    await this.#link.close();
  }

  async #read(key: string): Promise<{ listed: Entry | undefined; etag: string; body: Uint8Array }> {
    const [listed, [etag, ...pieces]] = await this.#link.ask(async (connection) => {
      const reply = await Promise.all([
        connection.send(['HGET', this.#names.etags, key]),
        connection.send(['HMGET', this.#names.value(key), 'etag', ...PIECES]),
      ]);
      return reply as [Buffer | null, (Buffer | null)[]];
    });
    const body = joined(pieces.filter((piece) => piece !== null));
    return { listed: listed === null ? undefined : entryOf(listed), etag: String(etag), body };
  }

  async #ask<T>(command: string[]): Promise<T> {
    return (await this.#link.ask((connection) => connection.send(command))) as T;
  }

  #keysOf(key: string): string[] {
    const { value, etags, keys, changes } = this.#names;
    return [value(key), etags, keys, changes];
  }
}

/** What is listed of a key. */
interface Entry {
  readonly etag: string;
  readonly size: number;
}

function entryOf(text: Buffer): Entry {
  const [etag = '', size] = text.toString().split(' ');
  return { etag, size: Number(size) };
}

function split(body: Uint8Array): Buffer[] {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const count = Math.ceil(bytes.byteLength / PIECE_BYTES);
  return PIECES.slice(0, count).map((_, index) => bytes.subarray(index * PIECE_BYTES, (index + 1) * PIECE_BYTES));
}

function joined(pieces: readonly Buffer[]): Uint8Array {
  const [first] = pieces;
  return first !== undefined && pieces.length === 1 ? first : Buffer.concat(pieces);
}
