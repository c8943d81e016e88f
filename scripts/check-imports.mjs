/**
 * Checks that imports run one way: `protocol <- core <- adapters <- cli`. A package imports only what the table below allows and
 * its package.json names, and the code that runs inside pages imports nothing but types from outside of its folder.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { parseSync, Visitor } from 'oxc-parser';
import { isMain, Plain, ROOT, runMain } from './run.mjs';

/** Which packages of the workspace each package may import, by folder name. What is not listed may not exist. */
const MAY_IMPORT = {
  protocol: [],
  core: ['protocol'],
  playwright: ['protocol', 'core'],
  puppeteer: ['protocol', 'core'],
  selenium: ['protocol', 'core'],
  stagehand: ['protocol', 'core'],
  skyvern: ['protocol', 'core'],
  cli: ['protocol', 'core', 'playwright'],
};
/** Sources that must run anywhere, so without Node's own modules. */
const WITHOUT_NODE = ['packages/protocol/src', 'packages/core/src/page'];
const PAGE = 'packages/core/src/page';
const SCOPE = '@psp/';
const SOURCE = /\.(ts|mts|js|mjs)$/;
const LEFT_OUT = new Set(['node_modules', 'dist']);

/**
 * The forbidden imports below `root`, one line each: file, line, what is imported, and why not.
 *
 * @param {string} root the folder that holds `packages` and `examples`
 * @returns {string[]}
 */
export function checkImports(root) {
  const packages = foldersOf(join(root, 'packages')).flatMap((name) => checkPackage(root, name));
  const examples = foldersOf(join(root, 'examples')).flatMap((name) => checkExample(root, name));
  return [...packages, ...examples];
}

function checkPackage(root, name) {
  const folder = join(root, 'packages', name);
  if (!existsSync(join(folder, 'package.json'))) return [];
  if (!Object.hasOwn(MAY_IMPORT, name)) return [`packages/${name}: not in the table of scripts/check-imports.mjs`];
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const values = new Set(Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }));
  // Types of a development dependency vanish in the build; scripts/check-published.mjs looks at those that do not.
  const types = new Set([...values, ...Object.keys({ ...manifest.devDependencies, ...devDependencies })]);
  const listed = { values, types };
  return sourcesIn(folder).flatMap((file) => {
    const place = relative(root, file).replaceAll(sep, '/');
    const isTest = place.startsWith(`packages/${name}/test/`);
    return importsOf(file).flatMap((found) => {
      const problem =
        wrongDirection(found, name) ??
        (isTest ? intoOtherPackage(root, file, found, name) : wrongSource(root, file, place, found, listed));
      return problem === undefined ? [] : [`${place}:${found.line}: imports "${found.from}": ${problem}`];
    });
  });
}

/** An example is what a user could write: public names only, and no file outside of its own folder. */
function checkExample(root, name) {
  const folder = join(root, 'examples', name);
  return sourcesIn(folder).flatMap((file) =>
    importsOf(file)
      .filter(({ from }) => from.startsWith('.') && !isWithin(folder, resolve(dirname(file), from)))
      .map(
        ({ from, line }) =>
          `${relative(root, file).replaceAll(sep, '/')}:${line}: imports "${from}": outside of the example`,
      ),
  );
}

function wrongDirection({ from }, name) {
  if (!from.startsWith(SCOPE)) return undefined;
  const target = from.slice(SCOPE.length).split('/')[0];
  if (target === name) return 'a package names its own files relatively';
  if (MAY_IMPORT[name].includes(target)) return undefined;
  return `${name} may import ${MAY_IMPORT[name].join(', ') || 'no other package'}`;
}

/** Tests share what supports them, in the same direction as packages; anything else of another package goes by its name. */
function intoOtherPackage(root, file, { from }, name) {
  const [top, target, ...rest] = relative(root, resolve(dirname(file), from)).split(sep);
  if (!from.startsWith('.') || top !== 'packages' || target === name) return undefined;
  const isSupport = rest[0] === 'test' && rest[1] === 'support' && MAY_IMPORT[name].includes(target);
  return isSupport ? undefined : 'another package is imported by its name';
}

function wrongSource(root, file, place, { from, isType }, listed) {
  if (from.startsWith('.')) return wrongRelative(root, file, place, from, isType);
  if (isBuiltin(from))
    return WITHOUT_NODE.some((folder) => place.startsWith(`${folder}/`)) ? 'runs without Node' : undefined;
  if (place.startsWith(`${PAGE}/`) && !isType) return 'page code imports nothing but types';
  const name = from.split('/', from.startsWith('@') ? 2 : 1).join('/');
  return (isType ? listed.types : listed.values).has(name) ? undefined : 'not among the dependencies in package.json';
}

function wrongRelative(root, file, place, from, isType) {
  const target = resolve(dirname(file), from);
  const own = join(root, ...place.split('/').slice(0, 2));
  if (!isWithin(own, target)) return 'outside of the package';
  const isPage = isWithin(join(root, PAGE), file);
  if (isType || isPage === isWithin(join(root, PAGE), target)) return undefined;
  return isPage ? 'page code imports nothing but types' : 'code of the page reaches Node only as the bundle';
}

function isBuiltin(from) {
  return from.startsWith('node:') || builtinModules.includes(from);
}

function isWithin(folder, path) {
  return path === folder || path.startsWith(folder + sep);
}

/**
 * Every import and re-export of a file, dynamic ones and `import('x')` types included, where its name is written out.
 *
 * @param {string} file
 * @returns {{ from: string, isType: boolean, line: number }[]}
 */
export function importsOf(file) {
  const text = readFileSync(file, 'utf8');
  const found = [];
  const add = (source, isType) => {
    if (source?.type !== 'Literal' || typeof source.value !== 'string') return;
    found.push({ from: source.value, isType, line: text.slice(0, source.start).split('\n').length });
  };
  const { program, errors } = parseSync(file, text);
  if (errors.length > 0) throw new Plain(`${file} cannot be parsed: ${errors[0].message}`);
  new Visitor({
    ImportDeclaration: (node) => add(node.source, node.importKind === 'type'),
    ExportNamedDeclaration: (node) => add(node.source, node.exportKind === 'type'),
    ExportAllDeclaration: (node) => add(node.source, node.exportKind === 'type'),
    ImportExpression: (node) => add(node.source, false),
    TSImportType: (node) => add(node.source, true),
  }).visit(program);
  return found;
}

function foldersOf(folder) {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}

function sourcesIn(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return LEFT_OUT.has(entry.name) ? [] : sourcesIn(path);
    return entry.isFile() && SOURCE.test(entry.name) ? [path] : [];
  });
}

if (isMain(import.meta.url)) {
  await runMain(async () => {
    const problems = checkImports(ROOT);
    if (problems.length > 0) throw new Plain(problems.join('\n'));
    console.log('imports run one way');
  });
}
