/**
 * A process that takes the lease of a session again and again, works under it, at times for longer than it holds, and says before and
 * after each step what it does and what came of it: `{ calls: id, ... }` and `{ answers: id, ... }`, with monotonic times.
 */
import { Archive, openKeySource } from '@psp/core';
import { PspError } from '@psp/protocol';
import { codeOf, nowMs, pause, random, say, started, store, task } from './child.mjs';
import { leasesWith } from './lease-bugs.mjs';
import { stateOf } from './values.mjs';

const WAIT_MS = 60_000;
const STEPS = 6;
/** Of a process that could not save yet. */
const MOST_TERMS = 20;
const LONGEST_REST_MS = 2000;
/** What is known to have changed nothing. */
const REFUSED = new Set(['LEASED', 'LEASE_LOST', 'FENCED', 'CONFLICT', 'STORE_UNAVAILABLE']);

/** A machine that was asleep does not know for how long: its monotonic clock stood still. */
let sleptMs = 0;
/** Each has a number of its own. */
let saves = 0;
let hasSaved = false;
const options = { keep: { versions: 200 }, ...(task.sleeps ? { monotonicMs: () => performance.now() - sleptMs } : {}) };
const archives = Array.from({ length: task.holders }, () =>
  task.leaseBug === undefined ? new Archive(store, openKeySource(), options) : leasesWith(task.leaseBug),
);

await revisionOf(archives[0]);
await started();
await Promise.all(archives.map((archive, holder) => serve(archive, holder)));
await store.close();

async function serve(archive, holder) {
  let ttlMs = task.ttlMs;
  for (let term = 0; term < task.terms || (!hasSaved && term < MOST_TERMS); term += 1) {
    const step = stepsOf(`${task.name}.${holder}.${term}`);
    const renew = !task.sleeps && random.below(2) === 0;
    const lease = await step('grant', { ttlMs }, () =>
      archive.lease(task.session, { ttlMs, waitMs: WAIT_MS, renew, holder: task.name }),
    );
    const saved = lease !== undefined && (await work(archive, lease, step, ttlMs));
    hasSaved ||= saved;
    // On a machine that is too slow for it nobody would ever save.
    if (!saved) ttlMs *= 2;
  }
}

/** Whether a save was done. */
async function work(archive, lease, step, ttlMs) {
  const { fence } = lease;
  let saved = false;
  lease.onLost(() => say({ lost: fence }));
  for (let number = 0; number < STEPS; number += 1) {
    const chance = random.below(8);
    if (chance === 0) await rest(ttlMs);
    else if (chance === 1) await step('renew', { fence }, () => lease.renew());
    else if (chance === 2 && !task.sleeps) await step('held', { fence }, async () => heldOrNot(lease));
    else saved = ((await save(archive, lease, step)) ?? false) || saved;
  }
  await step('release', { fence }, () => lease.release());
  return saved;
}

/** Past the time of a lease that does not renew itself. */
async function rest(ttlMs) {
  const ms = random.below(Math.min(2 * ttlMs, LONGEST_REST_MS));
  if (task.sleeps) sleptMs += ms;
  await pause(ms);
}

function heldOrNot(lease) {
  if (!lease.isHeld) throw Object.assign(new Error(), { code: 'LEASE_LOST' });
}

async function save(archive, lease, step) {
  const number = task.first + (saves += 1);
  return step('save', { fence: lease.fence, number }, async () => {
    const base = await revisionOf(archive);
    const state = stateOf(task.session, number, random.below(3000), random);
    await archive.save(state, { ...(base === undefined ? {} : { base }), lease });
    return true;
  });
}

/** Undefined before the first save. */
async function revisionOf(archive) {
  try {
    return (await archive.metadata(task.session)).revision;
  } catch (error) {
    if (error instanceof PspError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}

/** Gives what came of a step, undefined where it was refused or nobody knows. */
function stepsOf(term) {
  let number = 0;
  return async (kind, told, run) => {
    const id = `${term}.${(number += 1)}`;
    say({ calls: id, kind, ...told, at: nowMs() });
    try {
      const given = await run();
      say({ answers: id, answer: 'done', ...(kind === 'grant' ? { fence: given.fence } : {}), at: nowMs() });
      return given;
    } catch (error) {
      const code = codeOf(error);
      say({ answers: id, answer: REFUSED.has(code) ? 'refused' : 'unknown', code, at: nowMs() });
      return undefined;
    }
  };
}
