// @ts-check
/** What the kinds of servers share: a folder, a process that answers, its end and its return. Knows nothing of any protocol. */
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { chown } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { endProcess, killProcess, startProcess, temporaryFolder, untilReady } from '../matrix/browsers/process.mjs';

export { freePort, killProcess } from '../matrix/browsers/process.mjs';

/** @typedef {import('node:child_process').ChildProcess} ChildProcess */
/** @typedef {import('./server.js').TestServer} TestServer */
/** A user of this machine. @typedef {{ uid: number, gid: number }} Owner */
/** @typedef {{ path: string, remove(): Promise<void> }} Folder */

/** @type {Set<string>} */
const folders = new Set();
// A test run that is cut short leaves no data behind. By now the processes are dead: their end was asked for first.
process.once('exit', () => {
  for (const path of folders) rmSync(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
});

/**
 * A folder for the data of one server, which only `owner` may read (without: this user).
 *
 * @param {string} name @param {Owner} [owner] @returns {Promise<Folder>}
 */
export async function dataFolder(name, owner) {
  const { path, remove } = await temporaryFolder(name);
  folders.add(path);
  if (owner !== undefined) await chown(path, owner.uid, owner.gid);
  return {
    path,
    async remove() {
      await remove();
      folders.delete(path);
    },
  };
}

/** The user as whom a server that refuses root runs; `undefined` when this user is not root. @param {string} name @returns {Owner | undefined} */
export function ownerNamed(name) {
  if (process.getuid?.() !== 0) return undefined;
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((one) => one.startsWith(`${name}:`));
  if (line === undefined) throw new Error(`this system has no user ${name}`);
  const [, , uid, gid] = line.split(':');
  return { uid: Number(uid), gid: Number(gid) };
}

/**
 * Starts a server and resolves when `answers` does so with anything but an error. What it prints goes to `log` in its folder. One that
 * does not come up is ended, and the error has the last lines of its log.
 *
 * @param {string} command @param {readonly string[]} args
 * @param {{ folder: Folder, answers: () => Promise<unknown>, owner?: Owner | undefined, env?: Record<string, string> }} how
 * @returns {Promise<ChildProcess>}
 */
export async function startServer(command, args, { folder, answers, owner, env }) {
  const log = join(folder.path, 'log');
  const output = openSync(log, 'a');
  const child = startProcess(command, [...args], {
    ...owner,
    cwd: folder.path,
    env: { ...process.env, ...env },
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  try {
    await untilReady(child, async () => {
      await answers();
      return true;
    });
  } catch (error) {
    await killProcess(child);
    const last = readFileSync(log, 'utf8').trimEnd().split('\n').slice(-10).join('\n');
    throw new Error(`${/** @type {Error} */ (error).message}\n${last}`, { cause: error });
  }
  return child;
}

/**
 * The server of one process. `launch` starts it on the data that are there; `endSignal` makes it end soon, with clients or without.
 *
 * @param {{ url: string, folder: Folder, launch: () => Promise<ChildProcess>, endSignal?: NodeJS.Signals }} how
 * @returns {Promise<TestServer>}
 */
export async function testServer({ url, folder, launch, endSignal }) {
  let child = await launch().catch(async (/** @type {unknown} */ error) => {
    await folder.remove();
    throw error;
  });
  return {
    url,
    get pid() {
      return child.pid;
    },
    kill: () => killProcess(child),
    async restart() {
      child = await launch();
    },
    async stop() {
      await endProcess(child, endSignal);
      await folder.remove();
    },
  };
}

/** A server of somebody else's: it is used, and left alone. @param {string} url @returns {TestServer} */
export function foreignServer(url) {
  const refuse = async () => {
    throw new Error('this server is not ours to end');
  };
  return { url, pid: undefined, kill: refuse, restart: refuse, stop: async () => undefined };
}

/** For `answers`: rejects unless somebody listens there. @param {number} port */
export async function listens(port) {
  const socket = connect(port, '127.0.0.1');
  try {
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  } finally {
    socket.destroy();
  }
}
