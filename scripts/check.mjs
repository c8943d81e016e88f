/** Runs every check that is no test, shows one line for each, and the output of those that failed. `npm run check`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { publicPackages } from './check-published.mjs';
import { isMain, Plain, ROOT, run, runMain, tool } from './run.mjs';

const script = (name, ...args) => [process.execPath, `scripts/${name}.mjs`, ...args];

/** Each has a name and either a command or a function that gives the lines of what is wrong. */
function checks() {
  const packages = publicPackages().flatMap((folder) => [
    { name: `publint ${folder}`, command: tool('publint', '--strict', folder) },
    { name: `attw ${folder}`, command: tool('@arethetypeswrong/cli', '--pack', folder, ...attwOptions(folder)) },
  ]);
  return [
    { name: 'page bundle', command: script('build-page') },
    { name: 'types', command: tool('typescript', '-b') },
    { name: 'lint', command: tool('oxlint', '--deny-warnings', '--report-unused-disable-directives') },
    { name: 'format', command: tool('oxfmt', '--check') },
    { name: 'unused code', command: tool('knip', '--no-progress') },
    { name: 'import directions', command: script('check-imports') },
    { name: 'published types', command: script('check-published') },
    { name: 'generated schemas', command: script('generate-schema', '--check') },
    { name: 'requirements', command: script('requirements') },
    { name: 'lock file', find: lockProblems },
    ...packages,
  ].map(({ name, command, find }) => ({ name, look: find ?? (() => failureOf(command)) }));
}

/** A package without an entry point of its own (the command line) has no types that could be wrong. */
function attwOptions(folder) {
  const { exports } = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8'));
  const entries = Object.keys(exports).filter((entry) => entry !== './package.json');
  return [
    '--profile',
    'esm-only',
    '--no-emoji',
    ...(entries.length === 0 ? ['--exclude-entrypoints', './package.json'] : []),
  ];
}

async function failureOf(command) {
  const { code, output } = await run(command, { env: { FORCE_COLOR: '0', NO_COLOR: '1' } });
  return code === 0 ? undefined : output.trim() || `exit code ${code}, without a word`;
}

/**
 * What is wrong with the lock file. It must not say where packages come from, so that a clone installs from whatever registry
 * its user has, and it must name the builds for every system, or `npm ci` refuses it (https://github.com/npm/cli/issues/4828).
 */
export function lockProblems(text = readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) {
  const { packages } = JSON.parse(text);
  const located = Object.keys(packages).filter((path) => /^https?:/.test(packages[path].resolved ?? ''));
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter((name) => !isLocked(packages, path, name)),
  );
  const problems = [];
  if (located.length > 0)
    problems.push(`download addresses stand at ${some(located)}: run \`npm install\` to drop them`);
  if (missing.length > 0) {
    problems.push(
      `builds for other systems are missing, so \`npm ci\` fails: ${some(missing)}. Install a version that has them all`,
    );
  }
  return problems.length === 0 ? undefined : `package-lock.json: ${problems.join('; ')}.`;
}

/** Whether the lock file has the package where Node would look for it, from `path` upwards. */
function isLocked(packages, path, name) {
  for (let folder = path; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1))) {
    if (Object.hasOwn(packages, `${folder === '' ? '' : `${folder}/`}node_modules/${name}`)) return true;
    if (folder === '') return false;
  }
}

function some(names) {
  return names.length > 5 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ');
}

async function main() {
  const failures = [];
  for (const { name, look } of checks()) {
    const started = performance.now();
    const problem = await look();
    const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(6);
    console.log(`${problem === undefined ? 'ok    ' : 'FAILED'}  ${name.padEnd(30)}${seconds} s`);
    if (problem !== undefined) failures.push({ name, problem });
  }
  for (const { name, problem } of failures) console.log(`\n--- ${name}\n${problem}`);
  if (failures.length > 0)
    throw new Plain(`${failures.length} checks failed: ${failures.map(({ name }) => name).join(', ')}`);
  console.log('\nall checks passed');
}

if (isMain(import.meta.url)) await runMain(main);
