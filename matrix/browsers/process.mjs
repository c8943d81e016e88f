/** Processes of browsers and servers for tests: a folder of their own, a free port, and an end that takes along all that they started. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** @typedef {import('node:child_process').ChildProcess} ChildProcess */

/** What a driver's start gives. @typedef {{ url: string, kill(): Promise<void> }} DriverServer */

const POLL_MS = 50;
const START_MS = 30_000;
const END_MS = 5_000;

/** @type {Set<ChildProcess>} */
const running = new Set();

/** A test run that is cut short leaves no browser behind. */
function killAll() {
  for (const child of running) signal(child, 'SIGKILL');
}
process.once('exit', killAll);
// The program that a test runner started for us outlives the runner.
process.once('disconnect', killAll);
for (const [name, number] of /** @type {const} */ ([
  ['SIGINT', 2],
  ['SIGTERM', 15],
])) {
  process.once(name, () => {
    killAll();
    // Who listens takes over what the signal would have done.
    if (process.listenerCount(name) === 0) process.exit(128 + number);
  });
}

/** A process at the head of a group of its own. @param {string} command @param {string[]} args @param {import('node:child_process').SpawnOptions} options */
export function startProcess(command, args, options = {}) {
  const child = spawn(command, args, { stdio: 'ignore', ...options, detached: true });
  running.add(child);
  child.once('error', () => running.delete(child)); // `untilReady` tells of it
  return child;
}

/** Ends the process and its group, gently first. Resolves once it is gone. @param {ChildProcess} child @param {NodeJS.Signals} gently */
export async function endProcess(child, gently = 'SIGTERM') {
  if (isAlive(child)) {
    const exited = new Promise((resolve) => child.once('exit', resolve));
    signal(child, gently);
    await Promise.race([exited, sleep(END_MS, undefined, { ref: false })]);
  }
  await killProcess(child);
}

/** Ends the process and its group at once. Resolves when it is gone. Does nothing a second time. @param {ChildProcess} child */
export async function killProcess(child) {
  if (!running.delete(child)) return;
  const exited = isAlive(child) ? new Promise((resolve) => child.once('exit', resolve)) : undefined;
  // Also when it has ended: those that it started may outlive it.
  signal(child, 'SIGKILL');
  await exited;
}

/** @param {ChildProcess} child */
const isAlive = (child) => child.pid !== undefined && child.exitCode === null && child.signalCode === null;

/** @param {ChildProcess} child @param {NodeJS.Signals} name */
function signal(child, name) {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, name);
  } catch {
    // Nobody of the group is left.
  }
}

/** A folder for one profile, and its removal. @param {string} name */
export async function temporaryFolder(name) {
  const path = await mkdtemp(join(tmpdir(), `psp-${name}-`));
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 }) };
}

/** A port of 127.0.0.1 that nobody listens on. */
export async function freePort() {
  const server = createServer();
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/**
 * Waits until `check` gives something, or throws when the process ends before that.
 * @template T @param {ChildProcess} child @param {() => Promise<T | undefined>} check @returns {Promise<T>}
 */
export async function untilReady(child, check) {
  const deadline = performance.now() + START_MS;
  let failure;
  child.once('error', (error) => (failure = error));
  while (performance.now() < deadline) {
    const found = await check().catch(() => undefined); // not yet there
    if (found !== undefined) return found;
    const ended = child.exitCode ?? child.signalCode;
    if (failure !== undefined) throw failure;
    if (ended !== null) throw new Error(`${child.spawnfile} ended with ${ended} before it was ready.`);
    await sleep(POLL_MS);
  }
  throw new Error(`${child.spawnfile} was not ready within ${START_MS} ms.`);
}

/** Waits for a WebDriver server that says that it is ready. @param {ChildProcess} child @param {string} url */
export async function untilServes(child, url) {
  await untilReady(child, async () => ((await fetch(`${url}/status`)).ok ? true : undefined));
}
