/** The README's quick start runs to the letter. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));
/** In the clone, as the README says, since the block imports from there. */
const file = join(root, `quick-start-${process.pid}.tmp.mjs`);
let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'psp-test-home-'));
});
afterEach(async () => {
  await rm(file, { force: true });
  await rm(home, { recursive: true });
});

test('the quick start of the README is logged in at its end, and says once where the key is', async () => {
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  const block = /<!-- quick-start:[^>]*-->\n```js\n([\s\S]*?)```/.exec(readme)?.[1];
  if (block === undefined) throw new Error('The README has no quick start block.');
  for (const promised of [
    "import { PlaywrightAdapter } from '@psp/playwright';",
    "adapter.createSession(page, { name: 'my-auth-session', storage: 'local' })",
    'session.capture()',
    'session.getId()',
    'adapter.loadSession(id)',
    'saved.restore(newPage)',
  ]) {
    expect(block).toContain(promised);
  }
  await writeFile(file, block);

  const { code, out, errors } = await runFile();
  expect(code, errors).toBe(0);
  expect(out).toContain('Logged in as Ada Lovelace');
  const key = join(home, 'config/psp/key.json');
  expect(errors.trimEnd().split('\n')).toEqual([expect.stringContaining(key)]);
  expect((await stat(key)).mode & 0o777).toBe(0o600);

  const again = await runFile();
  expect(again).toMatchObject({ code: 0, errors: '' });
});

async function runFile(): Promise<{ code: number | null; out: string; errors: string }> {
  const env = { ...process.env, XDG_DATA_HOME: join(home, 'data'), XDG_CONFIG_HOME: join(home, 'config') };
  const child = spawn(process.execPath, [file], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let errors = '';
  child.stdout.on('data', (data: Buffer) => (out += String(data)));
  child.stderr.on('data', (data: Buffer) => (errors += String(data)));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, errors };
}
