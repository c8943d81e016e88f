/**
 * `psp` in one file. Node takes half a second to read the thousand modules of `psp`, and tests run it hundreds of times. The code is
 * that of `bin/psp.js`, which docs.test.ts runs as it is.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
/** Below node_modules, so that the client libraries of stores, which stay outside, are found. */
const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/', import.meta.url));
const OUTSIDE = [
  '@aws-sdk/*',
  '@azure/*',
  '@google-cloud/*',
  'better-sqlite3',
  'mysql2',
  'pg',
  'playwright-core',
  'redis',
];

export interface OneFile {
  readonly path: string;
  remove(): Promise<void>;
}

export async function buildOneFile(): Promise<OneFile> {
  await mkdir(CACHE, { recursive: true });
  const folder = await mkdtemp(join(CACHE, 'psp-'));
  const here = JSON.stringify(pathToFileURL(MAIN).href);
  await build({
    entryPoints: [MAIN],
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    // What `psp` imports when it is needed stays apart.
    splitting: true,
    platform: 'node',
    format: 'esm',
    external: OUTSIDE,
    define: { 'import.meta.url': here },
    banner: { js: `import { createRequire } from 'node:module'; const require = createRequire(${here});` },
    logLevel: 'error',
  });
  const path = join(folder, 'psp.mjs');
  await writeFile(path, "import { main } from './main.mjs';\nprocess.exitCode = await main(process.argv.slice(2));\n");
  return { path, remove: () => rm(folder, { recursive: true, force: true }) };
}
