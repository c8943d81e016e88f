/**
 * The two tables of a SQL store and the statements on them, for every dialect. A value is one row: its etag, its size and its first
 * piece. Further pieces, of bodies above 1 MiB, are rows of a second table, which go with the first.
 */

/** A server takes no packet above its limit, 1 GiB at most and often 16 MiB, and holds each row in memory while it serves it. */
export const PIECE_BYTES = 1024 * 1024;

export const DEFAULT_TABLE = 'psp_store';

/** What a dialect calls its types, and how it says that a key stands already. */
export interface Dialect {
  /** Compared byte by byte. */
  readonly keyType: string;
  readonly etagType: string;
  readonly blobType: string;
  readonly tableOptions: string;
  /** Around the name of a table, which may be a word of the language. */
  readonly quote: string;
  /** How a body is read: as bytes, or as base64. */
  readonly readBody: string;
  /** What makes an insert whose key stands change nothing. Where it is empty the driver knows the error. */
  readonly orNothing: string;
}

/** Each with `?` for values, in the order that the comment names. */
export interface Statements {
  readonly createTables: readonly string[];
  /** name, name */
  readonly get: string;
  /** name, etag, size, body */
  readonly create: string;
  /** etag, size, body, name, etag that it must have. Changes nothing where the value has further pieces. */
  readonly replaceSingle: string;
  /** etag, size, body, name, etag that it must have */
  readonly replace: string;
  /** name */
  readonly dropPieces: string;
  /** name, number, body */
  readonly addPiece: string;
  /** name */
  readonly remove: string;
  /** first name, name after the last; a page ends with `LIMIT n`. */
  readonly list: string;
}

export const tableNames = (name: string): [table: string, pieces: string] => [name, `${name}_pieces`];

export function statementsFor(name: string, dialect: Dialect): Statements {
  const [table, pieces] = tableNames(name).map((one) => `${dialect.quote}${one}${dialect.quote}`);
  const { keyType, etagType, blobType, tableOptions, readBody, orNothing } = dialect;
  const replace = `UPDATE ${table} SET etag = ?, size = ?, body = ? WHERE name = ? AND etag = ?`;
  return {
    createTables: [
      `CREATE TABLE IF NOT EXISTS ${table} (name ${keyType} NOT NULL PRIMARY KEY, etag ${etagType} NOT NULL,
        size INTEGER NOT NULL, body ${blobType} NOT NULL)${tableOptions}`,
      `CREATE TABLE IF NOT EXISTS ${pieces} (name ${keyType} NOT NULL, number INTEGER NOT NULL, body ${blobType} NOT NULL,
        PRIMARY KEY (name, number), FOREIGN KEY (name) REFERENCES ${table} (name) ON DELETE CASCADE)${tableOptions}`,
    ],
    // One statement, so that both tables are read as of one moment.
    get: `SELECT 0 AS number, etag, size, ${readBody} AS body FROM ${table} WHERE name = ?
      UNION ALL SELECT number, '' AS etag, 0 AS size, ${readBody} AS body FROM ${pieces} WHERE name = ?`,
    create: `INSERT INTO ${table} (name, etag, size, body) VALUES (?, ?, ?, ?) ${orNothing}`,
    replaceSingle: `${replace} AND size <= ${PIECE_BYTES}`,
    replace,
    dropPieces: `DELETE FROM ${pieces} WHERE name = ?`,
    addPiece: `INSERT INTO ${pieces} (name, number, body) VALUES (?, ?, ?)`,
    remove: `DELETE FROM ${table} WHERE name = ?`,
    list: `SELECT name, etag, size FROM ${table} WHERE name >= ? AND name < ? ORDER BY name`,
  };
}
