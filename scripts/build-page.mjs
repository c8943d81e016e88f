// Bundles the page code into one function expression and writes it as a module. `--print` shows the expression instead.
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { isMain } from './run.mjs';

const pageFolder = new URL('../packages/core/src/page/', import.meta.url);
const target = new URL('../packages/core/src/page-bundle.gen.ts', import.meta.url);

/** The source of a function `(request: string) => Promise<string>`. All its names are local to one call. */
export async function bundlePage() {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('main.ts', pageFolder))],
    bundle: true,
    write: false,
    minify: true,
    format: 'iife',
    globalName: 'page',
    target: ['chrome100', 'firefox115', 'safari16'],
    legalComments: 'none',
  });
  return `(request)=>{${outputFiles[0].text.trim()}return page.run(request)}`;
}

/** Writes packages/core/src/page-bundle.gen.ts. */
export async function buildPage() {
  const lines = [
    '// Written by scripts/build-page.mjs from src/page.',
    '/** A function expression `(request: string) => Promise<string>`; see page/contract.ts. */',
    `export const PAGE_SOURCE: string = ${JSON.stringify(await bundlePage())};`,
  ];
  await writeFile(target, `${lines.join('\n')}\n`);
}

if (isMain(import.meta.url)) {
  if (process.argv.includes('--print')) process.stdout.write(await bundlePage());
  else await buildPage();
}
