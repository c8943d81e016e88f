/** A history of leases that real processes take of one session, from before its first save, with pauses past their time, and its judgement. */
import { join } from 'node:path';
import { Archive, openKeySource, openStore } from '@psp/core';
import { newSessionId } from '@psp/protocol';
import { clockAt } from './clocks.mjs';
import { endsOf } from './history.mjs';
import { findViolation } from './linearize.mjs';
import { LEASE } from './models.mjs';
import { startActor } from './processes.mjs';
import { numberOfState } from './values.mjs';

/** A process that is stopped may keep others out, as in the middle of a transaction: then it goes on before one of them has the lease. */
const PATIENCE_MS = 5000;
const NUMBERS = 1_000_000;

/**
 * @typedef {object} LeaseRun
 * @property {string} programs a folder
 * @property {Record<string, string>} env with PSP_STORE
 * @property {string} seed
 * @property {number} processes every third of them on a machine that falls asleep
 * @property {number} terms of each
 * @property {number} ttlMs
 * @property {number} stops how often who has the lease is stopped; in the end one is killed
 * @property {readonly import('./clocks.mjs').Clock[]} clocks of the processes, in turn
 */

/** @param {LeaseRun} run */
export async function runLeases({ programs, env, seed, processes, stops, clocks, ...task }) {
  const keys = openKeySource({ env });
  await keys.ensureKey();
  const store = await openStore(undefined, env);
  try {
    const archive = new Archive(store, keys, { keep: { versions: 200 } });
    const session = newSessionId();
    const actors = Array.from({ length: processes }, (_, index) => {
      const own = {
        ...task,
        session,
        name: `p${index}`,
        holders: 1,
        first: (index + 1) * NUMBERS,
        sleeps: index % 3 === 2,
      };
      return startHolder(programs, env, { ...own, seed, clock: clocks[index % clocks.length] });
    });
    await Promise.all(actors.map(({ ready }) => ready));
    const disturbed = disturb(actors, stops);
    for (const { go } of actors) go();
    const { taken, killed } = await disturbed;
    const problems = await endsOf(actors, killed);
    const { violation, ...counts } = judgeLeases(actors.flatMap(({ said }) => said));
    const wrong = [violation, await wrongVersion(archive, session, actors)].filter((one) => one !== undefined);
    return { ...counts, taken, problems: [...problems, ...wrong] };
  } finally {
    await store.close();
  }
}

/** One process with many holders of leases that are planted. @param {string} leaseBug @param {Pick<LeaseRun, 'programs' | 'seed'>} run */
export async function runPlantedLeases(leaseBug, { programs, seed }) {
  const task = { leaseBug, session: newSessionId(), holders: 6, terms: 8, ttlMs: 30, first: NUMBERS };
  const actor = startHolder(
    programs,
    { PSP_STORE: 'memory:' },
    { ...task, seed, name: 'p0', sleeps: false, clock: clockAt(0) },
  );
  await actor.ready;
  actor.go();
  const problems = await endsOf([actor], undefined);
  return { ...judgeLeases(actor.said), problems };
}

function startHolder(programs, env, { clock, ...task }) {
  const expected = ['LEASED', 'LEASE_LOST', 'FENCED'];
  return startActor(
    join(programs, 'holder.mjs'),
    { ...env, ...clock.env },
    { ...task, expected, clockMs: clock.dateMs },
  );
}

/** Stops who gets the lease until somebody else has it. */
async function disturb(actors, stops) {
  let taken = 0;
  for (let stop = 0; stop < stops; stop += 1) {
    const holder = await nextHolder(actors);
    if (holder === undefined) return { taken, killed: undefined };
    holder.send('SIGSTOP');
    const successor = await nextHolder(
      actors.filter((actor) => actor !== holder),
      PATIENCE_MS,
    );
    if (successor !== undefined) taken += 1;
    holder.send('SIGCONT');
  }
  const killed = await nextHolder(actors);
  killed?.send('SIGKILL');
  return { taken, killed };
}

/** Who of them next says that it got the lease; undefined when all have ended, or nobody did for so long. */
function nextHolder(actors, patienceMs) {
  return new Promise((resolve) => {
    const timer = patienceMs === undefined ? undefined : setTimeout(resolve, patienceMs);
    const found = (actor) => {
      clearTimeout(timer);
      resolve(actor);
    };
    for (const actor of actors)
      actor.hear((line) => {
        if (line.answer === 'done' && line.fence !== undefined) found(actor);
      });
    void Promise.all(actors.map(({ ended }) => ended)).then(() => found(undefined));
  });
}

/** @param {any[]} lines of all processes */
export function judgeLeases(lines) {
  const operations = operationsOf(lines);
  const count = (kind, answer) => operations.filter((one) => one.kind === kind && one.answer === answer).length;
  const counts = {
    grants: count('grant', 'done'),
    saves: count('save', 'done'),
    refused: count('save', 'refused'),
    lost: lines.filter(({ lost }) => lost !== undefined).length,
  };
  const found = findViolation(operations, LEASE);
  const none =
    counts.grants === 0 || counts.saves === 0 ? 'nobody got a lease, or nobody could save under one' : undefined;
  return { ...counts, violation: found === undefined ? none : shown(found, operations.length) };
}

/** Without grants of whom nobody knows the fence: each later one is higher in any case. */
function operationsOf(lines) {
  const answers = new Map(lines.filter((line) => 'answers' in line).map((line) => [line.answers, line]));
  return lines.flatMap(({ calls, kind, fence, at }) => {
    if (calls === undefined) return [];
    const { answer = 'unknown', fence: given, at: end } = answers.get(calls) ?? {};
    if (answer === 'unknown' || (kind === 'grant' && answer === 'refused')) return [];
    return [{ id: calls, kind, fence: given ?? fence, start: at, end, answer }];
  });
}

function shown({ placed, state, stuck }, length) {
  const lines = stuck.map(
    ({ id, kind, fence, answer, start, end }) =>
      `  ${id.padEnd(10)} ${start.toFixed(3)} to ${end.toFixed(3)}  ${kind} with fence ${fence}: ${answer}`,
  );
  return `of ${length} steps ${placed} can be placed in an order, the newest fence is then ${state}, and none of these fits:\n${lines.join('\n')}`;
}

/** What stands was saved by one that may have saved it, each version under no older lease than the one before; and nothing is missing. */
async function wrongVersion(archive, session, actors) {
  const saves = savesOf(actors.flatMap(({ said }) => said));
  const standing = new Set();
  let newest = 0;
  for (const { version } of (await archive.versions(session)).toReversed()) {
    const number = await numberOfState((await archive.open(session, { version })).state);
    standing.add(number);
    const { fence, answer } = saves.get(number);
    if (answer === 'refused') return `version ${version} stands, and its save under fence ${fence} was told as refused`;
    if (fence < newest) return `version ${version} was saved under fence ${fence}, after one under ${newest}`;
    newest = fence;
  }
  const lost = [...saves].find(([number, { answer }]) => answer === 'done' && !standing.has(number));
  return lost === undefined ? undefined : `a save under fence ${lost[1].fence} was acknowledged, and is gone`;
}

function savesOf(lines) {
  const answers = new Map(lines.filter((line) => 'answers' in line).map((line) => [line.answers, line.answer]));
  const saves = lines.filter(({ kind }) => kind === 'save');
  return new Map(saves.map(({ calls, number, fence }) => [number, { fence, answer: answers.get(calls) ?? 'unknown' }]));
}
