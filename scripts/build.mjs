/** Builds the packages: first the code that runs inside pages, as one expression, then TypeScript. Only what changed is built. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isMain, Plain, ROOT, run, runMain, step, tool } from './run.mjs';

export async function build() {
  await expectSuccess('the page bundle', await run([process.execPath, 'scripts/build-page.mjs']));
  const packages = readdirSync(join(ROOT, 'packages'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(ROOT, 'packages', entry.name, 'tsconfig.json')))
    .map((entry) => `packages/${entry.name}`);
  await expectSuccess('the packages', await run(tool('typescript', '-b', ...packages)));
  return `${packages.length} packages`;
}

async function expectSuccess(what, { code, output }) {
  if (code !== 0) throw new Plain(`Building ${what} failed:\n\n${output.trim()}`);
}

if (isMain(import.meta.url)) await runMain(() => step('build', build));
