/** Written once around every store: probe before first use, key and size checks, refusal after close, error mapping. */
import { PspError } from '@psp/protocol';
import { MAX_BODY_BYTES, type Condition, type Store, type StoreFact } from './store.js';

const MAX_KEY_BYTES = 512;
const MAX_SEGMENT_BYTES = 128;
const MAX_LIST_LIMIT = 1000;
const KEY = /^[a-z0-9-]+(?:\/[a-z0-9-]+)*$/;
const PREFIX = /^(?:[a-z0-9-]+\/)*[a-z0-9-]*$/;

const guarded = new WeakSet<Store>();

/** The store that the rest of PSP talks to. Guarding twice is the same as guarding once. */
export function guardStore(driver: Store): Store {
  if (guarded.has(driver)) return driver;
  const store = new GuardedStore(driver);
  guarded.add(store);
  return store;
}

/** Throws INVALID_INPUT unless the key may be used with a store. */
function checkKey(key: unknown): asserts key is string {
  const why = keyProblem(key);
  if (why !== undefined) throw new PspError('INVALID_INPUT', `store key ${shown(key)}: ${why}`);
}

function checkPrefix(prefix: unknown): asserts prefix is string {
  if (typeof prefix === 'string' && prefix.length <= MAX_KEY_BYTES && PREFIX.test(prefix)) return;
  throw new PspError('INVALID_INPUT', `store prefix ${shown(prefix)}: expected the beginning of a key`);
}

function keyProblem(key: unknown): string | undefined {
  if (typeof key !== 'string') return `expected a string, found ${typeof key}`;
  if (key.length > MAX_KEY_BYTES) return `at most ${MAX_KEY_BYTES} bytes, found ${key.length}`;
  if (!KEY.test(key)) return 'expected segments of a-z, 0-9 and "-", separated by single slashes';
  const long = key.split('/').find((segment) => segment.length > MAX_SEGMENT_BYTES);
  return long === undefined ? undefined : `a segment has at most ${MAX_SEGMENT_BYTES} bytes, found ${long.length}`;
}

/** Quoted, with control characters escaped, and cut: keys may come from anywhere. */
const shown = (key: unknown): string => (JSON.stringify(key) ?? typeof key).slice(0, 80);

class GuardedStore implements Store {
  readonly #driver: Store;
  #probed: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  constructor(driver: Store) {
    this.#driver = driver;
  }

  get url(): string {
    return this.#driver.url;
  }

  get features(): Store['features'] {
    return this.#driver.features;
  }

  async get(key: string): ReturnType<Store['get']> {
    checkKey(key);
    return this.#run('STORE_UNAVAILABLE', () => this.#driver.get(key));
  }

  async put(key: string, body: Uint8Array, condition: Condition): Promise<string> {
    checkKey(key);
    checkBody(key, body);
    checkCondition(key, condition);
    // Whether a put that failed for an unknown reason was applied is unknown too.
    return this.#run('OUTCOME_UNKNOWN', () => this.#driver.put(key, body, condition));
  }

  async list(prefix: string, options: { after?: string; limit: number }): ReturnType<Store['list']> {
    checkPrefix(prefix);
    if (options.after !== undefined) checkKey(options.after);
    const { limit } = options;
    if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIST_LIMIT) {
      throw new PspError('INVALID_INPUT', `list limit: expected 1 to ${MAX_LIST_LIMIT}, found ${String(limit)}`);
    }
    return this.#run('STORE_UNAVAILABLE', () => this.#driver.list(prefix, options));
  }

  async remove(key: string): Promise<void> {
    checkKey(key);
    return this.#run('OUTCOME_UNKNOWN', () => this.#driver.remove(key));
  }

  /** Once: callers at the same time share one probe. A failed probe is tried again by the next call. */
  async probe(): Promise<void> {
    this.#refuseClosed();
    this.#probed ??= this.#map('STORE_UNAVAILABLE', () => this.#driver.probe()).catch((error: unknown) => {
      this.#probed = undefined;
      throw error;
    });
    return this.#probed;
  }

  /** Not probed before: there may be nothing to probe yet. */
  async init(): Promise<void> {
    this.#refuseClosed();
    await this.#map('STORE_UNAVAILABLE', async () => this.#driver.init?.());
  }

  async facts(): Promise<readonly StoreFact[]> {
    return this.#run('STORE_UNAVAILABLE', async () => (await this.#driver.facts?.()) ?? []);
  }

  async watch(prefix: string, hint: () => void): Promise<() => Promise<void>> {
    checkPrefix(prefix);
    return this.#run('STORE_UNAVAILABLE', async () => {
      if (this.#driver.watch !== undefined) return this.#driver.watch(prefix, hint);
      throw new PspError('UNSUPPORTED', `${this.url}: this store tells of no changes`);
    });
  }

  /** Safe to call twice. */
  async close(): Promise<void> {
    this.#closed ??= this.#map('STORE_UNAVAILABLE', () => this.#driver.close());
    return this.#closed;
  }

  async #run<T>(otherwise: 'STORE_UNAVAILABLE' | 'OUTCOME_UNKNOWN', call: () => Promise<T>): Promise<T> {
    await this.probe();
    this.#refuseClosed();
    return this.#map(otherwise, call);
  }

  async #map<T>(otherwise: 'STORE_UNAVAILABLE' | 'OUTCOME_UNKNOWN', call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (error instanceof PspError) throw error;
      // Not the message: a driver's words may hold credentials. The cause has them.
      const { code, name } = error as { code?: unknown; name?: unknown };
      throw new PspError(otherwise, `${this.url}: the store failed (${String(code ?? name ?? typeof error)})`, {
        cause: error,
      });
    }
  }

  #refuseClosed(): void {
    if (this.#closed !== undefined)
      throw new PspError('STORE_UNAVAILABLE', `${this.url}: the store was closed. Open it again`);
  }
}

function checkBody(key: string, body: unknown): void {
  if (!(body instanceof Uint8Array)) throw new PspError('INVALID_INPUT', `store value of ${key}: expected bytes`);
  if (body.byteLength > MAX_BODY_BYTES) {
    throw new PspError('TOO_LARGE', `store value of ${key}: at most ${MAX_BODY_BYTES} bytes, found ${body.byteLength}`);
  }
}

function checkCondition(key: string, condition: unknown): void {
  const { absent, etag } = (condition ?? {}) as { absent?: unknown; etag?: unknown };
  const one =
    (absent === true && etag === undefined) || (absent === undefined && typeof etag === 'string' && etag !== '');
  if (!one) throw new PspError('INVALID_INPUT', `put of ${key}: expected the condition { absent: true } or { etag }`);
}
