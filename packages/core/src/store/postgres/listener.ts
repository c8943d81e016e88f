/** Hints of changes by LISTEN and NOTIFY, over one connection that is opened again when it breaks. */
import type { Client } from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectFailure } from '../sql/failure.js';
import { importPg } from './database.js';
import { POSTGRES_FAILURES } from './error.js';

/** A connection that went silent is found dead some minutes later. */
const KEEP_ALIVE_MS = 30_000;
const CONNECT_MS = 30_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;

interface Watcher {
  readonly prefix: string;
  readonly hint: () => void;
}

export class PostgresListener {
  readonly #url: string;
  readonly #connectionString: string;
  readonly #channel: string;
  readonly #watchers = new Set<Watcher>();
  #client: Client | undefined;
  #starting: Promise<void> | undefined;
  #stopped: AbortController | undefined;

  constructor(url: string, connectionString: string, channel: string) {
    this.#url = url;
    this.#connectionString = connectionString;
    this.#channel = channel;
  }

  /** Resolves once changes are heard. Throws where the server cannot be reached; later it is tried again and again. */
  async watch(prefix: string, hint: () => void): Promise<() => Promise<void>> {
    const watcher = { prefix, hint };
    this.#watchers.add(watcher);
    try {
      await (this.#starting ??= this.#start());
    } catch (error) {
      this.#watchers.delete(watcher);
      this.#starting = undefined;
      throw connectFailure(POSTGRES_FAILURES, this.#url, error);
    }
    return async () => {
      this.#watchers.delete(watcher);
      if (this.#watchers.size === 0) await this.close();
    };
  }

  async close(): Promise<void> {
    this.#watchers.clear();
    this.#stopped?.abort();
    this.#starting = undefined;
    const client = this.#client;
    this.#client = undefined;
    await client?.end();
  }

  async #start(): Promise<void> {
    const stopped = new AbortController();
    this.#stopped = stopped;
    await this.#listen(stopped.signal);
  }

  async #listen(stopped: AbortSignal): Promise<void> {
    const { Client } = await importPg();
    const client = new Client({
      connectionString: this.#connectionString,
      connectionTimeoutMillis: CONNECT_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    });
    // 'end' follows, which is where it is opened again.
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query(`LISTEN "${this.#channel}"`);
    } catch (error) {
      await client.end().catch(() => undefined); // it may never have begun
      throw error;
    }
    if (stopped.aborted) return client.end();
    this.#client = client;
    client.on('notification', ({ payload = '' }) => this.#tell((prefix) => payload.startsWith(prefix)));
    client.once('end', () => void this.#again(stopped));
  }

  /** Opens the connection again. What happened meanwhile nobody knows, so everybody gets a hint. */
  async #again(stopped: AbortSignal): Promise<void> {
    for (let pauseMs = FIRST_PAUSE_MS; !stopped.aborted; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      try {
        await sleep(pauseMs, undefined, { signal: stopped });
        await this.#listen(stopped);
        return this.#tell(() => true);
      } catch {
        // Not yet there, or stopped meanwhile: the loop sees to both.
      }
    }
  }

  #tell(concerns: (prefix: string) => boolean): void {
    for (const { prefix, hint } of this.#watchers) if (concerns(prefix)) hint();
  }
}
