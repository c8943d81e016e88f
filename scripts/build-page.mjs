// Bundles the page code into one function expression and writes it as a module. `--print` shows the expression instead.
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { isMain } from './run.mjs';

const pageFolder = new URL('../packages/core/src/page/', import.meta.url);
const target = new URL('../packages/core/src/page-bundle.gen.ts', import.meta.url);

/** One file of the page code and what it imports, as the text of a script that sets the name `page`. */
async function bundle(file) {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(file, pageFolder))],
    bundle: true,
    write: false,
    minify: true,
    format: 'iife',
    globalName: 'page',
    target: ['chrome100', 'firefox115', 'safari16'],
    legalComments: 'none',
  });
  return outputFiles[0].text.trim();
}

/** The source of a function `(request: string) => Promise<string>`. All its names are local to one call. */
export async function bundlePage() {
  return `(request)=>{${await bundle('main.ts')}return page.run(request)}`;
}

/** The source of a script that leaves no name behind. */
export async function bundleKeyMask() {
  return `(()=>{${await bundle('key-mask.ts')}page.maskKeys(globalThis)})()`;
}

/** Writes packages/core/src/page-bundle.gen.ts. */
export async function buildPage() {
  const lines = [
    '// Written by scripts/build-page.mjs from src/page.',
    '/** A function expression `(request: string) => Promise<string>`; see page/contract.ts. */',
    `export const PAGE_SOURCE: string = ${JSON.stringify(await bundlePage())};`,
    '/** A script; see page/key-mask.ts. */',
    `export const KEY_MASK_SOURCE: string = ${JSON.stringify(await bundleKeyMask())};`,
  ];
  await writeFile(target, `${lines.join('\n')}\n`);
}

if (isMain(import.meta.url)) {
  if (process.argv.includes('--print')) process.stdout.write(await bundlePage());
  else await buildPage();
}
