/**
 * `npm run torture`: over every back end that can be started here, kills of writers and servers, concurrent histories and their
 * judgement, and faults. Prints its seed, what it did and what it found; exits 1 when anything was wrong.
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

const USAGE = `npm run torture -- [--short] [--store ${BACK_ENDS.join(',')}]
  [--only crashes,leases] [--kills N] [--minutes N] [--seed WORD]

--short    what the tests run
--store    these back ends
--only     these tortures
--kills    how many writers are killed, over all back ends
--minutes  after so many no more writers are killed
--seed     repeats the choices of a run`;

const values = argumentsOrEnd();
const size = values.short ? 'short' : 'whole';
const seed = values.seed ?? randomBytes(4).toString('hex');
const stores = named('store', BACK_ENDS, values.short ? SHORT_BACK_ENDS : BACK_ENDS);
const names = TORTURES.stores.map(({ name }) => name);
const only = named('only', names, names);
const kills = numberOf('kills', KILLS[size]);
const untilMs = performance.now() + numberOf('minutes', Infinity) * 60_000;
console.log(`torture${values.short ? ' --short' : ''}, ${kills} kills, seed ${seed}`);

const programs = await bundlePrograms();
const rows = [];
try {
  /** @type {import('./tortures.mjs').Plan} */
  const plan = { size, kills, untilMs, seed, programs: programs.folder, stores };
  const judges = () => Promise.all(TORTURES.judges.map(({ name, run }) => row('judges', name, () => run(plan))));
  const judging = values.only === undefined ? [judges] : [];
  rows.push(...(await atOnce([...judging, ...stores.map((store) => () => torture(store, plan))])).flat());
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

function argumentsOrEnd() {
  try {
    const { values: given } = parseArgs({
      options: {
        short: { type: 'boolean', default: false },
        help: { type: 'boolean' },
        store: { type: 'string' },
        only: { type: 'string' },
        kills: { type: 'string' },
        minutes: { type: 'string' },
        seed: { type: 'string' },
      },
    });
    if (given.help !== true) return given;
    console.log(USAGE);
    process.exit(0);
  } catch (error) {
    return end(error instanceof Error ? error.message : String(error));
  }
}

/** @param {'store' | 'only'} option @param {readonly string[]} known @param {readonly string[]} otherwise */
function named(option, known, otherwise) {
  const wanted = values[option]?.split(',') ?? otherwise;
  const unknown = wanted.filter((name) => !known.includes(name));
  return unknown.length === 0 ? wanted : end(`expected some of ${known.join(',')}, found ${unknown.join(',')}`, option);
}

/** @param {'kills' | 'minutes'} option @param {number} otherwise */
function numberOf(option, otherwise) {
  const number = Number(values[option] ?? otherwise);
  return number >= 0 ? number : end(`expected a number, found ${values[option]}`, option);
}

/** @param {string} message @param {string} [option] @returns {never} */
function end(message, option) {
  console.error(`${option === undefined ? '' : `--${option}: `}${message}\n\n${USAGE}`);
  process.exit(2);
}

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
    for (const { name, run } of TORTURES.stores.filter((one) => only.includes(one.name))) {
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
