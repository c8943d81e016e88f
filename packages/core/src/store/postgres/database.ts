/** A pool of connections to PostgreSQL. Knows nothing of tables. */
import type { Client, Pool, PoolClient } from 'pg';
import { PspError } from '@psp/protocol';
import { loadPeer } from '../peer.js';
import type { SqlConnection, SqlDatabase, SqlRow, SqlValue } from '../sql/database.js';
import { connectFailure, knownFailure } from '../sql/failure.js';
import { POSTGRES_FAILURES } from './error.js';

const CONNECT_MS = 30_000;
/** A server that takes longer for one statement on 1 MiB does not answer any more. */
const STATEMENT_MS = 60_000;

export class PostgresDatabase implements SqlDatabase {
  readonly #url: string;
  readonly #connectionString: string;
  #pool: Promise<Pool> | undefined;

  /** `url` is for messages; `connectionString` has what it takes to get in. */
  constructor(url: string, connectionString: string) {
    this.#url = url;
    this.#connectionString = connectionString;
  }

  async use<T>(work: (connection: SqlConnection) => Promise<T>): Promise<T> {
    const client = await this.#connect();
    try {
      const result = await work(this.#connection(client));
      client.release();
      return result;
    } catch (error) {
      // A transaction may be open on it, or an answer still under way.
      client.release(true);
      throw error;
    }
  }

  async close(): Promise<void> {
    await (await this.#pool)?.end();
  }

  async #connect(): Promise<PoolClient> {
    this.#pool ??= openPool(this.#connectionString).catch((error: unknown) => {
      this.#pool = undefined;
      throw error;
    });
    const pool = await this.#pool;
    try {
      return await pool.connect();
    } catch (error) {
      throw connectFailure(POSTGRES_FAILURES, this.#url, nameless(error));
    }
  }

  #connection(client: PoolClient): SqlConnection {
    const query = async (text: string, values: readonly SqlValue[]) => {
      try {
        return await client.query<SqlRow>(numbered(text), [...values]);
      } catch (error) {
        // A server that goes down as it says FATAL or PANIC may have written the commit.
        const isSettled = (error as { severity?: unknown }).severity === 'ERROR';
        throw (isSettled ? knownFailure(POSTGRES_FAILURES, this.#url, error) : undefined) ?? error;
      }
    };
    return {
      rows: async (text, values) => (await query(text, values)).rows,
      change: async (text, values) => (await query(text, values)).rowCount ?? 0,
    };
  }
}

async function openPool(connectionString: string): Promise<Pool> {
  const library = await importPg();
  const pool = new library.Pool({
    connectionString,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: STATEMENT_MS,
    keepAlive: true,
    // Who forgets to close a store has a program that ends all the same.
    allowExitOnIdle: true,
  });
  // Without these a server that goes away ends the process: the pool gives up the connection, and the next call opens another.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

export async function importPg(): Promise<{ Client: typeof Client; Pool: typeof Pool }> {
  return (await loadPeer('pg', () => import('pg'))).default;
}

/** The client's complaint that it has no password is an error without a code. */
function nameless(error: unknown): unknown {
  const isSasl = error instanceof Error && !(error instanceof PspError) && error.message.startsWith('SASL');
  return isSasl ? Object.assign(error, { code: 'SASL' }) : error;
}

/** `$1` for the first `?`. */
function numbered(text: string): string {
  let number = 0;
  return text.replaceAll('?', () => `$${(number += 1)}`);
}
