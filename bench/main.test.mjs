/** The benchmark itself works: one round of its small rows. Its figures are not judged here. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

test('the benchmark prints a ratio for each row, and the memory', { timeout: 180_000 }, async () => {
  const script = fileURLToPath(new URL('main.mjs', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script, '--short']);
  for (const row of ['1 origin: capture', '1 origin: restore', '4 origins: capture', '2,000 records: restore']) {
    expect(stdout).toMatch(new RegExp(`^${row} .*\\d\\.\\d\\d x`, 'm'));
  }
  expect(stdout).toMatch(/capture: .* times the state/);
  expect(stdout).toMatch(/restore: .* times the state/);
});
