/** One SQLite file, used by one call at a time. Knows nothing of what is in its tables. */
import { access, constants, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PspError } from '@psp/protocol';
import { makeFolders, missingFolders } from '../../folders.js';
import { storeError, systemCode } from '../fs/error.js';
import { syncFolder } from '../fs/scratch.js';
import type { SqlConnection, SqlDatabase, SqlRow, SqlValue, UseOptions } from '../sql/database.js';
import { loadEngine, type Engine } from './engine.js';
import { primaryCode, sqliteFailure } from './error.js';

/** So long SQLite waits for another process by itself, in which this one stands still. */
const LOCK_MS = 50;
/** So long it is tried again, from a pause to the next. */
const BUSY_MS = 30_000;
const POLL_MS = 5;
/** A commit is on the disk when it returns, also in the mode WAL, where that is not the default. */
const EACH_TIME = [`PRAGMA busy_timeout = ${LOCK_MS}`, 'PRAGMA foreign_keys = ON', 'PRAGMA synchronous = FULL'];

/** node:sqlite takes bytes that have no memory for NULL. */
const EMPTY = new Uint8Array(1).subarray(1);

/** The store in a file that is not there. */
const NOTHING: SqlConnection = { rows: async () => [], change: async () => 0 };

export class SqliteDatabase implements SqlDatabase {
  readonly #path: string;
  readonly #url: string;
  readonly #createTables: readonly string[];
  #engine: Engine | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(path: string, url: string, createTables: readonly string[]) {
    this.#path = path;
    this.#url = url;
    this.#createTables = createTables;
  }

  /** In turn: on the one connection a second call would find itself within the transaction of the first. */
  async use<T>(work: (connection: SqlConnection) => Promise<T>, { makes = false }: UseOptions = {}): Promise<T> {
    const turn = this.#turn.then(() => this.#patiently(() => this.#useAlone(work, makes)));
    this.#turn = turn.catch(() => undefined); // the caller of that turn learns of it
    return turn;
  }

  async close(): Promise<void> {
    await this.#turn;
    this.#engine?.close();
    this.#engine = undefined;
  }

  async #useAlone<T>(work: (connection: SqlConnection) => Promise<T>, makes: boolean): Promise<T> {
    try {
      const engine = (this.#engine ??= await this.#open(makes));
      return await work(engine === undefined ? NOTHING : this.#connection(engine));
    } catch (error) {
      this.#rollBack();
      throw sqliteFailure(this.#url, error) ?? error;
    }
  }

  /** SQLite refuses what finds the file locked before it changed anything, so the same again is no second put. */
  async #patiently<T>(work: () => Promise<T>): Promise<T> {
    const deadline = performance.now() + BUSY_MS;
    for (;;) {
      try {
        return await work();
      } catch (error) {
        const { cause } = error as { cause?: unknown };
        if (primaryCode(cause ?? {}) !== 'SQLITE_BUSY' || performance.now() > deadline) throw error;
        await sleep(POLL_MS * Math.random());
      }
    }
  }

  #connection(engine: Engine): SqlConnection {
    const run = <T>(text: string, use: (statement: ReturnType<Engine['prepare']>) => T): T => {
      try {
        return use(engine.prepare(text));
      } catch (error) {
        throw sqliteFailure(this.#url, error) ?? error;
      }
    };
    return {
      rows: async (text, values) => run(text, (statement) => statement.all(...values.map(bound)) as SqlRow[]),
      change: async (text, values) => {
        // A transaction takes its lock at once: one that had to wait for it later would be refused.
        const immediate = text === 'BEGIN' ? 'BEGIN IMMEDIATE' : text;
        return run(immediate, (statement) => Number(statement.run(...values.map(bound)).changes));
      },
    };
  }

  #rollBack(): void {
    try {
      this.#engine?.exec('ROLLBACK');
    } catch {
      // No transaction was open.
    }
  }

  /** Undefined where there is no store and none is to be made. */
  async #open(makes: boolean): Promise<Engine | undefined> {
    if (!(await this.#isThere())) {
      if (!makes) return undefined;
      await this.#makeFile();
    }
    const engine = (await loadEngine()).open(this.#path);
    try {
      for (const text of EACH_TIME) engine.exec(text);
      if (makes) this.#makeTables(engine);
      if (hasTables(engine)) return engine;
      engine.close();
      return undefined;
    } catch (error) {
      engine.close();
      throw error;
    }
  }

  /** Throws where the file, or the folder in which it would be made, is not for this user alone. */
  async #isThere(): Promise<boolean> {
    try {
      const { mode } = await stat(this.#path);
      if (process.platform !== 'win32' && (mode & 0o022) !== 0) {
        const words = `other users may write to it. Run: chmod 600 '${this.#path}'`;
        throw new PspError('STORE_DENIED', `${this.#url}: ${words}`);
      }
      await access(this.#path, constants.R_OK | constants.W_OK);
      return true;
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return false;
      throw storeError(error, this.#path);
    }
  }

  /** For its owner only, and so are the files that SQLite puts beside it. An empty file is an empty database. */
  async #makeFile(): Promise<void> {
    const folder = dirname(this.#path);
    try {
      const made = await missingFolders(folder);
      await makeFolders(folder);
      await (await open(this.#path, 'a', 0o600)).close();
      for (const path of [...made.map((one) => dirname(one)), folder]) await syncFolder(path);
    } catch (error) {
      throw storeError(error, folder);
    }
  }

  #makeTables(engine: Engine): void {
    engine.exec('PRAGMA journal_mode = WAL');
    for (const text of hasTables(engine) ? [] : ['BEGIN IMMEDIATE', ...this.#createTables, 'COMMIT']) engine.exec(text);
  }

  /** Looks whether a store is there or may be made, and makes none. */
  async probe(): Promise<void> {
    if (await this.#isThere()) {
      await this.use(async () => undefined);
      return;
    }
    const folder = dirname(this.#path);
    try {
      const [outermost] = await missingFolders(folder);
      const above = outermost === undefined ? folder : dirname(outermost);
      await access(above, constants.W_OK | constants.X_OK);
    } catch (error) {
      throw storeError(error, folder);
    }
  }
}

const bound = (value: SqlValue): SqlValue => (value instanceof Uint8Array && value.byteLength === 0 ? EMPTY : value);

function hasTables(engine: Engine): boolean {
  return engine.prepare("SELECT 1 FROM sqlite_master WHERE name = 'psp_store_pieces'").all().length > 0;
}
