/** A pool of connections to MariaDB or MySQL. Knows nothing of tables. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool, PoolConnection, ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { loadPeer } from '../peer.js';
import type { SqlConnection, SqlDatabase, SqlValue } from '../sql/database.js';
import { codeOf, connectFailure, knownFailure } from '../sql/failure.js';
import { MYSQL_FAILURES } from './error.js';

const CONNECT_MS = 30_000;
/** A server that takes longer for one statement on 1 MiB does not answer any more, unless it waits for a lock: 50 s by default. */
const STATEMENT_MS = 60_000;
/** InnoDB sees one in every few creates and removals of one key at the same moment. */
const MAX_DEADLOCKS = 20;
/** Random, up to so much more each time: victims that come back at once meet again. */
const PAUSE_MS = 5;
/**
 * READ COMMITTED: InnoDB then locks the row of a key and no gap beside it, so that writers of different keys do not wait for each
 * other. A put needs no more, since its condition is in its statement. Without the strict mode a value that does not fit would be cut.
 */
const SESSION = "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, SESSION sql_mode = 'STRICT_ALL_TABLES'";

/** Where to connect to, and as whom. */
export interface MysqlLogin {
  readonly host: string;
  readonly port: number;
  readonly user?: string;
  readonly password?: string;
  readonly database?: string;
  readonly ssl?: { readonly rejectUnauthorized: true };
}

/** What the pool of mysql2 gives of a connection besides its typed face. */
interface RawConnection {
  readonly stream?: { ref?(): void; unref?(): void };
  query(text: string, done: () => void): void;
}

export class MysqlDatabase implements SqlDatabase {
  readonly #url: string;
  readonly #login: MysqlLogin;
  #pool: Promise<Pool> | undefined;

  /** `url` is for messages. */
  constructor(url: string, login: MysqlLogin) {
    this.#url = url;
    this.#login = login;
  }

  /** Who is chosen as the victim of a deadlock was rolled back whole, and says so: the same work again is no second put. */
  async use<T>(work: (connection: SqlConnection) => Promise<T>): Promise<T> {
    for (let deadlocks = 1; ; deadlocks += 1) {
      try {
        return await this.#useOnce(work);
      } catch (error) {
        const cause = error instanceof Error ? error.cause : undefined;
        if (codeOf(cause ?? {}) !== 'ER_LOCK_DEADLOCK' || deadlocks === MAX_DEADLOCKS) throw error;
        await sleep(Math.random() * PAUSE_MS * deadlocks);
      }
    }
  }

  async close(): Promise<void> {
    await (await this.#pool)?.end();
  }

  async #useOnce<T>(work: (connection: SqlConnection) => Promise<T>): Promise<T> {
    const connection = await this.#connect();
    try {
      const result = await work(this.#connection(connection));
      connection.release();
      return result;
    } catch (error) {
      // A transaction may be open on it, or an answer still under way.
      connection.destroy();
      throw error;
    }
  }

  async #connect(): Promise<PoolConnection> {
    this.#pool ??= openPool(this.#login).catch((error: unknown) => {
      this.#pool = undefined;
      throw error;
    });
    const pool = await this.#pool;
    try {
      return await pool.getConnection();
    } catch (error) {
      throw connectFailure(MYSQL_FAILURES, this.#url, error);
    }
  }

  #connection(connection: PoolConnection): SqlConnection {
    const fail = (error: unknown): unknown => knownFailure(MYSQL_FAILURES, this.#url, error) ?? error;
    const execute = async (sql: string, values: readonly SqlValue[]) => {
      try {
        // Prepared, since a statement with its values in its text would be twice as long. BEGIN and its like cannot be.
        const options = { sql, timeout: STATEMENT_MS };
        return values.length === 0
          ? await connection.query(options)
          : await connection.execute(options, [...values] as never);
      } catch (error) {
        throw fail(error);
      }
    };
    return {
      rows: async (text, values) => (await execute(text, values))[0] as RowDataPacket[],
      change: async (text, values) => {
        try {
          return ((await execute(text, values))[0] as ResultSetHeader).affectedRows;
        } catch (error) {
          if (codeOf(error) === 'ER_DUP_ENTRY') return 0;
          throw error;
        }
      },
    };
  }
}

async function openPool(login: MysqlLogin): Promise<Pool> {
  const { createPool } = await loadPeer('mysql2', () => import('mysql2/promise'));
  const pool = createPool({ ...login, connectTimeout: CONNECT_MS, enableKeepAlive: true, charset: 'utf8mb4' });
  const raw = (connection: unknown): RawConnection => connection as RawConnection;
  // It comes before the first statement. Where it fails so will that: the connection is broken.
  pool.on('connection', (connection) => raw(connection).query(SESSION, () => undefined));
  // Who forgets to close a store has a program that ends all the same.
  pool.on('release', (connection) => raw(connection).stream?.unref?.());
  pool.on('acquire', (connection) => raw(connection).stream?.ref?.());
  return pool;
}
