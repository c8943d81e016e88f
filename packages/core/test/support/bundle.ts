/** Bundles a TypeScript program of the tests for a process of its own, which may run as a user who cannot read this checkout. */
import { chmod, mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** Client libraries of stores, which a program finds beside itself or nowhere. */
const PEERS = ['pg', 'mysql2', 'better-sqlite3', 'redis', '@aws-sdk/*', '@google-cloud/*', '@azure/*'];
/** From here Node finds the packages of this checkout. */
const WITH_PEERS = fileURLToPath(new URL('../../../../node_modules/.cache/', import.meta.url));

/** The path of the program, in a folder of its own that anybody may read; client libraries are there for it only with `peers`. */
export async function bundleProgram(name: string, { peers = false }: { peers?: boolean } = {}): Promise<string> {
  if (peers) await mkdir(WITH_PEERS, { recursive: true });
  const folder = await mkdtemp(join(peers ? WITH_PEERS : tmpdir(), 'psp-program-'));
  await chmod(folder, 0o755);
  const outfile = join(folder, `${name}.mjs`);
  const entry = fileURLToPath(new URL(`./${name}.ts`, import.meta.url));
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    external: PEERS,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
  });
  return outfile;
}
