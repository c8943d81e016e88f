// @ts-check
/** PostgreSQL for tests: behind a password, on the disk before it acknowledges. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chown, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { dataFolder, foreignServer, freePort, ownerNamed, startServer, testServer } from './process.mjs';
import { elsewhere, missingPrograms, requireProgram } from './programs.mjs';

const run = promisify(execFile);
/** Its other processes outlive one that is killed by moments, and until they are gone no new one starts on the data. */
const MAX_STARTS = 20;

const KIND = /** @type {const} */ ({
  name: 'postgres',
  variable: 'PSP_TEST_POSTGRES_URL',
  programs: ['postgres', 'initdb'],
  debian: ['postgresql'],
});

/** @type {import('./server.js').ServerKind} */
export const postgres = {
  ...KIND,
  missing: () => missingPrograms(KIND),
  async start() {
    const url = elsewhere(KIND.variable);
    const server = url === undefined ? await startPostgres() : foreignServer(url);
    try {
      await initStore(server.url);
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  },
};

/**
 * One of our own, without a store in it, and without the database that its URL names.
 *
 * @param {Readonly<Record<string, string>>} [settings] as in postgresql.conf
 */
async function startPostgres(settings = {}) {
  // It refuses to run as root.
  const owner = ownerNamed('postgres');
  const folder = await dataFolder('postgres', owner);
  const data = join(folder.path, 'data');
  const port = await freePort();
  const password = randomUUID();
  const at = `postgres://psp:${password}@127.0.0.1:${port}`;
  const all = { ...settings, listen_addresses: '127.0.0.1', unix_socket_directories: '' };
  const args = [
    '-D',
    data,
    '-p',
    String(port),
    ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
  const launch = () => startTrying(args, { folder, owner, answers: () => answers(`${at}/postgres`) });
  try {
    await makeData({ folder: folder.path, data, password, owner });
  } catch (error) {
    await folder.remove();
    throw error;
  }
  return testServer({ url: `${at}/psp`, folder, launch, endSignal: 'SIGINT' });
}

/** @param {{ folder: string, data: string, password: string, owner?: import('./process.mjs').Owner | undefined }} how */
async function makeData({ folder, data, password, owner }) {
  const passwordFile = join(folder, 'password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (owner !== undefined) await chown(passwordFile, owner.uid, owner.gid);
  const args = [
    '-D',
    data,
    '-U',
    'psp',
    '--auth=scram-sha-256',
    `--pwfile=${passwordFile}`,
    '-E',
    'UTF8',
    '--locale=C',
    '--no-sync',
  ];
  await run(requireProgram('initdb'), args, { ...owner, cwd: folder });
  await rm(passwordFile);
}

/** @param {readonly string[]} args @param {Parameters<typeof startServer>[2]} how */
async function startTrying(args, how) {
  for (let starts = 1; ; starts += 1) {
    try {
      return await startServer(requireProgram('postgres'), args, how);
    } catch (error) {
      if (!String(error).includes('pre-existing shared memory block') || starts === MAX_STARTS) throw error;
    }
  }
}

/** @param {string} connectionString */
async function answers(connectionString) {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString });
  client.on('error', () => undefined); // the promise of the call tells
  await client.connect();
  await client.end();
}

/** @param {string} url */
async function initStore(url) {
  const { PostgresStore } = await import('../packages/core/dist/store/postgres.js');
  const store = new PostgresStore(url);
  await store.init();
  await store.close();
}
