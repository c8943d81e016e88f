/** The closing lines of a test run count what happened, files that do not load included, and name each skipped test. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ROOT, run, tool } from './run.mjs';

let folder;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'psp-closing-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function closingLines(files) {
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const reporter = join(ROOT, 'scripts/closing-lines.mjs');
  const { code, output } = await run(tool('vitest', 'run', '--globals', '--root', folder, '--reporter', reporter));
  return { code, lines: output.trim().split('\n') };
}

it('counts passed tests', async () => {
  const { code, lines } = await closingLines({ 'a.test.js': "it('one', () => {}); it('two', () => {});" });
  expect(lines.at(-1)).toBe('2 passed, 0 failed, 0 skipped');
  expect(code).toBe(0);
});

it('names skipped tests with their reasons', async () => {
  const { lines } = await closingLines({
    'a.test.js': "it('one', ({ skip }) => skip('needs Firefox')); it.skip('two', () => {}); it.todo('three');",
  });
  expect(lines).toContain('skipped: a.test.js > one: needs Firefox');
  expect(lines).toContain('skipped: a.test.js > two: no reason given (use context.skip with a note)');
  expect(lines).toContain('skipped: a.test.js > three: not written yet');
  expect(lines.at(-1)).toBe('0 passed, 0 failed, 3 skipped');
});

it('counts failures outside of tests as well', async () => {
  const { code, lines } = await closingLines({
    'a.test.js': "it('one', () => expect(1).toBe(2));",
    'b.test.js': "throw new Error('does not load');",
    'c.test.js': "describe('d', () => { beforeAll(() => { throw new Error('hook') }); it('two', () => {}); });",
    'd.test.js':
      "it('three', async () => { setTimeout(() => { throw new Error('stray') }, 1); await new Promise((r) => setTimeout(r, 50)); });",
  });
  expect(lines.at(-1)).toBe('1 passed, 4 failed, 1 skipped');
  expect(code).toBe(1);
});
