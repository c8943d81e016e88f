/** The store in a SQLite file by the library in Node.js 22: better-sqlite3, built for the Node.js of the tests, cannot be loaded there. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { node22 } from '../../../matrix/node22/install.mjs';
import { bundleProgram } from './support/bundle.js';

/** Why there is no Node.js 22 here. In CI that fails. */
const reasonOf = (error: unknown): string => {
  if (process.env['CI'] === 'true') throw error;
  return (error as Error).message;
};

it('passes the suite of stores', async (context) => {
  const node = await node22().catch((error: unknown) => context.skip(reasonOf(error)));
  const folder = await mkdtemp(join(tmpdir(), 'psp-sqlite-'));
  const program = await bundleProgram('url-store-child', { peers: true });
  const env = { ...process.env, PSP_TEST_STORE_URL: `sqlite:${join(folder, 'psp.db')}` };
  const { stdout } = await promisify(execFile)(node, [program, 'suite'], { env });
  expect(JSON.parse(stdout)).toEqual({ server: expect.stringContaining('by node:sqlite'), failed: [] });
  for (const path of [folder, dirname(program)]) await rm(path, { recursive: true });
}, 600_000);
