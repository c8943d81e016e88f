/**
 * A store in PostgreSQL: `postgres://user:password@host:port/database`, through the client `pg`. `?table=` names another table than
 * psp_store, `?durability=cache` accepts a server that acknowledges before it is on the disk; other parameters are the client's.
 */
import { PspError } from '@psp/protocol';
import { PostgresDatabase } from './postgres/database.js';
import { PostgresListener } from './postgres/listener.js';
import { parseSqlAddress, type SqlAddress } from './sql/address.js';
import type { SqlConnection, SqlRow } from './sql/database.js';
import { tableNames, statementsFor, type Dialect, type Statements } from './sql/tables.js';
import { SqlValues } from './sql/values.js';
import type { Condition, ListPage, Store, StoredValue, StoreFact } from './store.js';

const DIALECT: Dialect = {
  keyType: 'text COLLATE "C"',
  etagType: 'text COLLATE "C"',
  blobType: 'bytea',
  tableOptions: '',
  quote: '"',
  // The client takes text only. Bytes as they are would come as hexadecimal, which is half as long again and slower to read.
  readBody: "encode(body, 'base64')",
  orNothing: 'ON CONFLICT DO NOTHING',
};

export class PostgresStore implements Store {
  readonly url: string;
  readonly features = { persistent: true, watch: true } as const;
  readonly #address: SqlAddress;
  readonly #database: PostgresDatabase;
  readonly #listener: PostgresListener;
  readonly #statements: Statements;
  readonly #values: SqlValues;

  /** Connects at the first use. Throws INVALID_INPUT for an URL that is none. */
  constructor(url: string) {
    this.#address = parseSqlAddress(url, 'postgres');
    const { shown, client, table } = this.#address;
    this.url = shown;
    this.#database = new PostgresDatabase(shown, client.href);
    this.#listener = new PostgresListener(shown, client.href, table);
    this.#statements = withNotices(statementsFor(table, DIALECT), table);
    this.#values = new SqlValues(shown, this.#database, this.#statements);
  }

  get(key: string): Promise<StoredValue | undefined> {
    return this.#values.get(key);
  }

  put(key: string, body: Uint8Array, condition: Condition): Promise<string> {
    return this.#values.put(key, body, condition);
  }

  list(prefix: string, options: { after?: string; limit: number }): Promise<ListPage> {
    return this.#values.list(prefix, options);
  }

  remove(key: string): Promise<void> {
    return this.#values.remove(key);
  }

  async probe(): Promise<void> {
    const settings = await this.#settings();
    const { durability, table } = this.#address;
    for (const name of ['fsync', 'synchronous_commit']) {
      if (settings[name] !== 'off' || durability === 'cache') continue;
      throw new PspError(
        'UNSUPPORTED',
        `${this.url}: the server runs with ${name} = off, so what it acknowledged may be lost in a crash. Set it to on, ` +
          'or accept that with the parameter durability=cache',
      );
    }
    if (settings['tables'] === '2') return;
    throw new PspError(
      'STORE_MISSING',
      `${this.url}: the table ${table} is not there. Run: psp store init ${this.url}`,
    );
  }

  /** Makes the tables, and the database where it is missing. */
  async init(): Promise<void> {
    try {
      await this.#makeTables();
    } catch (error) {
      if (!(error instanceof PspError) || error.code !== 'STORE_MISSING') throw error;
      await this.#makeDatabase();
      await this.#makeTables();
    }
  }

  async facts(): Promise<readonly StoreFact[]> {
    const { server, fsync, synchronous_commit: commit, full_page_writes: pages } = await this.#settings();
    const settings = `fsync = ${fsync}, synchronous_commit = ${commit}, full_page_writes = ${pages}`;
    return [
      { name: 'server', value: `PostgreSQL ${server}` },
      { name: 'durability', value: `a put is committed when it is acknowledged; the server runs with ${settings}` },
      {
        name: 'conditions',
        value: 'the condition is part of the statement that writes; several statements are one transaction',
      },
      { name: 'limits', value: 'bodies above 1 MiB are kept in pieces of 1 MiB; hints of changes by NOTIFY' },
    ];
  }

  watch(prefix: string, hint: () => void): Promise<() => Promise<void>> {
    return this.#listener.watch(prefix, hint);
  }

  async close(): Promise<void> {
    await this.#listener.close();
    await this.#database.close();
  }

  async #settings(): Promise<SqlRow> {
    const { table } = this.#address;
    const names = { server: 'server_version', fsync: 'fsync', synchronous_commit: 'synchronous_commit' };
    const settings = Object.entries({ ...names, full_page_writes: 'full_page_writes' })
      // Without an error for a setting that a compatible server does not know.
      .map(([column, setting]) => `current_setting('${setting}', true) AS ${column}`)
      .join(', ');
    const found = tableNames(table).map((name) => `to_regclass('"${name}"')`);
    const tables = `num_nonnulls(${found.join(', ')})::text AS tables`;
    const [row = {}] = await this.#database.use((connection) => connection.rows(`SELECT ${settings}, ${tables}`, []));
    return row;
  }

  async #makeTables(): Promise<void> {
    const { table } = this.#address;
    await this.#database.use(async (connection: SqlConnection) => {
      await connection.change('BEGIN', []);
      // Two at once would both find no table. The lock goes with the transaction.
      await connection.rows(`SELECT pg_advisory_xact_lock(hashtext('${table}'))`, []);
      for (const text of this.#statements.createTables) await connection.change(text, []);
      for (const name of tableNames(table)) {
        // Sealed bodies do not compress, and are read whole.
        await connection.change(`ALTER TABLE "${name}" ALTER COLUMN body SET STORAGE EXTERNAL`, []);
      }
      await connection.change('COMMIT', []);
    });
  }

  async #makeDatabase(): Promise<void> {
    const { client } = this.#address;
    const name = decodeURIComponent(client.pathname.slice(1));
    const server = new URL(client);
    server.pathname = '/postgres';
    const database = new PostgresDatabase(this.url, server.href);
    try {
      const identifier = `"${name.replaceAll('"', '""')}"`;
      await database.use((connection) => connection.change(`CREATE DATABASE ${identifier}`, []));
    } catch (error) {
      // Somebody else was faster: duplicate_database, or a unique violation below it.
      if (!['42P04', '23505'].includes(String((error as { code?: unknown }).code))) throw error;
    } finally {
      await database.close();
    }
  }
}

/** Statements that also tell, with the commit, which key they changed. As many rows come back as were changed. */
function withNotices(statements: Statements, channel: string): Statements {
  const notify = (text: string): string =>
    `WITH changed AS (${text} RETURNING name) SELECT pg_notify('${channel}', name) FROM changed`;
  const { create, replace, replaceSingle, remove } = statements;
  return {
    ...statements,
    create: notify(create),
    replace: notify(replace),
    replaceSingle: notify(replaceSingle),
    remove: notify(remove),
  };
}
