/** Measures pieces of work in turn, so that what the machine does meanwhile meets all of them alike. Knows nothing of what they do. */
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Medians in ms by name, after one round that does not count. A piece that gives a number was timed by itself, without its preparation.
 * @template {string} N
 * @param {number} rounds
 * @param {Record<N, () => Promise<number | void>>} pieces
 * @param {{ restMs?: number }} options before each piece, so that what the one before left behind (a browser ends tabs after it said so) is none of its
 * @returns {Promise<Record<N, number>>}
 */
export async function inTurns(rounds, pieces, { restMs = 0 } = {}) {
  const names = /** @type {N[]} */ (Object.keys(pieces));
  const times = new Map(names.map((name) => [name, /** @type {number[]} */ ([])]));
  for (let round = rounds === 1 ? 0 : -1; round < rounds; round++) {
    for (const name of names) {
      await sleep(restMs);
      const started = performance.now();
      const own = await pieces[name]();
      const took = typeof own === 'number' ? own : performance.now() - started;
      if (round >= 0) times.get(name)?.push(took);
    }
  }
  const medians = names.map((name) => [name, median(times.get(name) ?? [])]);
  return /** @type {Record<N, number>} */ (Object.fromEntries(medians));
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
