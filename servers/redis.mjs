// @ts-check
/** redis-server for tests: every write on the disk before its reply, behind a password. Knows nothing of the store in it. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { dataFolder, foreignServer, freePort, startServer, testServer } from './process.mjs';
import { elsewhere, missingPrograms, requireProgram } from './programs.mjs';

const KIND = /** @type {const} */ ({
  name: 'redis',
  variable: 'PSP_TEST_REDIS_URL',
  programs: ['redis-server'],
  debian: ['redis-server'],
});
const DURABLE = { appendonly: 'yes', appendfsync: 'always', save: '""' };

/** @type {import('./server.js').ServerKind} */
export const redis = {
  ...KIND,
  missing: () => missingPrograms(KIND),
  async start() {
    const url = elsewhere(KIND.variable);
    return url === undefined ? startRedis() : foreignServer(url);
  },
};

/**
 * One of our own, with other settings than the usual ones.
 *
 * @param {Readonly<Record<string, string>>} [settings] lines of redis.conf
 */
export async function startRedis(settings = {}) {
  const folder = await dataFolder('redis');
  const port = await freePort();
  const password = randomUUID();
  const all = { ...DURABLE, dir: folder.path, ...settings, bind: '127.0.0.1', port, requirepass: password };
  const config = join(folder.path, 'redis.conf');
  await writeFile(
    config,
    Object.entries(all).map(([name, value]) => `${name} ${value}\n`),
    { mode: 0o600 },
  );
  const launch = () =>
    startServer(requireProgram('redis-server'), [config], { folder, answers: () => pings(port, password) });
  return testServer({ url: `redis://:${password}@127.0.0.1:${port}`, folder, launch });
}

/** Rejects while it loads its data. @param {number} port @param {string} password */
async function pings(port, password) {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    let reply = '';
    socket.setEncoding('utf8').on('data', (text) => (reply += text));
    socket.write(`AUTH ${password}\r\nPING\r\nQUIT\r\n`);
    await once(socket, 'end');
    if (!reply.includes('+PONG')) throw new Error('no pong');
  } finally {
    socket.destroy();
  }
}
