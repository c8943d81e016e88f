/**
 * A store in one SQLite file: `sqlite:relative/path`, `sqlite:/absolute/path` or `sqlite:///url`. Safe between processes of one
 * machine; not for network file systems, where SQLite's locks do not hold.
 */
import { resolve } from 'node:path';
import { SqliteDatabase } from './sqlite/database.js';
import { loadEngine } from './sqlite/engine.js';
import { DEFAULT_TABLE, statementsFor, type Dialect } from './sql/tables.js';
import { SqlValues } from './sql/values.js';
import type { Condition, ListPage, Store, StoredValue, StoreFact } from './store.js';

const DIALECT: Dialect = {
  keyType: 'TEXT',
  etagType: 'TEXT',
  blobType: 'BLOB',
  tableOptions: ' STRICT',
  quote: '"',
  readBody: 'body',
  orNothing: 'ON CONFLICT DO NOTHING',
};

export class SqliteStore implements Store {
  readonly url: string;
  readonly features = { persistent: true, watch: false } as const;
  readonly #database: SqliteDatabase;
  readonly #values: SqlValues;

  /** The first put makes the file, with the folders above it. */
  constructor(path: string) {
    const file = resolve(path);
    this.url = `sqlite:${file}`;
    const statements = statementsFor(DEFAULT_TABLE, DIALECT);
    this.#database = new SqliteDatabase(file, this.url, statements.createTables);
    this.#values = new SqlValues(this.url, this.#database, statements);
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

  probe(): Promise<void> {
    return this.#database.probe();
  }

  async facts(): Promise<readonly StoreFact[]> {
    const { name, open } = await loadEngine();
    const memory = open(':memory:');
    const [row] = memory.prepare('SELECT sqlite_version() AS version').all() as { version: string }[];
    memory.close();
    return [
      { name: 'server', value: `SQLite ${row?.version} by ${name}` },
      {
        name: 'durability',
        value: 'a put is on the disk when it is acknowledged: write-ahead log, synchronous = FULL',
      },
      {
        name: 'conditions',
        value: 'the condition is part of the statement that writes; several statements are one transaction',
      },
      { name: 'limits', value: 'processes of one machine, on a local disk; one writer at a time' },
    ];
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}
