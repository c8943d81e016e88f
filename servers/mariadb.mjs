// @ts-check
/** MariaDB for tests: behind a password, on the disk before it acknowledges. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chown, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { dataFolder, foreignServer, freePort, ownerNamed, startServer, testServer } from './process.mjs';
import { elsewhere, missingPrograms, requireProgram } from './programs.mjs';

const run = promisify(execFile);

const KIND = /** @type {const} */ ({
  name: 'mariadb',
  variable: 'PSP_TEST_MARIADB_URL',
  programs: ['mariadbd', 'mariadb-install-db'],
  debian: ['mariadb-server'],
});

/** @type {import('./server.js').ServerKind} */
export const mariadb = {
  ...KIND,
  missing: () => missingPrograms(KIND),
  async start() {
    const url = elsewhere(KIND.variable);
    const server = url === undefined ? await startMariadb() : foreignServer(url);
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
 * @param {Readonly<Record<string, string>>} [settings] as in my.cnf
 */
async function startMariadb(settings = {}) {
  const owner = ownerNamed('mysql');
  const folder = await dataFolder('mariadb', owner);
  const [data, init] = [join(folder.path, 'data'), join(folder.path, 'init.sql')];
  const port = await freePort();
  const password = randomUUID();
  const all = {
    ...settings,
    datadir: data,
    tmpdir: folder.path,
    port: String(port),
    'bind-address': '127.0.0.1',
    socket: join(folder.path, 'socket'),
    'pid-file': join(folder.path, 'pid'),
    'init-file': init,
    'skip-name-resolve': 'ON',
  };
  const args = ['--no-defaults', ...Object.entries(all).map(([name, value]) => `--${name}=${value}`)];
  const login = { host: '127.0.0.1', port, user: 'psp', password };
  const launch = () => startServer(requireProgram('mariadbd'), args, { folder, owner, answers: () => answers(login) });
  try {
    await writeFile(init, firstStatements(password), { mode: 0o600 });
    if (owner !== undefined) await chown(init, owner.uid, owner.gid);
    const how = [
      `--datadir=${data}`,
      `--tmpdir=${folder.path}`,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
      '--skip-name-resolve',
    ];
    await run(requireProgram('mariadb-install-db'), ['--no-defaults', ...how], { ...owner, cwd: folder.path });
  } catch (error) {
    await folder.remove();
    throw error;
  }
  return testServer({ url: `mysql://psp:${password}@127.0.0.1:${port}/psp`, folder, launch });
}

/** At every start. The root that needs no password goes. @param {string} password */
function firstStatements(password) {
  return [
    `CREATE USER IF NOT EXISTS 'psp'@'127.0.0.1' IDENTIFIED BY '${password}';`,
    "GRANT ALL PRIVILEGES ON *.* TO 'psp'@'127.0.0.1' WITH GRANT OPTION;",
    "DROP USER IF EXISTS 'root'@'localhost', 'root'@'127.0.0.1', 'root'@'::1';",
    '',
  ].join('\n');
}

/** @param {import('mysql2/promise').ConnectionOptions} login */
async function answers(login) {
  const { createConnection } = await import('mysql2/promise');
  const connection = await createConnection(login);
  await connection.end();
}

/** @param {string} url */
async function initStore(url) {
  const { MysqlStore } = await import('../packages/core/dist/store/mysql.js');
  const store = new MysqlStore(url);
  await store.init();
  await store.close();
}
