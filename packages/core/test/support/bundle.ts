/** Bundles a TypeScript program of the tests for a process of its own, which may run as a user who cannot read this checkout. */
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** The path of the program, in a folder of its own that anybody may read. */
export async function bundleProgram(name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'psp-program-'));
  await chmod(folder, 0o755);
  const outfile = join(folder, `${name}.mjs`);
  const entry = fileURLToPath(new URL(`./${name}.ts`, import.meta.url));
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
  });
  return outfile;
}
