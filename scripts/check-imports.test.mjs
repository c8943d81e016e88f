/** The check of import directions tells each kind of forbidden import, planted into a copy of the sources, and nothing else. */
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkImports } from './check-imports.mjs';
import { ROOT } from './run.mjs';

const LEFT_OUT = new Set(['node_modules', 'dist']);
let copy;
beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), 'psp-imports-'));
  await cp(join(ROOT, 'package.json'), join(copy, 'package.json'));
  for (const folder of ['packages', 'examples']) {
    await cp(join(ROOT, folder), join(copy, folder), {
      recursive: true,
      filter: (path) => !LEFT_OUT.has(basename(path)),
    });
  }
});
afterAll(() => rm(copy, { recursive: true }));

/** What the check says of a new file with this text, below the problems that were there before. */
async function plant(place, text) {
  const file = join(copy, place);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  try {
    return checkImports(copy).filter((line) => line.startsWith(place));
  } finally {
    await rm(file);
  }
}

const FORBIDDEN = [
  ['protocol imports core', 'packages/protocol/src/planted.ts', "import '@psp/core';", 'may import no other package'],
  ['protocol imports Node', 'packages/protocol/src/planted.ts', "import 'node:fs';", 'without Node'],
  [
    'core imports an adapter',
    'packages/core/src/planted.ts',
    "export * from '@psp/playwright';",
    'core may import protocol',
  ],
  [
    'core awaits an adapter',
    'packages/core/src/planted.ts',
    "await import('@psp/playwright');",
    'core may import protocol',
  ],
  [
    'core takes a type of the command line',
    'packages/core/src/planted.ts',
    "type T = import('@psp/cli').T;",
    'core may import protocol',
  ],
  [
    'an entry point of a later package',
    'packages/core/src/planted.ts',
    "import '@psp/cli/deep';",
    'core may import protocol',
  ],
  ['a package imports itself by name', 'packages/core/src/planted.ts', "import '@psp/core';", 'relatively'],
  [
    'an adapter imports the command line',
    'packages/playwright/src/planted.ts',
    "import type { X } from '@psp/cli';",
    'playwright may',
  ],
  [
    'a path into another package',
    'packages/cli/src/planted.ts',
    "import '../../core/src/state.js';",
    'outside of the package',
  ],
  ['a package that is not listed', 'packages/core/src/planted.ts', "import 'express';", 'not among the dependencies'],
  ['a value of a development dependency', 'packages/core/src/planted.ts', "import { x } from 'vitest';", 'not among'],
  [
    'the page imports a value',
    'packages/core/src/page/planted.ts',
    "import { PspError } from '@psp/protocol';",
    'nothing but types',
  ],
  [
    'the page imports core',
    'packages/core/src/page/planted.ts',
    "import { x } from '../capture.js';",
    'nothing but types',
  ],
  ['the page imports Node', 'packages/core/src/page/planted.ts', "import 'node:fs';", 'without Node'],
  [
    'core runs page code',
    'packages/core/src/planted.ts',
    "import { x } from './page/contract.js';",
    'only as the bundle',
  ],
  [
    'a test imports a later package',
    'packages/core/test/planted.test.ts',
    "import '@psp/cli';",
    'core may import protocol',
  ],
  [
    'a test reaches into another package',
    'packages/core/test/planted.test.ts',
    "import '../../cli/src/x.js';",
    'by its name',
  ],
  [
    'an example reaches into a package',
    'examples/demo/planted.mjs',
    "import '../../packages/core/src/x.js';",
    'outside of the example',
  ],
  ['a package that nobody listed', 'packages/planted/package.json', '{}', 'not in the table'],
];

describe('check-imports', () => {
  it('has nothing to say about the sources as they are', () => {
    expect(checkImports(ROOT)).toEqual([]);
  });

  it.each(FORBIDDEN)('tells: %s', async (_, place, text, reason) => {
    const found = place.endsWith('.json') ? await plantPackage() : await plant(place, `// one\n${text}\n`);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(reason);
    if (!place.endsWith('.json')) expect(found[0]).toMatch(new RegExp(`^${place}:2: imports "`));
  });

  it('lets tests share their support in the same direction only', async () => {
    const inTest = (from) => `import '${from}';\n`;
    expect(await plant('packages/playwright/test/planted.test.ts', inTest('../../core/test/support/site.js'))).toEqual(
      [],
    );
    expect(
      await plant('packages/core/test/planted.test.ts', inTest('../../playwright/test/support/a.js')),
    ).toHaveLength(1);
    expect(await plant('packages/playwright/test/planted.test.ts', inTest('../../core/src/state.js'))).toHaveLength(1);
  });

  it('allows what the directions allow', async () => {
    expect(await plant('packages/core/src/planted.ts', "import '@psp/protocol';\nimport 'node:fs';\n")).toEqual([]);
    expect(await plant('packages/cli/src/planted.ts', "import '@psp/playwright';\n")).toEqual([]);
    expect(await plant('packages/core/src/page/planted.ts', "import type { Loss } from '@psp/protocol';\n")).toEqual(
      [],
    );
    expect(
      await plant('packages/core/src/planted.ts', 'const text = "import \'@psp/cli\'"; // import "@psp/cli"\n'),
    ).toEqual([]);
  });
});

async function plantPackage() {
  const folder = join(copy, 'packages/planted');
  await mkdir(folder);
  await writeFile(join(folder, 'package.json'), '{}');
  try {
    return checkImports(copy).filter((line) => line.startsWith('packages/planted'));
  } finally {
    await rm(folder, { recursive: true });
  }
}
