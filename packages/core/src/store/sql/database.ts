/** CONTRACT of what the SQL stores differ in: how a statement reaches a database. Knows nothing of tables, keys or conditions. */

export type SqlValue = string | number | Uint8Array;

export type SqlRow = Readonly<Record<string, unknown>>;

/** One connection. Every statement outside of a transaction is one of its own. */
export interface SqlConnection {
  rows(text: string, values: readonly SqlValue[]): Promise<readonly SqlRow[]>;
  /** How many rows the statement changed: 0 for an insert whose key stands already. */
  change(text: string, values: readonly SqlValue[]): Promise<number>;
}

export interface SqlDatabase {
  /**
   * Runs `work` with a connection that nobody else uses meanwhile. Throws a PspError where there is none to be had, for then nothing was
   * sent. What `work` throws comes through: a PspError where the database said what it did, else the client's own error.
   */
  use<T>(work: (connection: SqlConnection) => Promise<T>, options?: UseOptions): Promise<T>;
}

export interface UseOptions {
  /** Make the database where it is a file that is not there yet. Without it such a database is empty. */
  readonly makes?: boolean;
}
