/** What the processes of the torture share: the store they use, what they are told, and how they say what happened before they die. */
import { writeSync } from 'node:fs';
import { once } from 'node:events';
import { openStore } from '@psp/core';
import { BUGS } from './bugs.mjs';
import { shiftClock } from './clock.mjs';
import { randomOf } from './random.mjs';

/** Told by the environment, because store URLs hold passwords and others can read command lines. */
export const task = JSON.parse(process.env['PSP_TORTURE'] ?? '{}');

shiftClock(task.clockMs ?? 0);

export const random = randomOf(task.seed, task.name);

/** The store of PSP_STORE, or one with a bug in the memory of this process; with a connection of its own. */
export const openOwn = () => openStore(task.bug === undefined ? undefined : BUGS[task.bug]());

export const store = await openOwn();

/** One line at once: what was said before a SIGKILL has arrived. */
export function say(/** @type {unknown} */ value) {
  writeSync(1, `${JSON.stringify(value)}\n`);
}

/** Says that this process is ready, and waits until all are. */
export async function started() {
  say({ ready: true });
  await once(process.stdin, 'data');
  process.stdin.unref();
}

/** Milliseconds of a clock that all processes of this machine share and nobody sets. */
export const nowMs = () => Number(process.hrtime.bigint()) / 1e6;

export const pause = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** The code of an error of the store; others are findings. */
export function codeOf(/** @type {unknown} */ error) {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  if (!['CONFLICT', 'OUTCOME_UNKNOWN', 'STORE_UNAVAILABLE', ...(task.expected ?? [])].includes(code))
    say({ unexpected: `${code}: ${error instanceof Error ? error.message : ''}` });
  return code;
}
