/**
 * Checks what each public package publishes: the declarations that a user's compiler reads from its entry points may name only
 * packages that come with it. The code itself is the matter of check-imports.mjs. Reads the build.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { importsOf } from './check-imports.mjs';
import { isMain, Plain, ROOT, runMain } from './run.mjs';

/** The folders of the packages that are published, relative to the project. */
export function publicPackages() {
  return readdirSync(join(ROOT, 'packages'))
    .map((name) => `packages/${name}`)
    .filter(
      (folder) => existsSync(join(ROOT, folder, 'package.json')) && manifestOf(join(ROOT, folder)).private !== true,
    );
}

/**
 * The declarations of a built package that name something it does not bring, one line each.
 *
 * @param {string} folder
 * @returns {string[]}
 */
export function checkDeclarations(folder) {
  const { exports, dependencies, peerDependencies } = manifestOf(folder);
  const listed = new Set(Object.keys({ ...dependencies, ...peerDependencies }));
  const entries = Object.values(exports).flatMap(({ types }) => (types === undefined ? [] : [resolve(folder, types)]));
  const seen = new Set();
  const problems = [];
  const read = (file) => {
    if (seen.has(file)) return;
    seen.add(file);
    if (!existsSync(file)) {
      problems.push(`${relative(ROOT, file)}: is named by an entry point or an import, and was not built`);
      return;
    }
    for (const { from } of importsOf(file)) {
      if (from.startsWith('.')) read(resolve(dirname(file), from).replace(/\.js$/, '.d.ts'));
      else if (!from.startsWith('node:') && !listed.has(from.split('/', from.startsWith('@') ? 2 : 1).join('/'))) {
        problems.push(
          `${relative(ROOT, file)}: the published types need "${from}", which is not among the dependencies`,
        );
      }
    }
  };
  entries.forEach(read);
  return problems;
}

function manifestOf(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}

if (isMain(import.meta.url)) {
  await runMain(async () => {
    const problems = publicPackages().flatMap((folder) => checkDeclarations(join(ROOT, folder)));
    if (problems.length > 0) throw new Plain(problems.join('\n'));
    console.log('published types name only what comes with them');
  });
}
