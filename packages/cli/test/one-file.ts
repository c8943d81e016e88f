/** `psp` in one file, since tests run it hundreds of times. The code is that of `bin/psp.js`, which docs.test.ts runs as it is. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { bundle } from '../../../scripts/bundle.mjs';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

export interface OneFile {
  readonly path: string;
  remove(): Promise<void>;
}

export async function buildOneFile(): Promise<OneFile> {
  const { folder, remove } = await bundle([MAIN], { name: 'psp', at: pathToFileURL(MAIN).href });
  const path = join(folder, 'psp.mjs');
  await writeFile(path, "import { main } from './main.mjs';\nprocess.exitCode = await main(process.argv.slice(2));\n");
  return { path, remove };
}
