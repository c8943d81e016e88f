// Bundles the page code into function expressions and writes them as a module. `--print read` shows that of read.ts.
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
  return ascii(outputFiles[0].text.trim());
}

/** Engines take twice as long for a source with one character beyond Latin-1. Only in regular expressions esbuild leaves such as they are. */
function ascii(source) {
  return source.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The source of a function `(request: string) => Promise<string>`. All its names are local to one call. */
export async function bundlePage(file) {
  return `(request)=>{${await bundle(file)}return page.run(request)}`;
}

/** The source of a script that leaves no name behind. */
export async function bundleKeyMask() {
  return `(()=>{${await bundle('key-mask.ts')}page.maskKeys(globalThis)})()`;
}

/** Writes packages/core/src/page-bundle.gen.ts. */
export async function buildPage() {
  const lines = [
    '// Written by scripts/build-page.mjs from src/page.',
    '/** Function expressions `(request: string) => Promise<string>`; see page/contract.ts. */',
    `export const READ_SOURCE: string = ${JSON.stringify(await bundlePage('read.ts'))};`,
    `export const WRITE_SOURCE: string = ${JSON.stringify(await bundlePage('write.ts'))};`,
    `export const WRITE_FRESH_SOURCE: string = ${JSON.stringify(await bundlePage('write-fresh.ts'))};`,
    `export const TAB_SOURCE: string = ${JSON.stringify(await bundlePage('tab.ts'))};`,
    '/** A script; see page/key-mask.ts. */',
    `export const KEY_MASK_SOURCE: string = ${JSON.stringify(await bundleKeyMask())};`,
  ];
  await writeFile(target, `${lines.join('\n')}\n`);
}

if (isMain(import.meta.url)) {
  if (process.argv[2] === '--print') process.stdout.write(await bundlePage(`${process.argv[3]}.ts`));
  else await buildPage();
}
