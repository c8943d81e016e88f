/**
 * `npm run torture`: over every back end that can be started here, kills of writers and servers, concurrent histories and their
 * judgement, and faults. `--short` is what the tests run; `--store fs,redis` names back ends; `--seed WORD` repeats a run's choices. Prints
 * its seed, what it did and what it found; exits 1 when anything was wrong.
 */
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { BACK_ENDS, openBackEnd, SHORT_BACK_ENDS } from './backends.mjs';
import { bundlePrograms } from './processes.mjs';
import { printTable } from './report.mjs';
import { TORTURES } from './tortures.mjs';

const { values } = parseArgs({
  options: { short: { type: 'boolean', default: false }, store: { type: 'string' }, seed: { type: 'string' } },
});
const seed = values.seed ?? randomBytes(4).toString('hex');
const chosen = values.store?.split(',') ?? (values.short ? SHORT_BACK_ENDS : BACK_ENDS);
const unknown = chosen.filter((name) => !BACK_ENDS.includes(name));
if (unknown.length > 0) {
  console.error(`--store: expected some of ${BACK_ENDS.join(', ')}, found ${unknown.join(', ')}`);
  process.exit(1);
}
console.log(`torture${values.short ? ' --short' : ''}, seed ${seed}`);

const rows = [];
const programs = await bundlePrograms();
try {
  const plan = { short: values.short, seed, programs: programs.folder, stores: chosen };
  for (const { name, run } of TORTURES.judges) rows.push(await row('judges', name, () => run(plan)));
  for (const store of chosen) await torture(store, plan);
} finally {
  await programs.remove();
}
printTable(rows);
if (values.short && values.store === undefined)
  console.log(
    `not in a short run: ${BACK_ENDS.filter((name) => !chosen.includes(name)).join(', ')} (name them with --store)`,
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

async function torture(store, plan) {
  const backEnd = await openBackEnd(store);
  if ('missing' in backEnd) {
    rows.push({
      store,
      name: 'everything',
      done: `left out: ${backEnd.missing}`,
      seconds: 0,
      problems: process.env.CI === 'true' ? ['in CI nothing is left out'] : [],
    });
    return;
  }
  try {
    for (const { name, run } of TORTURES.stores) rows.push(await row(store, name, () => run(backEnd, plan)));
  } finally {
    await backEnd.close();
  }
}

async function row(store, name, work) {
  const started = performance.now();
  try {
    const { done, problems } = await work();
    return { store, name, done, problems, seconds: (performance.now() - started) / 1000 };
  } catch (error) {
    return {
      store,
      name,
      done: 'ended early',
      problems: [error instanceof Error ? error.stack : String(error)],
      seconds: (performance.now() - started) / 1000,
    };
  }
}
