/** Programs in one file each, for tests that start them again and again: Node takes most of its start to read a thousand modules. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** Below node_modules, so that what stays outside is found. */
const CACHE = fileURLToPath(new URL('../node_modules/.cache/', import.meta.url));
/** Clients are loaded when they are used: native, large, or without their exports once they are bundled. */
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

/**
 * @param {readonly string[]} entryPoints paths
 * @param {{ name: string, at?: string }} options of the folder; `at`, a URL, is what the code takes for its own place
 * @returns {Promise<{ folder: string, remove: () => Promise<void> }>} with a `.mjs` for each
 */
export async function bundle(entryPoints, { name, at }) {
  await mkdir(CACHE, { recursive: true });
  const folder = await mkdtemp(join(CACHE, `${name}-`));
  const here = at === undefined ? 'import.meta.url' : JSON.stringify(at);
  await build({
    entryPoints: [...entryPoints],
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    // What a program imports when it needs it stays apart.
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: OUTSIDE,
    define: at === undefined ? {} : { 'import.meta.url': here },
    // Parts of other packages that are CommonJS ask for Node's modules by `require`.
    banner: { js: `import { createRequire as r } from 'node:module'; const require = r(${here});` },
    logLevel: 'error',
  });
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
