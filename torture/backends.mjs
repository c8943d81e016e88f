/** The back ends that are tortured: where each is, what of it can be killed, and which files it keeps. Knows nothing of the tortures. */
import { mkdtemp, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SERVERS } from '../servers/index.mjs';

/**
 * @typedef {object} BackEnd
 * @property {string} name
 * @property {Record<string, string>} env PSP_STORE and PSP_KEY_FILE for its processes
 * @property {import('../servers/server.js').TestServer | undefined} server
 * @property {string | undefined} noKill why it cannot be killed without loss
 * @property {() => Promise<string | undefined>} files the folder of its files, where it keeps some that this user can read
 * @property {() => Promise<void>} close
 */

/** What a kill of the server would lose, by the server's own design. */
const LOSES = {
  azurite: 'azurite writes its tables of blobs now and then, and loses what it acknowledged when it is killed',
};

export const BACK_ENDS = ['fs', 'sqlite', ...SERVERS.map(({ name }) => name)];

/** Clients of clouds take a second to start, in each process that is killed; one SQL server stands for both. */
export const SHORT_BACK_ENDS = BACK_ENDS.filter(
  (name) => !['mariadb', 'radosgw', 'azurite', 'gcs-fake'].includes(name),
);

/** @param {string} name @returns {Promise<BackEnd | { name: string, missing: string }>} */
export async function openBackEnd(name) {
  const kind = SERVERS.find((one) => one.name === name);
  const missing = kind?.missing();
  if (missing !== undefined) return { name, missing };
  const folder = await mkdtemp(join(tmpdir(), 'psp-torture-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const server = await kind?.start();
    const url =
      server?.url ?? (name === 'fs' ? `file:${join(folder, 'store')}` : `sqlite:${join(folder, 'sessions.db')}`);
    return {
      name,
      env: { PSP_STORE: url, PSP_KEY_FILE: join(folder, 'key', 'key.json') },
      server,
      noKill:
        server === undefined
          ? 'it has no server'
          : server.pid === undefined
            ? 'the server is somebody else’s'
            : LOSES[name],
      files: async () => (server === undefined ? folder : workingFolder(server.pid)),
      async close() {
        await server?.stop();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Servers of databases work in the folder of their data. */
async function workingFolder(pid) {
  if (pid === undefined) return undefined;
  try {
    const folder = await readlink(`/proc/${pid}/cwd`);
    return folder.startsWith(tmpdir()) ? folder : undefined;
  } catch {
    // No /proc, or not ours to read: then its files are not looked at, and the table says so.
    return undefined;
  }
}
