/**
 * A store in MariaDB or MySQL: `mysql://user:password@host:port/database`, through the client `mysql2`. `?table=` names another table
 * than psp_store, `?ssl=true` asks for TLS, `?durability=cache` accepts a server that acknowledges before it is on the disk.
 */
import { PspError } from '@psp/protocol';
import { MysqlDatabase, type MysqlLogin } from './mysql/database.js';
import { invalid, parseSqlAddress, type SqlAddress } from './sql/address.js';
import type { SqlRow } from './sql/database.js';
import { PIECE_BYTES, tableNames, statementsFor, type Dialect, type Statements } from './sql/tables.js';
import { SqlValues } from './sql/values.js';
import type { Condition, ListPage, Store, StoredValue, StoreFact } from './store.js';

const PORT = 3306;
/** A piece and what stands around it. */
const MIN_PACKET_BYTES = 2 * PIECE_BYTES;

const DIALECT: Dialect = {
  keyType: 'VARBINARY(512)',
  etagType: 'VARBINARY(36)',
  blobType: 'MEDIUMBLOB',
  // Long bodies outside of the row, and keys of 512 bytes.
  tableOptions: ' ENGINE=InnoDB ROW_FORMAT=DYNAMIC',
  quote: '`',
  readBody: 'body',
  // INSERT IGNORE would ignore more than a key that stands already.
  orNothing: '',
};

/** What keeps a commit on the disk. The binary log counts where there is one: after a crash a commit that it lacks is undone. */
const DURABLE: readonly (readonly [name: string, wanted: string])[] = [
  ['innodb_flush_log_at_trx_commit', '1'],
  ['sync_binlog', '1'],
];

export class MysqlStore implements Store {
  readonly url: string;
  readonly features = { persistent: true, watch: false } as const;
  readonly #address: SqlAddress;
  readonly #login: MysqlLogin & { readonly database: string };
  readonly #database: MysqlDatabase;
  readonly #statements: Statements;
  readonly #values: SqlValues;

  /** Connects at the first use. Throws INVALID_INPUT for an URL that is none. */
  constructor(url: string) {
    this.#address = parseSqlAddress(url, 'mysql');
    this.#login = loginOf(this.#address.client);
    this.url = this.#address.shown;
    this.#database = new MysqlDatabase(this.url, this.#login);
    this.#statements = statementsFor(this.#address.table, DIALECT);
    this.#values = new SqlValues(this.url, this.#database, this.#statements);
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
    this.#checkDurability(settings);
    const packet = Number(settings['max_allowed_packet']);
    if (packet < MIN_PACKET_BYTES) {
      const words = `max_allowed_packet = ${packet}, which is too little for 1 MiB. Set it to ${MIN_PACKET_BYTES} or more`;
      throw new PspError('UNSUPPORTED', `${this.url}: the server runs with ${words}`);
    }
    const engines = await this.#engines();
    if (engines.length < 2) {
      const missing = `the table ${this.#address.table} is not there. Run: psp store init ${this.url}`;
      throw new PspError('STORE_MISSING', `${this.url}: ${missing}`);
    }
    if (engines.every((engine) => engine === 'InnoDB')) return;
    throw new PspError('UNSUPPORTED', `${this.url}: its tables need the engine InnoDB, found ${engines.join(' and ')}`);
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
    const settings = await this.#settings();
    const flush = `innodb_flush_log_at_trx_commit = ${settings['innodb_flush_log_at_trx_commit']}`;
    const binary = isOn(settings['log_bin']) ? `sync_binlog = ${settings['sync_binlog']}` : 'no binary log';
    const server = String(settings['server']);
    return [
      {
        name: 'server',
        value: server.includes('MariaDB') ? server.replace(/-MariaDB.*/, ' (MariaDB)') : `${server} (MySQL)`,
      },
      {
        name: 'durability',
        value: `a put is committed when it is acknowledged; the server runs with ${flush}, ${binary}`,
      },
      {
        name: 'conditions',
        value: 'the condition is part of the statement that writes; several statements are one transaction',
      },
      {
        name: 'limits',
        value: `bodies above 1 MiB are kept in pieces of 1 MiB; max_allowed_packet = ${settings['max_allowed_packet']}`,
      },
    ];
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  #checkDurability(settings: SqlRow): void {
    if (this.#address.durability === 'cache') return;
    for (const [name, wanted] of DURABLE) {
      const concerned = name !== 'sync_binlog' || isOn(settings['log_bin']);
      if (!concerned || String(settings[name]) === wanted) continue;
      throw new PspError(
        'UNSUPPORTED',
        `${this.url}: the server runs with ${name} = ${settings[name]}, so what it acknowledged may be lost in a crash. ` +
          `Set it to ${wanted}, or accept that with the parameter durability=cache`,
      );
    }
  }

  async #settings(): Promise<SqlRow> {
    const names = ['innodb_flush_log_at_trx_commit', 'log_bin', 'sync_binlog', 'max_allowed_packet'];
    const columns = names.map((name) => `@@global.${name} AS ${name}`).join(', ');
    const [row = {}] = await this.#database.use((connection) =>
      connection.rows(`SELECT VERSION() AS server, ${columns}`, []),
    );
    return row;
  }

  async #engines(): Promise<string[]> {
    const { table } = this.#address;
    const text =
      'SELECT engine AS engine FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name IN (?, ?)';
    const rows = await this.#database.use((connection) => connection.rows(text, tableNames(table)));
    return rows.map((row) => String(row['engine']));
  }

  async #makeTables(): Promise<void> {
    await this.#database.use(async (connection) => {
      for (const text of this.#statements.createTables) await connection.change(text, []);
    });
  }

  async #makeDatabase(): Promise<void> {
    const { database: name, ...server } = this.#login;
    const database = new MysqlDatabase(this.url, server);
    try {
      const identifier = `\`${name.replaceAll('`', '``')}\``;
      await database.use((connection) => connection.change(`CREATE DATABASE IF NOT EXISTS ${identifier}`, []));
    } finally {
      await database.close();
    }
  }
}

const isOn = (value: unknown): boolean => String(value) === '1' || String(value) === 'ON';

function loginOf(client: URL): MysqlLogin & { readonly database: string } {
  const [unknown] = [...client.searchParams.keys()].filter((name) => name !== 'ssl');
  if (unknown !== undefined) throw invalid('mysql', 'no parameters but table, ssl and durability');
  const ssl = client.searchParams.get('ssl') ?? 'false';
  if (ssl !== 'true' && ssl !== 'false') throw invalid('mysql', 'ssl= to be true or false');
  const [user, password, database] = [client.username, client.password, client.pathname.slice(1)].map(decoded);
  if (database === undefined) throw invalid('mysql', 'a database');
  return {
    host: client.hostname.replace(/^\[(.+)\]$/, '$1') || 'localhost',
    port: client.port === '' ? PORT : Number(client.port),
    database,
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    ...(ssl === 'true' ? { ssl: { rejectUnauthorized: true } } : {}),
  };
}

/** Nothing is absent. */
function decoded(text: string): string | undefined {
  if (text === '') return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    // No cause: the error may hold its input.
    throw invalid('mysql', 'special characters to be percent-encoded');
  }
}
