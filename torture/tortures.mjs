/** What is done to every back end, in order, and how much of it: short, or whole. */
import { BUGS } from './bugs.mjs';
import { runCanary } from './canary.mjs';
import { clockAt, CLOCK_WORDS } from './clocks.mjs';
import { runCrashes } from './crash.mjs';
import { runCuts } from './cuts.mjs';
import { runFault } from './faults.mjs';
import { runHistory } from './history.mjs';
import { LEASE_BUGS } from './lease-bugs.mjs';
import { runLeases, runPlantedLeases } from './leases.mjs';
import { BUSY_RIGS, DENIED_RIGS, FULL_RIGS } from './rigs.mjs';

/** Shares of the kills: most where the files are written by this project, fewest where a server of others commits. */
const SHARES = { fs: 5, sqlite: 3 };
const HOUR_MS = 3_600_000;
const SIZES = {
  short: {
    serverKills: 1,
    saves: 10,
    faults: 1,
    history: { rounds: 1, processes: 4, clients: 2, operations: 60 },
    leases: { rounds: 1, processes: 3, terms: 3, stops: 2, ttlMs: 200 },
  },
  whole: {
    serverKills: 50,
    saves: 300,
    faults: 5,
    history: { rounds: 20, processes: 4, clients: 2, operations: 150 },
    leases: { rounds: 10, processes: 4, terms: 6, stops: 6, ttlMs: 300 },
  },
};

/**
 * @typedef {object} Plan
 * @property {'short' | 'whole'} size
 * @property {number} kills of writers, over all stores
 * @property {number} untilMs of the monotonic clock: then no more writers are killed
 * @property {string} seed
 * @property {string} programs a folder
 * @property {readonly string[]} stores
 */
/** @typedef {Promise<{ done: string, problems: string[] }>} Outcome */

/** Of the processes of a history. The clock of the machine stays. */
const CLOCKS = [clockAt(0), clockAt(-HOUR_MS), clockAt(HOUR_MS)];

export const TORTURES = {
  /** The judges themselves: they must see each planted bug. */
  judges: [
    ...Object.keys(BUGS).map((bug) => ({
      name: bug === 'none' ? 'a right store' : `planted: ${bug}`,
      run: (/** @type {Plan} */ plan) => judgeBug(bug, plan),
    })),
    ...LEASE_BUGS.map((bug) => ({
      name: bug === 'none' ? 'right leases' : `planted: ${bug}`,
      run: (/** @type {Plan} */ plan) => judgeLeaseBug(bug, plan),
    })),
  ],
  /** @type {{ name: string, run: (backEnd: import('./backends.mjs').BackEnd, plan: Plan) => Outcome }[]} */
  stores: [
    { name: 'crashes', run: crashes },
    { name: 'histories', run: histories },
    { name: 'leases', run: leases },
    { name: 'replies cut', run: cuts },
    fault('disk full', FULL_RIGS, ''),
    fault('rights lost', DENIED_RIGS, ''),
    fault('refused for now', BUSY_RIGS, 'it has no HTTP server'),
    { name: 'canary', run: runCanary },
  ],
};

const shareOf = (name) => SHARES[name] ?? 1;

async function crashes(backEnd, { size, kills, untilMs, seed, programs, stores }) {
  const share = shareOf(backEnd.name) / stores.reduce((sum, name) => sum + shareOf(name), 0);
  const serverKills = backEnd.noKill === undefined ? SIZES[size].serverKills : 0;
  const outcome = await runCrashes(backEnd, { programs, seed, kills: Math.ceil(kills * share), serverKills, untilMs });
  return backEnd.noKill === undefined ? outcome : { ...outcome, done: `${outcome.done}; no server: ${backEnd.noKill}` };
}

/** Where the URL names host and port, or an endpoint, so that a proxy can stand before them. */
const CUTTABLE = /^(?:redis|postgres|postgresql|mysql|mariadb):|[?&]endpoint=/;

async function cuts(backEnd, { size, seed }) {
  if (CUTTABLE.test(backEnd.env.PSP_STORE)) return runCuts(backEnd, { seed, saves: SIZES[size].saves });
  const why = backEnd.server === undefined ? 'it has no connection' : 'its URL names no port of its own';
  return { done: `left out: ${why}`, problems: [] };
}

/** @param {string} what @param {Readonly<Record<string, import('./rigs.mjs').RigMaker>>} rigs @param {string} otherwise why there is none for a back end */
function fault(what, rigs, otherwise) {
  return {
    name: what,
    async run(backEnd, { size, seed }) {
      const make = rigs[backEnd.name];
      if (make === undefined) return { done: `left out: ${otherwise}`, problems: [] };
      return runFault(backEnd, make, { seed, rounds: SIZES[size].faults, what });
    },
  };
}

async function histories(backEnd, { size, seed, programs }) {
  const { rounds, ...each } = SIZES[size].history;
  const run = { programs, env: backEnd.env, pauses: true, clocks: CLOCKS, ...each };
  const { problems, ...total } = await inRounds(rounds, async (round) => {
    const { violation, problems: found, ...counts } = await runHistory({ ...run, seed: `${seed} ${round}` });
    return { ...counts, problems: [...found, ...(violation === undefined ? [] : [violation])] };
  });
  return { done: `${countsOf(total)}, ${CLOCK_WORDS}`, problems };
}

async function leases(backEnd, { size, seed, programs }) {
  const { rounds, ...each } = SIZES[size].leases;
  const run = { programs, env: backEnd.env, clocks: CLOCKS, ...each };
  const { problems, ...total } = await inRounds(rounds, (round) => runLeases({ ...run, seed: `${seed} ${round}` }));
  return { done: `${leaseCountsOf(total)}, ${total.taken} taken over from a stopped process`, problems };
}

/** The sum of all counts; no more rounds once something is wrong. */
async function inRounds(rounds, run) {
  /** @type {any} */
  const total = { problems: [] };
  for (let round = 0; round < rounds && total.problems.length === 0; round += 1) {
    const { problems, ...counts } = await run(round);
    total.problems.push(...problems);
    for (const [what, count] of Object.entries(counts)) total[what] = (total[what] ?? 0) + count;
  }
  return total;
}

/** One process with many clients over a store in its memory. */
async function judgeBug(bug, { seed, programs }) {
  const options = { processes: 1, clients: 8, operations: 100, bug };
  const env = { PSP_STORE: 'memory:' };
  const { violation, problems, ...counts } = await runHistory({ programs, env, seed, ...options });
  return judged(bug, countsOf(counts), { violation, problems });
}

async function judgeLeaseBug(bug, { seed, programs }) {
  const { violation, problems, ...counts } = await runPlantedLeases(bug, { programs, seed });
  return judged(bug, leaseCountsOf(counts), { violation, problems });
}

/** A planted bug must be seen, and nothing where there is none. */
function judged(bug, counts, { violation, problems }) {
  const expected = bug === 'none' ? violation === undefined : violation !== undefined;
  return {
    done: `${counts}${violation === undefined ? '' : ': seen'}`,
    problems: expected ? problems : [...problems, violation ?? 'the bug was not seen'],
  };
}

const countsOf = ({ operations, conflicts, unknown }) =>
  `${operations} operations, ${conflicts} conflicts, ${unknown} without an answer`;

const leaseCountsOf = ({ grants, saves, refused, lost }) =>
  `${grants} leases, ${saves} saves under them and ${refused} refused, ${lost} lost`;
