/**
 * `npm run bench` (`npm run bench -- stores` for stores.mjs): capture and restore beside Playwright's own storageState, and beside what the browser itself takes for its part of
 * the work, in one run, turn by turn, as ratios of medians. Times of one machine say little; the ratios hold. A whole run writes
 * docs/performance.md; `--short` does one round of the small rows and writes nothing.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { blankNavigations, newPage, readRecords, writeRecords } from './floors.mjs';
import { launch, startSite } from './fixture.mjs';
import { measureMemory } from './peaks.mjs';
import { Bench } from './pieces.mjs';
import { markdown, table } from './report.mjs';
import { inTurns as measuredInTurns } from './turns.mjs';

if (process.argv[2] === 'stores') {
  await import('./stores.mjs');
  process.exit();
}

const short = process.argv.includes('--short');
const ROUNDS = short ? 1 : 5;
/** Of what takes so few milliseconds that any hiccup of the machine shows. */
const MANY_ROUNDS = short ? 1 : 11;
const SMALL = { items: 20, records: 100, bytes: 300 };

const folder = await mkdtemp(join(tmpdir(), 'psp-bench-'));
const site = await startSite();
const browser = await launch();
try {
  const results = [];
  for (const measure of [oneOrigin, oneOpenOrigin, many, lazy, records, ...(short ? [] : [growth])]) {
    results.push(...(await measure()));
  }
  const memory = await measureMemory(short);
  console.log(table(results, memory));
  if (!short)
    await writeFile(new URL('../docs/performance.md', import.meta.url), markdown(results, memory, browser.version()));
} finally {
  await browser.close();
  await site.close();
  await rm(folder, { recursive: true });
}

/** @type {typeof measuredInTurns} */
function inTurns(rounds, pieces) {
  return measuredInTurns(rounds, pieces, { restMs: 300 });
}

/** Captured from a tab that has left the origin. */
async function oneOrigin() {
  return small({ name: '1 origin', origins: 1, ...SMALL });
}

async function oneOpenOrigin() {
  return small({ name: '1 origin, open', origins: 1, open: true, ...SMALL });
}

async function small(row) {
  return withBench(row, async (bench) => {
    const capture = await inTurns(ROUNDS, { playwright: bench.playwrightCapture, psp: bench.pspCapture });
    const restore = await inTurns(ROUNDS, { playwright: bench.playwrightRestore, psp: bench.pspRestore });
    return [result(row, 'capture', capture), result(row, 'restore', restore)];
  });
}

async function many() {
  const row = { name: short ? '4 origins' : '50 origins', origins: short ? 4 : 50, ...SMALL };
  return withBench(row, async (bench) => {
    const floor = () => blankNavigations(browser, originsOf(row));
    const capture = await inTurns(ROUNDS, {
      playwright: bench.playwrightCapture,
      psp: bench.pspCapture,
      least: bench.leastCapture,
      floor,
    });
    const restore = await inTurns(ROUNDS, {
      playwright: bench.playwrightRestore,
      psp: bench.pspRestore,
      least: bench.leastRestore,
      floor: async () => (await newPage(browser)) + (await floor()),
    });
    return rows(row, { capture, 'eager restore': restore });
  });
}

async function lazy() {
  const row = { name: short ? '4 origins, lazy' : '50 origins, lazy', origins: short ? 4 : 50, ...SMALL };
  return withBench(row, async (bench) => {
    await bench.playwrightCapture();
    await bench.pspCapture();
    await bench.leastCapture();
    const { blank, ...page } = await inTurns(ROUNDS, {
      playwright: bench.playwrightFirstPage,
      psp: bench.pspFirstPage,
      least: bench.leastFirstPage,
      plain: bench.plainVisit,
      blank: async () => (await blankNavigations(browser, originsOf(row))) / row.origins,
    });
    const call = await inTurns(MANY_ROUNDS, {
      playwright: bench.playwrightCall,
      psp: bench.lazyCall,
      least: bench.leastCall,
    });
    const floor = page.plain + blank;
    return rows(row, { 'restore until the first page': { ...page, floor }, 'restore, the call itself': call });
  });
}

async function records() {
  const count = short ? 2_000 : 10_000;
  const row = { name: `${count.toLocaleString('en')} records`, origins: 1, items: 0, records: count, bytes: 300 };
  return withBench(row, async (bench) => {
    // Another tab of the origin, so that the one that is captured stands elsewhere.
    const floorPage = await (
      await browser.newContext({ storageState: await bench.context.storageState({ indexedDB: true }) })
    ).newPage();
    await floorPage.goto(`${site.origin(0)}/`);
    const capture = await inTurns(ROUNDS, {
      playwright: bench.playwrightCapture,
      psp: bench.pspCapture,
      least: bench.leastCapture,
      floor: () => readRecords(floorPage),
    });
    const restore = await inTurns(ROUNDS, {
      playwright: bench.playwrightRestore,
      psp: bench.pspRestore,
      least: bench.leastRestore,
      floor: async () => (await newPage(browser)) + (await writeRecords(floorPage)),
    });
    await floorPage.context().close();
    return rows(row, { capture, restore });
  });
}

/** What an origin costs among few and among many. */
async function growth() {
  const costs = { capture: {}, restore: {} };
  for (const origins of [10, 200]) {
    const row = { name: `${origins} origins`, origins, ...SMALL };
    await withBench(row, async (bench) => {
      const { capture, restore } = await inTurns(3, { capture: bench.pspCapture, restore: bench.pspRestore });
      costs.capture[origins] = capture / origins;
      costs.restore[origins] = restore / origins;
      return [];
    });
  }
  return Object.entries(costs).map(([work, { 10: few, 200: lots }]) => ({
    name: '200 origins',
    work: `${work}, each origin beside 10 origins`,
    psp: lots,
    growth: lots / few,
  }));
}

async function withBench(row, work) {
  const bench = await Bench.open({ browser, site, folder, row });
  try {
    return await work(bench);
  } finally {
    await bench.close();
  }
}

function result({ name }, work, { playwright, psp, floor }) {
  return {
    name,
    work,
    playwright,
    psp,
    faster: playwright / psp,
    ...(floor === undefined ? {} : { floor, over: psp / floor }),
  };
}

/** @param {Record<string, any>} works medians by what was done */
function rows(row, works) {
  return Object.entries(works).flatMap(([work, times]) => [result(row, work, times), besideLeast(row, work, times)]);
}

/** The same work beside a script that does no more than it must, which shows how far ahead of Playwright anybody can be. */
function besideLeast({ name }, work, { playwright, least, psp }) {
  const what = `${work}, the least: ${(playwright / least).toFixed(2)} x faster than Playwright`;
  return { name, work: what, psp, floor: least, over: psp / least };
}

function originsOf({ origins }) {
  return Array.from({ length: origins }, (_, index) => site.origin(index));
}
