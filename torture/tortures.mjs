/** What is done to every back end, in order, and how much of it: short, or whole. */
import { BUGS } from './bugs.mjs';
import { runCanary } from './canary.mjs';
import { runCrashes } from './crash.mjs';
import { runCuts } from './cuts.mjs';
import { runHistory } from './history.mjs';

/** Writers killed in all, over all back ends. */
const KILLS = { short: 300, whole: 10_000 };
/** Shares of the kills: most where the files are written by this project, fewest where a server of others commits. */
const SHARES = { fs: 5, sqlite: 3 };
const SERVER_KILLS = { short: 1, whole: 50 };
const HOUR_MS = 3_600_000;

/**
 * @typedef {{ short: boolean, seed: string, programs: string, stores: readonly string[] }} Plan
 * @typedef {Promise<{ done: string, problems: string[] }>} Outcome
 */

/** The processes of a history have clocks so far apart: Date of each process is shifted, and the clock of the machine stays. */
const CLOCKS_MS = [0, -HOUR_MS, HOUR_MS];

export const TORTURES = {
  /** The judges themselves: they must see each planted bug. */
  judges: Object.keys(BUGS).map((bug) => ({
    name: bug === 'none' ? 'a right store' : `planted: ${bug}`,
    run: (/** @type {Plan} */ plan) => judgeBug(bug, plan),
  })),
  /** @type {{ name: string, run: (backEnd: import('./backends.mjs').BackEnd, plan: Plan) => Outcome }[]} */
  stores: [
    { name: 'crashes', run: crashes },
    { name: 'histories', run: histories },
    { name: 'replies cut', run: cuts },
    { name: 'canary', run: runCanary },
  ],
};

const shareOf = (name) => SHARES[name] ?? 1;

function crashes(backEnd, { short, seed, programs, stores }) {
  const size = short ? 'short' : 'whole';
  const serverKills = backEnd.noKill === undefined ? SERVER_KILLS[size] : 0;
  return runCrashes(backEnd, {
    programs,
    seed,
    kills: Math.ceil((KILLS[size] * shareOf(backEnd.name)) / stores.reduce((sum, name) => sum + shareOf(name), 0)),
    serverKills,
  });
}

/** Where the URL names host and port, so that a proxy can stand before them. */
const CUTTABLE = /^(?:redis|postgres|postgresql|mysql|mariadb):/;

async function cuts(backEnd, { short, seed }) {
  if (CUTTABLE.test(backEnd.env.PSP_STORE)) return runCuts(backEnd, { seed, saves: short ? 10 : 300 });
  const why = backEnd.server === undefined ? 'it has no connection' : 'its URL names no port of its own';
  return { done: `left out: ${why}`, problems: [] };
}

async function histories(backEnd, { short, seed, programs }) {
  const total = { operations: 0, conflicts: 0, unknown: 0 };
  const problems = [];
  const rounds = short ? 1 : 20;
  for (let round = 0; round < rounds && problems.length === 0; round += 1) {
    const options = { processes: 4, clients: 2, operations: short ? 60 : 150, pauses: true, clocksMs: CLOCKS_MS };
    const found = await runHistory({ programs, env: backEnd.env, seed: `${seed} ${round}`, ...options });
    for (const what of Object.keys(total)) total[what] += found[what];
    problems.push(...found.problems, ...(found.violation === undefined ? [] : [found.violation]));
  }
  return { done: `${countsOf(total)}, clocks an hour apart`, problems };
}

/** One process with many clients over a store in its memory. */
async function judgeBug(bug, { seed, programs }) {
  const options = { processes: 1, clients: 8, operations: 100, bug };
  const env = { PSP_STORE: 'memory:' };
  const { violation, problems, ...counts } = await runHistory({ programs, env, seed, ...options });
  const expected = bug === 'none' ? violation === undefined : violation !== undefined;
  if (!expected) problems.push(violation ?? 'the bug was not seen');
  return { done: `${countsOf(counts)}${violation === undefined ? '' : ': seen'}`, problems };
}

const countsOf = ({ operations, conflicts, unknown }) =>
  `${operations} operations, ${conflicts} conflicts, ${unknown} without an answer`;
