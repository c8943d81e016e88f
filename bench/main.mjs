/**
 * `npm run bench`: capture and restore beside Playwright's own storageState and newContext, in one run, turn by turn, as ratios of
 * medians. Times of one machine say little; the ratios hold. `--short` does one round of the small rows.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { PlaywrightAdapter } from '@psp/playwright';
import { expectFilled, fill, launch, startSite } from './fixture.mjs';

const short = process.argv.includes('--short');
const ROUNDS = short ? 1 : 7;
const SMALL = { items: 20, records: 100, bytes: 300 };
/** Captured from a tab that has left the origins, but for `open`. */
const ROWS = [
  { name: '1 origin, open', origins: 1, open: true, ...SMALL },
  { name: '1 origin', origins: 1, ...SMALL },
  { name: '10 origins', origins: 10, ...SMALL },
  ...(short ? [] : [{ name: '50 origins', origins: 50, ...SMALL }]),
  { name: '10,000 records', origins: 1, items: 20, records: 10_000, bytes: 300 },
];

const folder = await mkdtemp(join(tmpdir(), 'psp-bench-'));
const site = await startSite();
const browser = await launch();
try {
  console.log(
    `Medians of ${ROUNDS} in ms, Playwright and PSP in turn. PSP seals and stores what it captures; Playwright keeps it in memory.\n`,
  );
  console.log(line(['', 'capture: Playwright', 'PSP', 'faster', 'restore: Playwright', 'PSP', 'faster']));
  for (const row of ROWS) console.log(line([row.name, ...(await measure(row))]));
} finally {
  await browser.close();
  await site.close();
  await rm(folder, { recursive: true });
}
await memory();

async function measure(row) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const adapter = new PlaywrightAdapter({
    storage: `file:${folder}/${row.name}`,
    keyFile: join(folder, 'key'),
    onNotice: () => undefined,
  });
  const session = await adapter.createSession(page, { name: row.name });
  await fill(page, site, row);
  if (row.open !== true) await page.goto('about:blank');
  let storageState;
  const capture = await inTurn(
    async () => void (storageState = await context.storageState({ indexedDB: true })),
    async () => void (await session.capture()),
  );
  await session.close();
  await context.close();
  const restore = await inTurn(
    () =>
      restored(row, async () => {
        const target = await browser.newContext({ storageState });
        return target.newPage();
      }),
    () =>
      restored(row, async () => {
        const target = await browser.newContext();
        const newPage = await target.newPage();
        const saved = await adapter.loadSession(session.getId());
        await saved.restore(newPage);
        await saved.close();
        return newPage;
      }),
  );
  return [...cells(capture), ...cells(restore)];
}

/** Times `restore` alone; what it gave is checked and closed off the clock. */
async function restored(row, restore) {
  const started = performance.now();
  const page = await restore();
  const took = performance.now() - started;
  await expectFilled(page, site, row);
  await page.context().close();
  return took;
}

/** Medians of both, one warm-up first. A function may give the time itself. */
async function inTurn(first, second) {
  const times = [[], []];
  for (let round = short ? 0 : -1; round < ROUNDS; round++) {
    for (const [index, run] of [first, second].entries()) {
      const started = performance.now();
      const own = await run();
      if (round >= 0) times[index].push(own ?? performance.now() - started);
    }
  }
  return times.map(median);
}

function cells([playwright, psp]) {
  return [playwright.toFixed(0), psp.toFixed(0), `${(playwright / psp).toFixed(2)} x`];
}

function line(values) {
  return values
    .map((value, index) => (index === 0 ? value.padEnd(16) : value.padStart(value.length > 9 ? value.length + 2 : 9)))
    .join('');
}

/** Each time in a process of its own, so that nothing but one capture and one restore is measured. */
async function memory() {
  const script = fileURLToPath(new URL('memory.mjs', import.meta.url));
  const runs = [];
  for (let run = 0; run < (short ? 1 : 5); run++) {
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--expose-gc',
      script,
      ...(short ? ['--short'] : []),
    ]);
    runs.push(JSON.parse(stdout));
  }
  const { records, bytes } = runs[0];
  console.log(
    `\nPeak of Node's memory above its level before, ${records.toLocaleString('en')} records, ${mega(bytes)} of state:`,
  );
  for (const name of ['capture', 'restore']) {
    const peak = median(runs.map((run) => run[name]));
    console.log(`  ${name}: ${mega(peak)}, ${(peak / bytes).toFixed(2)} times the state`);
  }
}

function median(list) {
  return list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];
}

function mega(bytes) {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
