/** Measures pieces of work in turn, so that what the machine does meanwhile meets all of them alike. Knows nothing of what they do. */
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/** A machine that works less than this part of its time has nothing left to do for the piece before. */
const QUIET = 0.15;
const WINDOW_MS = 100;
/** A machine that never becomes quiet is measured as it is. */
const LONGEST_REST_MS = 5_000;

/**
 * Medians in ms by name, after one round that does not count. A piece that gives a number was timed by itself, without its preparation,
 * after which it can wait until the machine is quiet by what it is given.
 * @template {string} N
 * @param {number} rounds
 * @param {Record<N, (quiet: () => Promise<void>) => Promise<number | void>>} pieces
 * @param {{ restMs?: number }} options the least rest before each piece, which ends when the machine is quiet, so that what the one before left behind (a browser ends tabs after it said so) is none of its
 * @returns {Promise<Record<N, number>>}
 */
export async function inTurns(rounds, pieces, { restMs = 0 } = {}) {
  const names = /** @type {N[]} */ (Object.keys(pieces));
  const quiet = async () => {
    if (restMs > 0) await rest(restMs);
  };
  const times = new Map(names.map((name) => [name, /** @type {number[]} */ ([])]));
  for (let round = rounds === 1 ? 0 : -1; round < rounds; round++) {
    for (const name of inOrder(names, round)) {
      await quiet();
      const started = performance.now();
      const own = await pieces[name](quiet);
      const took = typeof own === 'number' ? own : performance.now() - started;
      if (round >= 0) times.get(name)?.push(took);
    }
  }
  const medians = names.map((name) => [name, median(times.get(name) ?? [])]);
  return /** @type {Record<N, number>} */ (Object.fromEntries(medians));
}

/**
 * Every round in another stride, as far as their number allows: what a piece leaves to its successor, processes that still end and caches that are cold,
 * is not always the same one's.
 * @template {string} N
 * @param {readonly N[]} names
 * @param {number} round
 */
export function inOrder(names, round) {
  const strides = Array.from(names, (_, at) => at + 1).filter((stride) => divisor(stride, names.length) === 1);
  const stride = strides[Math.max(round, 0) % strides.length] ?? 1;
  return names.map((_, at) => /** @type {N} */ (names[(at * stride) % names.length]));
}

/** The greatest common one. @type {(a: number, b: number) => number} */
const divisor = (a, b) => (b === 0 ? a : divisor(b, a % b));

/** @param {number} leastMs */
async function rest(leastMs) {
  const deadline = performance.now() + LONGEST_REST_MS;
  await sleep(leastMs);
  for (let before = cpuTime(); performance.now() < deadline;) {
    await sleep(WINDOW_MS);
    const now = cpuTime();
    if (now.busy - before.busy < QUIET * (now.all - before.all)) return;
    before = now;
  }
}

/** Of all processors, since they were started. */
function cpuTime() {
  const times = cpus().map((cpu) => cpu.times);
  const idle = times.reduce((sum, each) => sum + each.idle, 0);
  const all = times.reduce((sum, { user, nice, sys, irq }) => sum + user + nice + sys + irq, idle);
  return { all, busy: all - idle };
}

/** @param {readonly number[]} list */
export function median(list) {
  const sorted = list.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** The time of `work` alone, whatever comes after it. @param {() => Promise<unknown>} work @param {() => Promise<unknown>} after */
export async function timed(work, after) {
  const started = performance.now();
  await work();
  const took = performance.now() - started;
  await after();
  return took;
}
