/**
 * The frameworks that need a newer Node.js than this project: Stagehand 4, Puppeteer 25 and the current Selenium, each in a child
 * process under the Node.js 22 that `matrix/node22` installs. A run in CI fails where it cannot be installed.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { DRIVER_CASES } from '@psp/core/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, type TestContext } from 'vitest';
import { node22 } from '../../../matrix/node22/install.mjs';
import { startSite, type TestSite } from '../../core/test/support/site.js';
import { DESCRIBE, ownLosses, SEED, SEEDED } from './state.js';

const INSTALL_MS = 600_000;
/** A browser for each case. */
const SUITE_MS = 600_000;
const MOVE_MS = 120_000;
/** Cases of the suite that are Stagehand's alone. */
const OWN_CASES = 2;

/** The part of what `move.mjs` prints that is looked at closely. */
interface Moved {
  readonly captured: { readonly losses: { code: string }[] };
}

let node: string;
/** Why there is no Node.js 22. */
let missing: string | undefined;
let site: TestSite;
let folder: string;

beforeAll(async () => {
  try {
    node = await node22();
  } catch (error) {
    if (process.env['CI'] === 'true') throw error;
    missing = (error as Error).message.split('\n')[0];
  }
  site = await startSite();
}, INSTALL_MS);
afterAll(() => site.close());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'psp-test-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Runs a script of `matrix/node22` and gives the lines of JSON that it prints. */
async function run(context: TestContext, script: string, ...parameters: string[]): Promise<unknown[]> {
  if (missing !== undefined) context.skip(missing);
  const path = fileURLToPath(new URL(`../../../matrix/node22/${script}`, import.meta.url));
  const child = spawn(node, [path, ...parameters], { stdio: ['ignore', 'pipe', 'pipe'], signal: context.signal });
  const ended = once(child, 'close');
  const [out, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = (await ended) as [number | null];
  expect(code, errors).toBe(0);
  return out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}

describe('under Node.js 22', () => {
  test.for([
    ['stagehand', /^4\./],
    ['puppeteer', /^25\./],
    ['selenium', /^4\.(49|[5-9]\d)\./],
  ] as const)('a login moves by %s', { timeout: MOVE_MS }, async ([framework, version], context) => {
    const adapter = { storage: `file:${folder}/store`, keyFile: join(folder, 'key') };
    const parameters = { adapter, url: `${site.origin('a.localhost')}/`, seed: SEED, describe: DESCRIBE };
    const [moved] = (await run(context, 'move.mjs', framework, JSON.stringify(parameters))) as [Moved];
    expect(ownLosses(moved.captured.losses)).toEqual([]);
    expect(moved).toMatchObject({
      versions: { node: expect.stringMatching(/^22\./), framework: expect.stringMatching(version) },
      captured: { tabs: 1, after: SEEDED },
      restored: { losses: [], notDone: [], tabs: 1, after: SEEDED },
    });
  });

  test(
    'the cdp driver through Stagehand 4 passes the driver suite',
    async (context) => {
      if (process.env['PSP_TESTS'] !== 'all') return context.skip('long; it runs with PSP_TESTS=all');
      const told = (await run(context, 'stagehand-suite.mjs')) as { name: string; error?: string }[];
      expect(told.filter(({ error }) => error !== undefined)).toEqual([]);
      expect(told.map(({ name }) => name)).toEqual(expect.arrayContaining(DRIVER_CASES.map(({ name }) => name)));
      expect(told).toHaveLength(DRIVER_CASES.length + OWN_CASES);
    },
    SUITE_MS,
  );
});
