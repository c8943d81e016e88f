/** A history of swaps and reads that real processes make of a few keys, and its judgement. */
import { join } from 'node:path';
import { clockAt } from './clocks.mjs';
import { findViolation } from './linearize.mjs';
import { REGISTER } from './models.mjs';
import { startActor } from './processes.mjs';
import { randomOf } from './random.mjs';

/** A process that cannot end has hung. */
const HUNG_MS = 300_000;

/**
 * @typedef {object} HistoryOptions
 * @property {string} programs a folder
 * @property {Record<string, string>} env with PSP_STORE
 * @property {string} seed another for each history of a store
 * @property {number} processes
 * @property {number} clients of each process
 * @property {number} operations of each client
 * @property {string} [bug] of bugs.mjs, in place of the store
 * @property {boolean} [pauses] SIGSTOP and SIGKILL at random moments
 * @property {readonly import('./clocks.mjs').Clock[]} [clocks] of the processes, in turn
 */

/** @param {HistoryOptions} options */
export async function runHistory({ programs, env, seed, processes, pauses = false, clocks = [clockAt(0)], ...task }) {
  const random = randomOf(seed, 'history');
  const keys = Array.from({ length: 3 }, (_, number) => `history/${random.below(2 ** 31).toString(36)}/${number}`);
  const actors = Array.from({ length: processes }, (_, index) => {
    const { env: clock, dateMs } = clocks[index % clocks.length];
    const own = { ...task, seed, keys, name: `p${index}`, clockMs: dateMs };
    return startActor(join(programs, 'client.mjs'), { ...env, ...clock }, own);
  });
  await Promise.all(actors.map(({ ready }) => ready));
  for (const { go } of actors) go();
  const killed = pauses ? await disturb(actors, random) : undefined;
  const problems = await endsOf(actors, killed);
  return { ...judge(actors.flatMap(({ said }) => said)), problems };
}

/** Pauses processes, and kills one in the middle of its work. Gives the one. */
async function disturb(actors, random) {
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  for (let round = 0; round < 4; round += 1) {
    const actor = random.pick(actors);
    await pause(random.below(30));
    actor.send('SIGSTOP');
    await pause(5 + random.below(40));
    actor.send('SIGCONT');
  }
  const victim = random.pick(actors);
  victim.send('SIGKILL');
  return victim;
}

/** What went wrong in processes of which one was killed. Waits until all have ended. */
export async function endsOf(actors, killed) {
  const problems = [];
  for (const actor of actors) {
    const timer = setTimeout(() => actor.send('SIGKILL'), HUNG_MS);
    const { code, signal, words } = await actor.ended;
    clearTimeout(timer);
    if (code !== 0 && actor !== killed)
      problems.push(`a client ended with ${code ?? signal}: ${words.trim().slice(-500)}`);
    problems.push(...actor.said.flatMap(({ unexpected }) => (unexpected === undefined ? [] : [unexpected])));
  }
  return problems;
}

/** @param {any[]} lines of all processes */
export function judge(lines) {
  const operations = operationsOf(lines);
  const count = (answer) => operations.filter((one) => one.answer === answer).length;
  const counts = { operations: operations.length, conflicts: count('conflict'), unknown: count('unknown') };
  const reused = reusedEtag(operations);
  if (reused !== undefined) return { ...counts, violation: reused };
  for (const key of new Set(operations.map((operation) => operation.key))) {
    const history = operations.filter((operation) => operation.key === key);
    const found = findViolation(history, REGISTER);
    if (found !== undefined) return { ...counts, violation: shown(key, found, history.length) };
  }
  return { ...counts, violation: undefined };
}

/** Without reads that failed, and puts that were never sent: they tell nothing. */
function operationsOf(lines) {
  const answers = new Map(lines.filter((line) => 'answers' in line).map((line) => [line.answers, line]));
  return lines.flatMap(({ calls, key, kind, expected, value, at }) => {
    if (calls === undefined) return [];
    const { answer = 'unknown', at: end, etag, value: found } = answers.get(calls) ?? {};
    if (answer === 'failed' || (answer === 'unknown' && kind === 'read')) return [];
    return [
      {
        id: calls,
        key,
        kind,
        expected,
        start: at,
        end: answer === 'unknown' ? Infinity : end,
        answer,
        etag,
        value: kind === 'read' ? found : value,
      },
    ];
  });
}

/** An etag names one value of a key, whoever was told it (PSP-STORE-2). */
function reusedEtag(operations) {
  const values = new Map();
  for (const { key, etag, value } of operations) {
    if (etag === undefined) continue;
    const name = `${key} ${etag}`;
    if (!values.has(name)) values.set(name, value);
    else if (values.get(name) !== value)
      return `the etag ${etag} of ${key} stands for ${values.get(name)} and for ${value}`;
  }
  return undefined;
}

function shown(key, { placed, state, stuck }, length) {
  const lines = stuck.map(({ id, kind, expected, value, answer, start, end }) => {
    const what = kind === 'read' ? `read ${value}` : `put ${value} over ${expected}: ${answer}`;
    return `  ${id.padEnd(10)} ${start.toFixed(3)} to ${end.toFixed(3)}  ${what}`;
  });
  return `${key}: of ${length} operations ${placed} can be placed in an order, the value is then ${state}, and none of these fits:\n${lines.join('\n')}`;
}
