/**
 * The store contract on two SQL tables, once for every database: the condition of a put stands in the statement that writes, and a put
 * of several statements is one transaction. Knows nothing of clients and servers.
 */
import { randomUUID } from 'node:crypto';
import { PspError } from '@psp/protocol';
import type { Condition, ListedItem, ListPage, StoredValue } from '../store.js';
import type { SqlConnection, SqlDatabase, SqlRow } from './database.js';
import { PIECE_BYTES, type Statements } from './tables.js';
import { inTransaction } from './transaction.js';

/** In byte order just before and just after every byte that a key may have. */
const BELOW = '!';
const ABOVE = '{';

interface NewValue {
  readonly key: string;
  readonly etag: string;
  readonly size: number;
  /** At least one, which may be empty. */
  readonly pieces: readonly Uint8Array[];
}

export class SqlValues {
  readonly #url: string;
  readonly #database: SqlDatabase;
  readonly #statements: Statements;

  constructor(url: string, database: SqlDatabase, statements: Statements) {
    this.#url = url;
    this.#database = database;
    this.#statements = statements;
  }

  async get(key: string): Promise<StoredValue | undefined> {
    const rows = await this.#database.use((connection) => connection.rows(this.#statements.get, [key, key]));
    const pieces = rows.toSorted((a, b) => Number(a['number']) - Number(b['number']));
    const [first] = pieces;
    if (first === undefined) return undefined;
    return { etag: String(first['etag']), body: this.#joined(key, Number(first['size']), pieces) };
  }

  /** A small body in place of a small one, which is nearly every put, is one statement. */
  async put(key: string, body: Uint8Array, condition: Condition): Promise<string> {
    const value = { key, etag: randomUUID(), size: body.byteLength, pieces: cut(body) };
    const put = async (connection: SqlConnection): Promise<boolean> => {
      if (value.pieces.length === 1) {
        if ('absent' in condition) return this.#putRow(connection, value, condition);
        const { etag, size, pieces } = value;
        const row = [etag, size, pieces[0] as Uint8Array, key, condition.etag];
        if ((await connection.change(this.#statements.replaceSingle, row)) === 1) return true;
      }
      return inTransaction(connection, this.#url, () => this.#putPieces(connection, value, condition));
    };
    if (await this.#database.use(put, { makes: true })) return value.etag;
    throw new PspError('CONFLICT', `${this.#url}: ${key} was changed by somebody else`);
  }

  async list(prefix: string, { after, limit }: { after?: string; limit: number }): Promise<ListPage> {
    // A range of the primary key. LIKE would need escapes, and not every database uses the key for it.
    const first = after === undefined || after < prefix ? prefix : `${after}${BELOW}`;
    const text = `${this.#statements.list} LIMIT ${Math.trunc(limit) + 1}`;
    const rows = await this.#database.use((connection) => connection.rows(text, [first, `${prefix}${ABOVE}`]));
    const items = rows.slice(0, limit).map(listed);
    const last = items.at(-1);
    return rows.length > limit && last !== undefined ? { items, next: last.key } : { items };
  }

  async remove(key: string): Promise<void> {
    await this.#database.use((connection) => connection.change(this.#statements.remove, [key]));
  }

  /** False where the condition does not hold. */
  async #putRow(connection: SqlConnection, value: NewValue, condition: Condition): Promise<boolean> {
    const { key, etag, size, pieces } = value;
    const row = [etag, size, pieces[0] as Uint8Array] as const;
    const { create, replace } = this.#statements;
    const changed =
      'absent' in condition
        ? await connection.change(create, [key, ...row])
        : await connection.change(replace, [...row, key, condition.etag]);
    return changed === 1;
  }

  async #putPieces(connection: SqlConnection, value: NewValue, condition: Condition): Promise<boolean> {
    const { key, pieces } = value;
    if (!(await this.#putRow(connection, value, condition))) return false;
    if ('etag' in condition) await connection.change(this.#statements.dropPieces, [key]);
    for (const [number, piece] of pieces.entries()) {
      if (number > 0) await connection.change(this.#statements.addPiece, [key, number, piece]);
    }
    return true;
  }

  #joined(key: string, size: number, rows: readonly SqlRow[]): Uint8Array {
    const pieces = rows.map((row) => bytesOf(row['body'] as Uint8Array | string));
    const isWhole = rows.every((row, index) => Number(row['number']) === index);
    const body = pieces.length === 1 ? (pieces[0] as Uint8Array) : Buffer.concat(pieces);
    if (isWhole && body.byteLength === size) return body;
    throw new PspError(
      'CORRUPT',
      `${this.#url}: the value of ${key} has ${body.byteLength} bytes in ${pieces.length} pieces, expected ${size} bytes`,
    );
  }
}

const bytesOf = (body: Uint8Array | string): Uint8Array =>
  typeof body === 'string' ? Buffer.from(body, 'base64') : body;

function cut(body: Uint8Array): Uint8Array[] {
  const pieces = [body.subarray(0, PIECE_BYTES)];
  for (let start = PIECE_BYTES; start < body.byteLength; start += PIECE_BYTES)
    pieces.push(body.subarray(start, start + PIECE_BYTES));
  return pieces;
}

const listed = (row: SqlRow): ListedItem => ({
  key: String(row['name']),
  etag: String(row['etag']),
  size: Number(row['size']),
});
