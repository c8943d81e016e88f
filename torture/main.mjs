/**
 * `npm run torture`: over every back end that can be started here, kills of writers and servers, concurrent histories and their
 * judgement, and faults. `--short` is what the tests run; `--store fs,redis` names back ends; `--kills N` says how many writers are killed,
 * `--minutes N` after how long no more of them are; `--seed WORD` repeats a run's choices. Prints its seed, what it did and what it
 * found; exits 1 when anything was wrong.
 */
import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { BACK_ENDS, openBackEnd, SHORT_BACK_ENDS } from './backends.mjs';
import { bundlePrograms } from './processes.mjs';
import { lineOf, printTable } from './report.mjs';
import { TORTURES } from './tortures.mjs';

const KILLS = { short: 300, whole: 10_000 };
/** Back ends at once: most of the time each waits for a disk. */
const AT_ONCE = availableParallelism() + 2;

const { values } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    store: { type: 'string' },
    kills: { type: 'string' },
    minutes: { type: 'string' },
    seed: { type: 'string' },
  },
});
const size = values.short ? 'short' : 'whole';
const seed = values.seed ?? randomBytes(4).toString('hex');
const stores = values.store?.split(',') ?? (values.short ? SHORT_BACK_ENDS : BACK_ENDS);
const unknown = stores.filter((name) => !BACK_ENDS.includes(name));
if (unknown.length > 0) {
  console.error(`--store: expected some of ${BACK_ENDS.join(', ')}, found ${unknown.join(', ')}`);
  process.exit(1);
}
const kills = Number(values.kills ?? KILLS[size]);
const untilMs = performance.now() + Number(values.minutes ?? Infinity) * 60_000;
console.log(`torture${values.short ? ' --short' : ''}, ${kills} kills, seed ${seed}`);

const programs = await bundlePrograms();
const rows = [];
try {
  /** @type {import('./tortures.mjs').Plan} */
  /** @type {import('./tortures.mjs').Plan} */
  const plan = { size, kills, untilMs, seed, programs: programs.folder, stores };
  const judges = () => Promise.all(TORTURES.judges.map(({ name, run }) => row('judges', name, () => run(plan))));
  rows.push(...(await atOnce([judges, ...stores.map((store) => () => torture(store, plan))])).flat());
} finally {
  await programs.remove();
}
printTable(rows);
if (values.short && values.store === undefined)
  console.log(
    `not in a short run: ${BACK_ENDS.filter((name) => !stores.includes(name)).join(', ')} (name them with --store)`,
  );
const failed = rows.filter(({ problems }) => problems.length > 0);
for (const { store, name, problems } of failed)
  console.log(`\n${store}, ${name}:\n${problems.slice(0, 10).join('\n')}`);
console.log(
  failed.length === 0
    ? '\nnothing was lost, torn or granted twice'
    : `\n${failed.length} failed; again with --seed ${seed}`,
);
process.exitCode = failed.length === 0 ? 0 : 1;

/** What each job gives, in their order. @template T @param {readonly (() => Promise<T>)[]} jobs @returns {Promise<T[]>} */
async function atOnce(jobs) {
  const results = [];
  let next = 0;
  const work = async () => {
    while (next < jobs.length) {
      const index = next++;
      results[index] = await jobs[index]();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return results;
}

async function torture(store, plan) {
  const backEnd = await openBackEnd(store);
  if ('missing' in backEnd) {
    const problems = process.env.CI === 'true' ? ['in CI nothing is left out'] : [];
    return [{ store, name: 'everything', done: `left out: ${backEnd.missing}`, seconds: 0, problems }];
  }
  const done = [];
  try {
    for (const { name, run } of TORTURES.stores) {
      done.push(await row(store, name, () => run(backEnd, plan)));
      // A whole run takes hours.
      if (!values.short) console.log(lineOf(done.at(-1)));
    }
  } finally {
    await backEnd.close();
  }
  return done;
}

async function row(store, name, work) {
  const started = performance.now();
  const secondsOf = () => (performance.now() - started) / 1000;
  try {
    const { done, problems } = await work();
    return { store, name, done, problems, seconds: secondsOf() };
  } catch (error) {
    const problems = [error instanceof Error ? error.stack : String(error)];
    return { store, name, done: 'ended early', problems, seconds: secondsOf() };
  }
}
