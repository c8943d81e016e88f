/** Runs the programs of examples/frameworks as a user would: each logs in in one browser and is logged in in another. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { missing } from './browsers/available.mjs';
import { startSkyvernStandIn } from './skyvern-stand-in.mjs';

const FOLDER = fileURLToPath(new URL('../examples/frameworks/', import.meta.url));
const TIMEOUT_MS = 120_000;

let folder;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'psp-examples-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** What it prints on standard output. Rejects when it fails. @param {string} name @param {Record<string, string>} [more] */
async function runExample(name, more = {}) {
  const own = { PSP_STORE: pathToFileURL(join(folder, 'store')).href, PSP_KEY_FILE: join(folder, 'key') };
  const options = { env: { ...process.env, ...own, ...more }, timeout: TIMEOUT_MS };
  return (await promisify(execFile)(process.execPath, [join(FOLDER, `${name}.mjs`)], options)).stdout;
}

it.for([
  { name: 'playwright' },
  { name: 'puppeteer' },
  { name: 'selenium', needs: /** @type {const} */ ('chromedriver') },
  { name: 'stagehand' },
])('$name', { timeout: TIMEOUT_MS }, async ({ name, needs }, context) => {
  const reason = needs === undefined ? undefined : missing(needs);
  if (reason !== undefined) context.skip(reason);
  expect(await runExample(name)).toBe(`${name}: logged in as Ada Lovelace in another browser\n`);
});

it('skyvern, with a stand-in for its server', { timeout: TIMEOUT_MS }, async () => {
  const standIn = await startSkyvernStandIn({ apiKey: 'key-of-the-stand-in' });
  try {
    const more = { SKYVERN_BASE_URL: standIn.url, SKYVERN_API_KEY: 'key-of-the-stand-in' };
    expect(await runExample('skyvern', more)).toBe('skyvern: logged in as Ada Lovelace in another browser\n');
    expect([...standIn.sessions.values()].map(({ status }) => status)).toEqual(['completed', 'completed']);
  } finally {
    await standIn.close();
  }
});
