/**
 * `npm run matrix`: each source is captured once, and restored into each target. Writes docs/compatibility.md. `--short` does few
 * pairs, `--only a,b` those between the endpoints named, `--from a` and `--to b` those of some sources or targets; these write no page.
 */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { endpoints } from './endpoints/index.mjs';
import { compatibilityPage } from './page.mjs';
import { allPairs, shortPairs } from './plan.mjs';
import { MatrixRun } from './run.mjs';

const RESULTS = fileURLToPath(new URL('results.json', import.meta.url));
const PAGE = fileURLToPath(new URL('../docs/compatibility.md', import.meta.url));
/** More browsers at once make each slower, and nothing sooner done. */
const WORKERS = 2;
/** What users have and no run here has. */
const NEVER = [
  {
    name: "Playwright's own WebKit and Firefox",
    reason: 'they are builds of Playwright, downloaded from its servers, which the machine of this run cannot reach',
  },
  { name: 'Safari', reason: 'it runs on macOS only; WebKitGTK stands for its engine' },
];

const { short, ...filters } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    only: { type: 'string' },
    from: { type: 'string' },
    to: { type: 'string' },
  },
}).values;
const [only, from, to] = [filters.only, filters.from, filters.to].map(endpointNames);
const absent = endpoints.flatMap((endpoint) => {
  const reason = endpoint.missing();
  return reason === undefined ? [] : [{ name: endpoint.name, reason }];
});
const present = endpoints.filter(({ name }) => !absent.some((it) => it.name === name));
const chosen = only === undefined ? present : present.filter(({ name }) => only.includes(name));
const pairs = (short ? shortPairs(chosen) : allPairs(chosen)).filter(
  ([source, target]) => (from?.includes(source.name) ?? true) && (to?.includes(target.name) ?? true),
);
const isWhole = !short && only === undefined && from === undefined && to === undefined;

// Frameworks listen for these, each for its own browsers; the run is to end.
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));

for (const { name, reason } of absent) console.log(`left out: ${name}: ${reason}`);
const started = performance.now();
const run = await MatrixRun.start();
try {
  const results = await inTurns(pairs);
  const sources = await Promise.all(
    [...new Set(pairs.map(([source]) => source))].map((source) => run.captured(source)),
  );
  const described = endpoints.map(({ name, label, engine, through, framework }) => ({
    name,
    label,
    engine,
    through,
    framework,
  }));
  const facts = { never: NEVER, urls: run.app.urls, node: process.versions.node };
  const whole = { endpoints: described, absent, sources, pairs: results, ...facts };
  await writeFile(RESULTS, `${JSON.stringify(whole, null, 1)}\n`);
  if (isWhole) await writeFile(PAGE, compatibilityPage(whole));
  for (const error of run.app.errors) console.log(`application: ${error}`);
  const good = results.filter((pair) => pair.good).length;
  console.log(`\n${good} of ${results.length} pairs (${Math.round((performance.now() - started) / 1000)} s)`);
  process.exitCode = good === results.length && results.length > 0 ? 0 : 1;
} finally {
  await run.close();
}
// A framework that keeps a handle must not keep the run.
process.exit();

/** @param {typeof pairs} work */
async function inTurns(work) {
  const results = [];
  let next = 0;
  const worker = async () => {
    while (next < work.length) {
      const at = next++;
      const [source, target] = work[at];
      results[at] = await run.pair(source, target);
      console.log(line(results[at]));
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, worker));
  return results;
}

function line({ source, target, good, reason, lost, equal }) {
  const what = good ? `${equal.length} equal${lost.length === 0 ? '' : `, ${lost.length} lost by name`}` : reason;
  return `${good ? 'good    ' : 'not good'}  ${source} -> ${target}: ${what}`;
}

/** @param {string | undefined} list names with commas between them */
function endpointNames(list) {
  const names = list?.split(',');
  const unknown = names?.find((name) => !endpoints.some((endpoint) => endpoint.name === name));
  if (unknown === undefined) return names;
  console.error(`There is no endpoint ${unknown}. There are ${endpoints.map(({ name }) => name).join(', ')}.`);
  process.exit(2);
}
