/**
 * A store in an object store, written once over the clients of S3, Google Cloud Storage and Azure: what conditions need beside them.
 * Every object begins with 16 random bytes. So an etag that is a digest never returns, and a writer knows its own object again.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { PspError, type ErrorCode } from '@psp/protocol';
import { probeConditions } from '../probe.js';
import type { Condition, ListedItem, ListPage, Store, StoredValue, StoreFact } from '../store.js';
import { attempts } from './attempts.js';
import type { Failure, FoundObject, ListedObject, ObjectClient } from './client.js';
import { objectError } from './errors.js';

const NONCE_BYTES = 16;
const KEY = /^[a-z0-9-]+(?:\/[a-z0-9-]+)*$/;
const AGAIN: ReadonlySet<Failure> = new Set(['unknown', 'busy', 'race']);
const CONFLICTS: ReadonlySet<Failure> = new Set(['condition', 'absent', 'race']);
const PROBES = 'probe/';
const MAX_SWEPT = 100;
/** What a probe left that was killed. Another may be under way now, on a machine whose clock is off by hours. */
const STALE_PROBE_MS = 24 * 60 * 60 * 1000;

/** The stores, by URL, that were tried in this process and keep conditions, with the habits of their servers. */
const tried = new Map<string, string | undefined>();

export interface ObjectStoreOptions {
  /** Without credentials. */
  readonly url: string;
  /** Before every key: empty, or ending with a slash. */
  readonly prefix: string;
  /** What to do where credentials are refused, as a sentence. */
  readonly denied: string;
}

export class ObjectStore implements Store {
  readonly url: string;
  readonly features = { persistent: true, watch: false } as const;
  readonly #client: ObjectClient;
  readonly #options: ObjectStoreOptions;
  #proved: Promise<void> | undefined;

  constructor(client: ObjectClient, options: ObjectStoreOptions) {
    this.#client = client;
    this.#options = options;
    this.url = options.url;
  }

  async get(key: string): Promise<StoredValue | undefined> {
    const found = await this.#object(key);
    if (found === undefined) return undefined;
    const { etag, bytes } = found;
    if (bytes.byteLength >= NONCE_BYTES) return { etag, body: bytes.subarray(NONCE_BYTES) };
    throw new PspError('CORRUPT', `${this.url}: ${key} is cut short, or was not written by PSP`);
  }

  async put(key: string, body: Uint8Array, condition: Condition): Promise<string> {
    await this.#prove();
    return this.#put(key, body, condition);
  }

  async list(prefix: string, { after, limit }: { after?: string; limit: number }): Promise<ListPage> {
    const base = this.#options.prefix;
    const items: ListedItem[] = [];
    let last = after === undefined ? undefined : base + after;
    for (;;) {
      const page = await this.#run('STORE_UNAVAILABLE', () => this.#client.list(base + prefix, last, limit));
      for (const object of page.objects) {
        this.#checkOrder(last, object.name);
        last = object.name;
        const key = last.slice(base.length);
        if (!KEY.test(key)) continue; // of somebody else
        items.push({ key, etag: object.etag, size: Math.max(0, object.size - NONCE_BYTES) });
        const isLast = object === page.objects.at(-1) && !page.more;
        if (items.length === limit) return isLast ? { items } : { items, next: key };
      }
      if (!page.more) return { items };
    }
  }

  async remove(key: string): Promise<void> {
    await this.#run('OUTCOME_UNKNOWN', async () => {
      try {
        await this.#client.remove(this.#name(key));
      } catch (error) {
        if (this.#client.failureOf(error) !== 'absent') throw error;
      }
    });
  }

  /** Who may only read does so: the trial is for the first put to fail then. */
  async probe(): Promise<void> {
    await this.#sweepProbes();
    await this.#prove().catch((error: unknown) => {
      if (!(error instanceof PspError) || error.code !== 'STORE_DENIED') throw error;
    });
  }

  async init(): Promise<void> {
    if (await this.#isThere()) return;
    try {
      await this.#run('STORE_UNAVAILABLE', () => this.#client.makeBucket());
    } catch (error) {
      // Somebody else may have made it at the same moment, or an attempt of our own whose reply was lost.
      if (!(await this.#isThere())) throw error;
    }
  }

  async facts(): Promise<readonly StoreFact[]> {
    await this.#prove();
    return [
      { name: 'server', value: `${this.#client.server} at ${this.#client.endpoint}` },
      { name: 'durability', value: 'as the service acknowledges it; PSP adds nothing' },
      { name: 'conditions', value: 'native, tried with 16 concurrent creates and with stale and current etags' },
      { name: 'limits', value: 'no change events; removals have no condition' },
    ];
  }

  async close(): Promise<void> {
    this.#client.close();
  }

  #name(key: string): string {
    return this.#options.prefix + key;
  }

  async #object(key: string): Promise<FoundObject | undefined> {
    return this.#run('STORE_UNAVAILABLE', async () => {
      try {
        return await this.#client.get(this.#name(key));
      } catch (error) {
        if (this.#client.failureOf(error) === 'absent') return undefined;
        throw error;
      }
    });
  }

  /**
   * Repeats what may not have arrived: the condition lets only one attempt through. A condition that does not hold may be the trace
   * of an attempt of our own, or of a proxy that repeats by itself, so whose object it is decides.
   */
  async #put(key: string, body: Uint8Array, condition: Condition): Promise<string> {
    const nonce = randomBytes(NONCE_BYTES);
    const bytes = Buffer.concat([nonce, body]);
    let isOpen = false;
    const again = attempts();
    for (;;) {
      try {
        return await this.#client.put(this.#name(key), bytes, condition);
      } catch (error) {
        const failure = this.#client.failureOf(error);
        isOpen ||= failure === 'unknown';
        if (!AGAIN.has(failure) || !(await again())) return await this.#settle(key, nonce, { error, isOpen });
      }
    }
  }

  /** Gives the etag where the object is ours, throws what is known otherwise. `isOpen`: an attempt may have been applied. */
  async #settle(
    key: string,
    nonce: Uint8Array,
    { error, isOpen }: { error: unknown; isOpen: boolean },
  ): Promise<string> {
    const isRefused = CONFLICTS.has(this.#client.failureOf(error));
    if (!isOpen && !isRefused) throw this.#error(error, 'OUTCOME_UNKNOWN');
    const found = await this.#object(key).catch((cause: unknown) => {
      throw isOpen ? this.#unknown(key, cause) : cause;
    });
    if (found !== undefined && Buffer.compare(nonce, found.bytes.subarray(0, NONCE_BYTES)) === 0) return found.etag;
    if (isOpen) throw this.#unknown(key, error);
    throw new PspError('CONFLICT', `${this.url}: ${key} was changed by somebody else`, { cause: error });
  }

  /** Once, before the first put. A failure is tried again by the next. */
  #prove(): Promise<void> {
    this.#proved ??= this.#proveOnce().catch((error: unknown) => {
      this.#proved = undefined;
      throw error;
    });
    return this.#proved;
  }

  async #proveOnce(): Promise<void> {
    const habits = tried.get(this.url);
    if (habits !== undefined) this.#client.habits = habits;
    if (tried.has(this.url)) return;
    await this.#tryConditions();
    tried.set(this.url, this.#client.habits);
  }

  async #tryConditions(): Promise<void> {
    const put: Store['put'] = (key, body, condition) => this.#put(key, body, condition);
    await this.#learn();
    await probeConditions({
      url: this.url,
      features: this.features,
      put,
      get: (key) => this.get(key),
      list: (prefix, options) => this.list(prefix, options),
      remove: (key) => this.remove(key),
      probe: async () => undefined,
      close: async () => undefined,
    });
  }

  async #learn(): Promise<void> {
    const scratch = `${PROBES}${randomUUID()}`;
    try {
      await this.#run('OUTCOME_UNKNOWN', async () => this.#client.learn?.(this.#name(scratch)));
    } finally {
      if (this.#client.learn !== undefined) await this.remove(scratch);
    }
  }

  async #isThere(): Promise<boolean> {
    try {
      await this.#list();
      return true;
    } catch (error) {
      if (error instanceof PspError && error.code === 'STORE_MISSING') return false;
      throw error;
    }
  }

  async #sweepProbes(): Promise<void> {
    for (const { name, modifiedMs } of await this.#list()) {
      if (modifiedMs === undefined || modifiedMs > Date.now() - STALE_PROBE_MS) continue;
      // Who may only read leaves it to others.
      await this.#client.remove(name).catch(() => undefined);
    }
  }

  async #list(): Promise<readonly ListedObject[]> {
    const probes = this.#options.prefix + PROBES;
    return (await this.#run('STORE_UNAVAILABLE', () => this.#client.list(probes, undefined, MAX_SWEPT))).objects;
  }

  /** S3 directory buckets and Azure accounts with hierarchical namespaces list in another order: pages would skip keys. */
  #checkOrder(before: string | undefined, name: string): void {
    if (before === undefined || Buffer.compare(Buffer.from(before), Buffer.from(name)) < 0) return;
    throw new PspError('UNSUPPORTED', `${this.url}: ${this.#client.endpoint} does not list names in byte order`);
  }

  async #run<T>(otherwise: ErrorCode, call: () => Promise<T>): Promise<T> {
    const again = attempts();
    for (;;) {
      try {
        return await call();
      } catch (error) {
        const isFinal = error instanceof PspError || !AGAIN.has(this.#client.failureOf(error));
        if (isFinal || !(await again())) throw this.#error(error, otherwise);
      }
    }
  }

  #error(error: unknown, otherwise: ErrorCode): PspError {
    return objectError(error, this.#client, { url: this.url, denied: this.#options.denied, otherwise });
  }

  #unknown(key: string, cause: unknown): PspError {
    const text = `${this.url}: whether ${key} was written is not known, the replies were lost`;
    return new PspError('OUTCOME_UNKNOWN', text, { cause });
  }
}
