/**
 * The client of each back end by itself: one value durably written and read again, with no PSP, as a careful user of that client would do it.
 * Durable as PSP's values are: on the disk before it goes on. Not compressed and not sealed, since that is what PSP adds. Not compared
 * with what stands there, nor checked when it is read. What a back end does not take in one piece is written in the largest pieces that it does.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { openAzure, openGcs, openS3 } from './raw-clouds.mjs';

/** Below the 16 MiB that MariaDB takes in one packet. */
const PIECE_BYTES = 8 * 1024 * 1024;

/**
 * @typedef {object} RawClient
 * @property {(bytes: Buffer) => Promise<void>} write durable when resolved
 * @property {() => Promise<number>} read the value of the last write; gives its bytes
 * @property {() => Promise<void>} close
 */

/** By the scheme of the store URL. @type {Readonly<Record<string, (url: string) => Promise<RawClient>>>} */
const CLIENTS = {
  file: openFolder,
  sqlite: openSqlite,
  redis: openRedis,
  postgres: openPostgres,
  mysql: openMysql,
  s3: openS3,
  gs: openGcs,
  azure: openAzure,
};

/** @param {string} url @returns {Promise<RawClient | undefined>} undefined where there is none yet */
export async function openRaw(url) {
  return CLIENTS[url.slice(0, url.indexOf(':'))]?.(url);
}

/** Under a temporary name until it is whole; the file on the disk before it has its name, and the name on the disk after. */
async function openFolder(url) {
  const folder = join(url.slice('file:'.length), '..', 'raw');
  await mkdir(folder, { recursive: true });
  let last = '';
  return {
    async write(bytes) {
      last = join(folder, randomUUID());
      const file = await open(`${last}.tmp`, 'wx');
      await file.writeFile(bytes);
      await file.sync();
      await file.close();
      await rename(`${last}.tmp`, last);
      const names = await open(folder, 'r');
      await names.sync();
      await names.close();
    },
    read: async () => (await readFile(last)).byteLength,
    close: async () => undefined,
  };
}

async function openSqlite(url) {
  const { default: Database } = await import('better-sqlite3');
  const database = new Database(`${url.slice('sqlite:'.length)}.raw`);
  // A commit is on the disk when it returns, as in PSP's own store: in this mode that is not the default.
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.exec('CREATE TABLE IF NOT EXISTS raw (name TEXT PRIMARY KEY, body BLOB)');
  let last = '';
  return {
    async write(bytes) {
      last = randomUUID();
      database.prepare('INSERT INTO raw VALUES (?, ?)').run(last, bytes);
    },
    read: async () =>
      /** @type {{ body: Buffer }} */ (database.prepare('SELECT body FROM raw WHERE name = ?').get(last)).body
        .byteLength,
    close: async () => void database.close(),
  };
}

/** The server of the benchmark writes each command to the disk before it answers. */
async function openRedis(url) {
  const { createClient, RESP_TYPES } = await import('redis');
  const client = createClient({ url }).withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  client.on('error', () => undefined);
  await client.connect();
  let last = '';
  return {
    async write(bytes) {
      last = `raw:${randomUUID()}`;
      await client.set(last, bytes);
    },
    read: async () => /** @type {Buffer} */ (/** @type {unknown} */ (await client.get(last))).byteLength,
    close: () => client.close(),
  };
}

async function openPostgres(url) {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('CREATE TABLE IF NOT EXISTS raw_bench (name text PRIMARY KEY, body bytea)');
  // By default the server compresses large values, in twice the time that it takes to write them as they are.
  await client.query('ALTER TABLE raw_bench ALTER COLUMN body SET STORAGE EXTERNAL');
  let last = '';
  return {
    async write(bytes) {
      last = randomUUID();
      await client.query('INSERT INTO raw_bench VALUES ($1, $2)', [last, bytes]);
    },
    async read() {
      const { rows } = await client.query('SELECT body FROM raw_bench WHERE name = $1', [last]);
      return rows[0].body.byteLength;
    },
    close: () => client.end(),
  };
}

async function openMysql(url) {
  const { createConnection } = await import('mysql2/promise');
  const client = await createConnection(url);
  await client.query(
    'CREATE TABLE IF NOT EXISTS raw_bench (name char(36), piece int, body longblob, PRIMARY KEY (name, piece))',
  );
  let last = '';
  return {
    async write(bytes) {
      last = randomUUID();
      await client.beginTransaction();
      for (let piece = 0; piece * PIECE_BYTES < bytes.byteLength; piece += 1) {
        const part = bytes.subarray(piece * PIECE_BYTES, (piece + 1) * PIECE_BYTES);
        await client.execute('INSERT INTO raw_bench VALUES (?, ?, ?)', [last, piece, part]);
      }
      await client.commit();
    },
    async read() {
      const [rows] = await client.query('SELECT body FROM raw_bench WHERE name = ? ORDER BY piece', [last]);
      return /** @type {{ body: Buffer }[]} */ (rows).reduce((sum, { body }) => sum + body.byteLength, 0);
    },
    close: () => client.end(),
  };
}
