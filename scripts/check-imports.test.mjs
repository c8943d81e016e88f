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

/** What the check says of each of these new files. All at once, since a check reads every source. @param {string[][]} files place and text */
async function plant(files) {
  for (const [place, text] of files) {
    await mkdir(dirname(join(copy, place)), { recursive: true });
    await writeFile(join(copy, place), text);
  }
  try {
    const lines = checkImports(copy);
    return files.map(([place]) => lines.filter((line) => line.startsWith(place)));
  } finally {
    for (const [place] of files) await rm(join(copy, place));
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
];

describe('check-imports', () => {
  it('has nothing to say about the sources as they are', () => {
    expect(checkImports(ROOT)).toEqual([]);
  });

  describe('tells:', () => {
    const places = FORBIDDEN.map(([, place], at) => place.replace('planted', `planted-${at}`));
    let told;
    beforeAll(async () => {
      told = await plant(FORBIDDEN.map(([, , text], at) => [places[at], `// one\n${text}\n`]));
    });

    it.each(FORBIDDEN.map(([name, , , reason], at) => ({ name, reason, at })))('$name', ({ reason, at }) => {
      expect(told[at]).toEqual([expect.stringMatching(new RegExp(`^${places[at]}:2: imports "`))]);
      expect(told[at][0]).toContain(reason);
    });

    it('a package that nobody listed', async () => {
      const manifest = 'packages/planted/package.json';
      await mkdir(join(copy, dirname(manifest)));
      await writeFile(join(copy, manifest), '{}');
      const found = checkImports(copy);
      await rm(join(copy, dirname(manifest)), { recursive: true });
      expect(found).toEqual([expect.stringMatching(/^packages\/planted: .*not in the table/)]);
    });
  });

  it('lets tests share their support in the same direction only', async () => {
    const files = [
      ['packages/playwright/test/planted-1.test.ts', "import '../../core/test/support/site.js';\n"],
      ['packages/core/test/planted.test.ts', "import '../../playwright/test/support/a.js';\n"],
      ['packages/playwright/test/planted-2.test.ts', "import '../../core/src/state.js';\n"],
    ];
    expect((await plant(files)).map(({ length }) => length)).toEqual([0, 1, 1]);
  });

  it('allows what the directions allow', async () => {
    const files = [
      ['packages/core/src/planted-1.ts', "import '@psp/protocol';\nimport 'node:fs';\n"],
      ['packages/cli/src/planted.ts', "import '@psp/playwright';\n"],
      ['packages/core/src/page/planted.ts', "import type { Loss } from '@psp/protocol';\n"],
      ['packages/core/src/planted-2.ts', 'const text = "import \'@psp/cli\'"; // import "@psp/cli"\n'],
    ];
    expect(await plant(files)).toEqual([[], [], [], []]);
  });
});
