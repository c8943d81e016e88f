/** Statements on an open SQLite file. The engine is synchronous: what takes long lets others of this process have their turn in between. */
import { setImmediate as others } from 'node:timers/promises';
import type { SqlConnection, SqlRow, SqlValue } from '../sql/database.js';
import type { Engine, Statement } from './engine.js';
import { sqliteFailure } from './error.js';

/** Longest that this process stands still for several statements or rows. One alone may take longer. */
const TURN_MS = 4;
/** The texts of lists have their limits in them. */
const MAX_STATEMENTS = 64;
/** A transaction takes its lock at once: one that had to wait for it later would be refused. */
const ALONE: Readonly<Record<string, string>> = { BEGIN: 'BEGIN IMMEDIATE' };
/** Within the transaction of a group. A savepoint that is rolled back stays open, which does no harm: the commit ends it. */
const GROUPED: Readonly<Record<string, string>> = {
  BEGIN: 'SAVEPOINT psp',
  COMMIT: 'RELEASE psp',
  ROLLBACK: 'ROLLBACK TO psp',
};
/** node:sqlite takes bytes that have no memory for NULL. */
const EMPTY = new Uint8Array(1).subarray(1);

export class SqliteConnection implements SqlConnection {
  readonly engine: Engine;
  readonly #url: string;
  readonly #statements = new Map<string, Statement>();
  #words = ALONE;
  #sinceMs = performance.now();

  constructor(engine: Engine, url: string) {
    this.engine = engine;
    this.#url = url;
  }

  async rows(text: string, values: readonly SqlValue[]): Promise<readonly SqlRow[]> {
    try {
      const statement = this.#prepared(text);
      const found = statement.iterate?.(...values.map(bound)) ?? statement.all(...values.map(bound));
      const rows: SqlRow[] = [];
      for (const row of found) {
        rows.push(row as SqlRow);
        await this.#letOthers();
      }
      return rows;
    } catch (error) {
      throw sqliteFailure(this.#url, error) ?? error;
    }
  }

  async change(text: string, values: readonly SqlValue[]): Promise<number> {
    try {
      const { changes } = this.#prepared(this.#words[text] ?? text).run(...values.map(bound));
      await this.#letOthers();
      return Number(changes);
    } catch (error) {
      throw sqliteFailure(this.#url, error) ?? error;
    }
  }

  /** One commit for all of what `work` does, in which transactions are parts. Where anything throws, or the commit does, nothing is done. */
  async asGroup<T>(work: () => Promise<T>): Promise<T> {
    await this.change('BEGIN', []);
    this.#words = GROUPED;
    const result = await work().finally(() => (this.#words = ALONE));
    await this.change('COMMIT', []);
    return result;
  }

  /** Where none is open it does nothing. */
  rollBack(): void {
    try {
      this.engine.exec('ROLLBACK');
    } catch {
      // No transaction was open.
    }
  }

  #prepared(text: string): Statement {
    const known = this.#statements.get(text);
    if (known !== undefined) return known;
    if (this.#statements.size === MAX_STATEMENTS) this.#statements.clear();
    const statement = this.engine.prepare(text);
    this.#statements.set(text, statement);
    return statement;
  }

  async #letOthers(): Promise<void> {
    if (performance.now() - this.#sinceMs < TURN_MS) return;
    await others();
    this.#sinceMs = performance.now();
  }
}

const bound = (value: SqlValue): SqlValue => (value instanceof Uint8Array && value.byteLength === 0 ? EMPTY : value);
