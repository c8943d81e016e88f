/** One SQLite file, used by one call at a time. Knows nothing of what is in its tables. */
import { access, constants, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setImmediate as othersOfThisMoment, setTimeout as sleep } from 'node:timers/promises';
import { PspError } from '@psp/protocol';
import { makeFolders, missingFolders } from '../../folders.js';
import { storeError, systemCode } from '../fs/error.js';
import { syncFolder } from '../fs/scratch.js';
import type { SqlConnection, SqlDatabase, UseOptions } from '../sql/database.js';
import { SqliteConnection } from './connection.js';
import { loadEngine, type Engine } from './engine.js';
import { primaryCode, sqliteFailure } from './error.js';

/** So long SQLite waits for another process by itself, in which this one stands still. */
const LOCK_MS = 50;
/** So long it is tried again, from a pause to the next. */
const BUSY_MS = 30_000;
const POLL_MS = 5;
/** A commit is on the disk when it returns, also in the mode WAL, where that is not the default. */
const EACH_TIME = [`PRAGMA busy_timeout = ${LOCK_MS}`, 'PRAGMA foreign_keys = ON', 'PRAGMA synchronous = FULL'];

/** The store in a file that is not there. */
const NOTHING: SqlConnection = { rows: async () => [], change: async () => 0 };

/**
 * The last put to each file, by its path: two stores of one file in one process would find it locked by each other, and the one that
 * waits for the lock stands in the way of the other, since SQLite waits on the one thread of both.
 */
const puts = new Map<string, Promise<unknown>>();

type Work<T> = (connection: SqlConnection) => Promise<T>;

/** A put that waits for its turn. */
interface Waiting {
  readonly work: Work<unknown>;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

export class SqliteDatabase implements SqlDatabase {
  readonly #path: string;
  readonly #url: string;
  readonly #createTables: readonly string[];
  #turn: Promise<unknown> = Promise.resolve();
  #connection: SqliteConnection | undefined;
  #waiting: Waiting[] = [];

  constructor(path: string, url: string, createTables: readonly string[]) {
    this.#path = path;
    this.#url = url;
    this.#createTables = createTables;
  }

  /** In turn: on the one connection a second call would find itself within the transaction of the first. */
  async use<T>(work: Work<T>, { makes = false }: UseOptions = {}): Promise<T> {
    return makes ? this.#put(work) : this.#inTurn(() => this.#patiently(() => this.#useAlone(work, false)));
  }

  async close(): Promise<void> {
    await this.#turn;
    this.#connection?.engine.close();
    this.#connection = undefined;
  }

  /** Puts that come at the same time share one commit, for that is what takes long. Each learns its own outcome, after the commit. */
  #put<T>(work: Work<T>): Promise<T> {
    const result = new Promise<T>((resolve, reject) => {
      this.#waiting.push({ work, resolve: resolve as (value: unknown) => void, reject });
    });
    if (this.#waiting.length === 1) {
      void this.#inTurn(async () => {
        await othersOfThisMoment();
        await inTurnOf(this.#path, () => this.#putWaiting(this.#waiting.splice(0)));
      });
    }
    return result;
  }

  async #putWaiting(waiting: readonly Waiting[]): Promise<void> {
    if (waiting.length > 1 && (await this.#putTogether(waiting))) return;
    for (const { work, resolve, reject } of waiting)
      await this.#patiently(() => this.#useAlone(work, true)).then(resolve, reject);
  }

  /** False where nothing was done: then each is tried alone, and meets its own error. */
  async #putTogether(waiting: readonly Waiting[]): Promise<boolean> {
    let commits = false;
    try {
      const connection = (this.#connection ??= await this.#open(true)) as SqliteConnection;
      const results = await connection.asGroup(async () => {
        const each: unknown[] = [];
        for (const { work } of waiting) each.push(await work(connection));
        commits = true;
        return each;
      });
      for (const [index, { resolve }] of waiting.entries()) resolve(results[index]);
    } catch (error) {
      this.#connection?.rollBack();
      if (!commits) return false;
      // Whether a commit that failed was done may be unknown.
      for (const { reject } of waiting) reject(error);
    }
    return true;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined); // the caller of that turn learns of it
    return turn;
  }

  async #useAlone<T>(work: Work<T>, makes: boolean): Promise<T> {
    try {
      const connection = (this.#connection ??= await this.#open(makes));
      return await work(connection ?? NOTHING);
    } catch (error) {
      this.#connection?.rollBack();
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

  /** Undefined where there is no store and none is to be made. */
  async #open(makes: boolean): Promise<SqliteConnection | undefined> {
    if (!(await this.#isThere())) {
      if (!makes) return undefined;
      await this.#makeFile();
    }
    const engine = (await loadEngine()).open(this.#path);
    try {
      for (const text of EACH_TIME) engine.exec(text);
      if (makes) this.#makeTables(engine);
      if (hasTables(engine)) return new SqliteConnection(engine, this.#url);
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

/** After the puts of all stores of this process to the file. Readers need not wait: they see what was committed last. */
function inTurnOf<T>(path: string, work: () => Promise<T>): Promise<T> {
  const turn = (puts.get(path) ?? Promise.resolve()).then(work);
  const done = turn
    .catch(() => undefined) // the caller of that turn learns of it
    .finally(() => {
      if (puts.get(path) === done) puts.delete(path);
    });
  puts.set(path, done);
  return turn;
}

function hasTables(engine: Engine): boolean {
  return engine.prepare("SELECT 1 FROM sqlite_master WHERE name = 'psp_store_pieces'").all().length > 0;
}
