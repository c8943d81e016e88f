/** How the disk of each back end is made full, and how it loses its rights: what is set up, when it begins, and how it ends. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openStore } from '@psp/core';
import { startRedis } from '../servers/redis.mjs';
import { startHttpProxy } from './http-proxy.mjs';
import { smallDisk } from './small-disk.mjs';

const run = promisify(execFile);

/**
 * @typedef {object} Rig
 * @property {string} url of the store
 * @property {readonly string[]} codes that a write may be refused with
 * @property {boolean} [reopens] it takes effect for those who open the store
 * @property {(leftBytes: number) => Promise<unknown>} begin where it is a disk, it leaves so many
 * @property {() => Promise<unknown>} end
 * @property {() => Promise<unknown>} close
 */
/** Gives why there is none, where there is none. @typedef {(backEnd: import('./backends.mjs').BackEnd) => Promise<Rig | string>} RigMaker */

const FULL = ['STORE_FULL'];
const DENIED = ['STORE_DENIED'];

/** On a disk of its own. @param {string} size @param {(disk: import('./small-disk.mjs').SmallDisk) => Promise<Partial<Rig> & { url: string }>} rig @param {string} [at] */
async function onDisk(size, rig, at) {
  const disk = await smallDisk(size, at);
  if (typeof disk === 'string') return disk;
  try {
    const { close, ...own } = await rig(disk);
    const end = async () => {
      await close?.();
      await disk.close();
    };
    return { codes: FULL, begin: disk.fill, end: disk.free, ...own, close: end };
  } catch (error) {
    await disk.close();
    throw error;
  }
}

const urlOn = {
  fs: (folder) => `file:${join(folder, 'store')}`,
  sqlite: (folder) => `sqlite:${join(folder, 'psp.db')}`,
};
const withPart = (url, change) => {
  const changed = new URL(url);
  change(changed);
  return changed.href;
};

/** @type {Record<string, RigMaker>} */
export const FULL_RIGS = {
  fs: () => onDisk('12m', async ({ folder }) => ({ url: urlOn.fs(folder) })),
  sqlite: () => onDisk('12m', async ({ folder }) => ({ url: urlOn.sqlite(folder) })),
  redis: () => onDisk('12m', redisOn),
  postgres: ({ server, env }) =>
    server.pid === undefined ? foreign() : onDisk('40m', (disk) => postgresOn(disk, env.PSP_STORE)),
  mariadb: ({ server, env }) => (server.pid === undefined ? foreign() : mariadbFull(server, env.PSP_STORE)),
  radosgw: ({ env }) => answering(env.PSP_STORE, 507, { codes: FULL }),
  azurite: ({ env }) => answering(env.PSP_STORE, 507, { codes: FULL }),
  // No status of Google's says that.
  'gcs-fake': async () => 'Google knows no full bucket',
};

/** @type {Record<string, RigMaker>} */
export const DENIED_RIGS = {
  fs: () => readOnly(urlOn.fs, false),
  // A file that is open for writing keeps its disk writable.
  sqlite: () => readOnly(urlOn.sqlite, true),
  redis: ({ env }) => redisDenied(env.PSP_STORE),
  postgres: ({ env }) => postgresDenied(env.PSP_STORE),
  mariadb: ({ env }) => mariadbDenied(env.PSP_STORE),
  radosgw: ({ env }) => answering(env.PSP_STORE, 403, { codes: DENIED, ofAll: true }),
  azurite: ({ env }) => answering(env.PSP_STORE, 403, { codes: DENIED, ofAll: true }),
  'gcs-fake': ({ env }) => answering(env.PSP_STORE, 403, { codes: DENIED, ofAll: true }),
};

const BUSY = ['STORE_UNAVAILABLE', 'OUTCOME_UNKNOWN'];
/** The server of a cloud that refuses for a while. */
export const BUSY_RIGS = Object.fromEntries(
  ['radosgw', 'azurite', 'gcs-fake'].map((name) => [
    name,
    (/** @type {import('./backends.mjs').BackEnd} */ { env }) => answering(env.PSP_STORE, 503, { codes: BUSY }),
  ]),
);

const foreign = async () => 'the server is somebody else’s';

const readOnly = (urlIn, reopens) =>
  onDisk('12m', async ({ folder, forbid, allow }) => ({
    url: urlIn(folder),
    codes: DENIED,
    reopens,
    begin: forbid,
    end: allow,
  }));

/** With `appendfsync always` it ends itself when it cannot write, and begins again with what it had acknowledged. */
async function redisOn({ folder, fill, free }) {
  const server = await startRedis({ dir: folder });
  return {
    url: server.url,
    codes: [...FULL, ...BUSY],
    begin: fill,
    async end() {
      await free();
      await server.kill();
      await server.restart();
    },
    close: () => server.stop(),
  };
}

async function postgresOn({ folder, fill, free }, url) {
  if (process.getuid() === 0) await run('chown', ['postgres', folder]);
  const execute = (...texts) => postgresAs(url, texts);
  await execute(`CREATE TABLESPACE small LOCATION '${folder}'`, 'ALTER DATABASE psp SET default_tablespace = small');
  const own = withPart(url, ({ searchParams }) => searchParams.set('table', 'small'));
  await initialise(own);
  return {
    url: own,
    begin: fill,
    end: free,
    // Its other processes have the files open until the checkpoint.
    close: () =>
      execute(
        'ALTER DATABASE psp RESET default_tablespace',
        'DROP TABLE IF EXISTS small_pieces, small',
        'DROP TABLESPACE small',
        'CHECKPOINT',
      ),
  };
}

async function postgresDenied(url) {
  const execute = (...texts) => postgresAs(url, texts);
  const password = randomUUID();
  await execute(`CREATE ROLE guest LOGIN PASSWORD '${password}'`, 'GRANT ALL ON ALL TABLES IN SCHEMA public TO guest');
  return {
    url: asGuest(url, password),
    codes: DENIED,
    begin: () => execute('REVOKE ALL ON ALL TABLES IN SCHEMA public FROM guest'),
    end: () => execute('GRANT ALL ON ALL TABLES IN SCHEMA public TO guest'),
    close: () => execute('DROP OWNED BY guest', 'DROP ROLE guest'),
  };
}

/**
 * The tables of a database are files in a folder of its own. InnoDB ends the server when a page that it has reserved on a sparse file
 * cannot be written, and recovers at the next start.
 */
async function mariadbFull(server, url) {
  const own = withPart(url, (changed) => (changed.pathname = '/small'));
  const [{ folder }] = await mariadbAs(url, ['CREATE DATABASE small', 'SELECT @@datadir AS folder']);
  const drop = () => mariadbAs(url, ['DROP DATABASE small']);
  const rig = await onDisk(
    '40m',
    async (disk) => {
      if (process.getuid() === 0) await run('chown', ['mysql', disk.folder]);
      await initialise(own);
      const close = () => mariadbAs(own, ['DROP TABLE psp_store_pieces, psp_store']);
      const end = async () => {
        await disk.free();
        await server.kill();
        await server.restart();
      };
      return { url: own, codes: [...FULL, ...BUSY], begin: disk.fill, end, close };
    },
    join(folder, 'small'),
  );
  if (typeof rig === 'string') await drop();
  return typeof rig === 'string' ? rig : { ...rig, close: () => rig.close().then(drop) };
}

async function mariadbDenied(url) {
  const execute = (...texts) => mariadbAs(url, texts);
  const password = randomUUID();
  const tables = ['psp_store', 'psp_store_pieces'];
  const grant = () => execute(...tables.map((table) => `GRANT ALL ON psp.${table} TO guest@'127.0.0.1'`));
  await execute(`CREATE USER guest@'127.0.0.1' IDENTIFIED BY '${password}'`);
  await grant();
  return {
    url: asGuest(url, password),
    codes: DENIED,
    begin: () => execute(...tables.map((table) => `REVOKE ALL ON psp.${table} FROM guest@'127.0.0.1'`)),
    end: grant,
    close: () => execute("DROP USER guest@'127.0.0.1'"),
  };
}

async function redisDenied(url) {
  const { createClient } = await import('redis');
  const admin = createClient({ url });
  await admin.connect();
  const password = randomUUID();
  const setUser = (...rules) => admin.sendCommand(['ACL', 'SETUSER', 'guest', ...rules]);
  await setUser('reset', 'on', `>${password}`, 'allkeys', 'allchannels', '+@all');
  return {
    url: asGuest(url, password),
    codes: DENIED,
    begin: () => setUser('-eval', '-evalsha'),
    end: () => setUser('+eval', '+evalsha'),
    async close() {
      await admin.sendCommand(['ACL', 'DELUSER', 'guest']);
      await admin.close();
    },
  };
}

async function answering(url, status, { codes, ofAll = false }) {
  if (!new URL(url).searchParams.has('endpoint')) return foreign();
  const proxy = await startHttpProxy(url);
  return {
    url: proxy.url,
    codes,
    begin: async () => proxy.answer(status, { ofAll }),
    end: async () => proxy.disarm(),
    close: () => proxy.close(),
  };
}

const asGuest = (url, password) =>
  withPart(url, (changed) => {
    [changed.username, changed.password] = ['guest', password];
  });

async function initialise(url) {
  const store = await openStore(url);
  await store.init();
  await store.close();
}

/** Gives the rows of the last. */
async function postgresAs(url, texts) {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    let rows = [];
    for (const text of texts) ({ rows } = await client.query(text));
    return rows;
  } finally {
    await client.end();
  }
}

async function mariadbAs(url, texts) {
  const { createConnection } = await import('mysql2/promise');
  const connection = await createConnection(url);
  try {
    let rows = /** @type {any} */ ([]);
    for (const text of texts) [rows] = await connection.query(text);
    return rows;
  } finally {
    await connection.end();
  }
}
