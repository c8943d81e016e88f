/** A store in the memory of this process, for tests and for sessions that must not outlive it. */
import { randomUUID } from 'node:crypto';
import { PspError } from '@psp/protocol';
import type { Condition, ListPage, Store, StoredValue, StoreFact } from './store.js';

/** Values, and their keys in order. */
class Values {
  readonly byKey = new Map<string, StoredValue>();
  readonly sortedKeys: string[] = [];

  set(key: string, value: StoredValue): void {
    if (!this.byKey.has(key)) this.sortedKeys.splice(this.placeOf(key), 0, key);
    this.byKey.set(key, value);
  }

  delete(key: string): void {
    if (this.byKey.delete(key)) this.sortedKeys.splice(this.placeOf(key), 1);
  }

  /** How many keys come before it. */
  placeOf(key: string): number {
    let [from, to] = [0, this.sortedKeys.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((this.sortedKeys[middle] as string) < key) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

const shared = new Map<string, Values>();

export class MemoryStore implements Store {
  readonly url: string;
  readonly features = { persistent: false, watch: false } as const;
  readonly #values: Values;

  /** Stores of one name share their values for as long as the process lives; a store without a name is alone. */
  constructor(name?: string) {
    this.url = `memory:${name ?? ''}`;
    this.#values = (name === undefined ? undefined : shared.get(name)) ?? new Values();
    if (name !== undefined) shared.set(name, this.#values);
  }

  async get(key: string): Promise<StoredValue | undefined> {
    const value = this.#values.byKey.get(key);
    return value && { etag: value.etag, body: new Uint8Array(value.body) };
  }

  async put(key: string, body: Uint8Array, condition: Condition): Promise<string> {
    const found = this.#values.byKey.get(key)?.etag;
    const wanted = 'etag' in condition ? condition.etag : undefined;
    if (found !== wanted) throw new PspError('CONFLICT', `${this.url}: ${key} was changed by somebody else`);
    const etag = randomUUID();
    // A copy: `slice` of a Buffer would be none.
    this.#values.set(key, { etag, body: new Uint8Array(body) });
    return etag;
  }

  async list(prefix: string, { after, limit }: { after?: string; limit: number }): Promise<ListPage> {
    const { sortedKeys } = this.#values;
    const start = after === undefined || after < prefix ? prefix : after;
    let at = this.#values.placeOf(start);
    if (sortedKeys[at] === after) at += 1;
    const keys = sortedKeys.slice(at, at + limit + 1).filter((key) => key.startsWith(prefix));
    const items = keys.slice(0, limit).map((key) => {
      const { etag, body } = this.#values.byKey.get(key) as StoredValue;
      return { key, etag, size: body.byteLength };
    });
    const last = items.at(-1);
    return keys.length > limit && last ? { items, next: last.key } : { items };
  }

  async remove(key: string): Promise<void> {
    this.#values.delete(key);
  }

  async probe(): Promise<void> {}

  async facts(): Promise<readonly StoreFact[]> {
    return [
      { name: 'server', value: 'none: the memory of this process' },
      { name: 'durability', value: 'none: everything is gone when the process ends' },
      { name: 'conditions', value: 'one thread: nothing comes between a look and a put' },
    ];
  }

  async close(): Promise<void> {}
}
