/** Processes of the torture: how their programs are made, started, paused, killed and heard. Knows nothing of what they do. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { bundle } from '../scripts/bundle.mjs';

const PROGRAMS = ['client', 'holder', 'writer'];

/** One file for each program, so that a process starts in a third of the time. Gives their folder. */
export function bundlePrograms() {
  const paths = PROGRAMS.map((name) => fileURLToPath(new URL(`./${name}.mjs`, import.meta.url)));
  return bundle(paths, { name: 'torture' });
}

/**
 * @typedef {object} Actor
 * @property {number} pid
 * @property {any[]} said lines so far
 * @property {Promise<void>} ready when it said so, or ended
 * @property {Promise<{ code: number | null, signal: string | null, words: string }>} ended
 * @property {() => void} go
 * @property {(signal: NodeJS.Signals) => void} send
 * @property {(hear: (line: any) => void) => void} hear calls for each line from now on
 */

/** @param {string} program a path @param {Record<string, string>} env @param {object} task @returns {Actor} */
export function startActor(program, env, task) {
  const child = spawn(process.execPath, [program], {
    env: { ...process.env, ...env, PSP_TORTURE: JSON.stringify(task) },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // It may be killed before it reads.
  child.stdin.on('error', () => undefined);
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (chunk) => (words += chunk));
  const said = [];
  const hearers = [];
  let setReady = () => {};
  const ready = new Promise((resolve) => (setReady = () => resolve(undefined)));
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = parsed(text);
    if (line === undefined) return;
    said.push(line);
    if (line.ready === true) setReady();
    for (const hear of hearers) hear(line);
  });
  const ended = once(child, 'close').then(([code, signal]) => {
    setReady();
    return { code, signal, words };
  });
  return {
    pid: child.pid,
    said,
    ready,
    ended,
    go: () => child.stdin.write('go\n'),
    send: (signal) => child.kill(signal),
    hear: (hear) => hearers.push(hear),
  };
}

/** The last line of a killed process may be cut. */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
