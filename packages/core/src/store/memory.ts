/** A store in the memory of this process, for tests and for sessions that must not outlive it. */
import { randomUUID } from 'node:crypto';
import { PspError } from '@psp/protocol';
import type { Condition, ListPage, Store, StoredValue, StoreFact } from './store.js';

const shared = new Map<string, Map<string, StoredValue>>();

export class MemoryStore implements Store {
  readonly url: string;
  readonly features = { persistent: false, watch: false } as const;
  readonly #values: Map<string, StoredValue>;

  /** Stores of one name share their values for as long as the process lives; a store without a name is alone. */
  constructor(name?: string) {
    this.url = `memory:${name ?? ''}`;
    this.#values = (name === undefined ? undefined : shared.get(name)) ?? new Map();
    if (name !== undefined) shared.set(name, this.#values);
  }

  async get(key: string): Promise<StoredValue | undefined> {
    const value = this.#values.get(key);
    return value && { etag: value.etag, body: value.body.slice() };
  }

  async put(key: string, body: Uint8Array, condition: Condition): Promise<string> {
    const found = this.#values.get(key)?.etag;
    const wanted = 'etag' in condition ? condition.etag : undefined;
    if (found !== wanted) throw new PspError('CONFLICT', `${this.url}: ${key} was changed by somebody else`);
    const etag = randomUUID();
    this.#values.set(key, { etag, body: body.slice() });
    return etag;
  }

  async list(prefix: string, { after, limit }: { after?: string; limit: number }): Promise<ListPage> {
    const keys = [...this.#values.keys()]
      .filter((key) => key.startsWith(prefix) && (after === undefined || key > after))
      .toSorted((a, b) => (a < b ? -1 : 1));
    const items = keys.slice(0, limit).map((key) => {
      const { etag, body } = this.#values.get(key) as StoredValue;
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
