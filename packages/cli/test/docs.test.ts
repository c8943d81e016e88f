/** docs/cli.md, the help and the code say the same; the completion scripts are ones that shells take. */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { ERROR_KINDS } from '@psp/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { COMMANDS, GLOBAL_OPTIONS, GROUPS } from '../src/commands.js';
import { EXIT } from '../src/failure.js';
import { Home } from './psp.js';

const run = promisify(execFile);
let docs: string;
let home: Home;
beforeAll(async () => {
  docs = await readFile(new URL('../../../docs/cli.md', import.meta.url), 'utf8');
  home = await Home.make();
});
afterAll(() => home.remove());

/** The rows of the table under a heading, without title and rule. */
function rowsUnder(heading: string): string[][] {
  const [, section = ''] = docs.split(`\n## ${heading}\n`);
  const table = section
    .split('\n## ')[0]!
    .split('\n')
    .filter((line) => line.startsWith('|'));
  return table
    .filter((line, at) => !line.startsWith('| ---') && !table[at + 1]?.startsWith('| ---'))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

test('the exit codes of the docs are those of the code', () => {
  const codes = new Map<number, string[]>();
  for (const [code, { exit }] of Object.entries(ERROR_KINDS)) codes.set(exit, [...(codes.get(exit) ?? []), code]);
  codes.set(EXIT.ok, []).set(EXIT.unexpected, ['UNEXPECTED']).set(EXIT.interrupted, []);
  const documented = rowsUnder('Exit codes').map(([code = '', , errors = '']) => [
    Number(code),
    errors === '' ? [] : errors.split(', '),
  ]);
  expect(documented).toEqual([...codes].sort(([a], [b]) => a - b));
});

test('the commands and options of the docs are those of the code', () => {
  const rows = rowsUnder('Commands');
  // How to give a browser is a table of its own, which two commands share.
  const browser = new Set(rows.flatMap(([, how = '']) => (how.startsWith('`--') ? how.match(/--[\w-]+/g) : [])));
  const documented = rows.map(([usage = '']) => usage.replaceAll('`', '').replace('BROWSER', [...browser].join(' ')));
  const words = new RegExp(`^psp ((?:${Object.keys(GROUPS).join('|')}) \\w+|\\w+)`);
  expect(documented.flatMap((usage) => words.exec(usage)?.[1] ?? []).sort()).toEqual(
    COMMANDS.map(({ name }) => name).sort(),
  );
  for (const { name, options } of COMMANDS) {
    const usage = documented.find((line) => line.startsWith(`psp ${name}`)) ?? '';
    expect([name, usage.match(/--[\w-]+/g)?.sort() ?? []]).toEqual([
      name,
      options.map(({ flags }) => flags.split(' ')[0]).sort(),
    ]);
  }
  const globals = documented.flatMap((usage) => /^(--[\w-]+)/.exec(usage)?.[1] ?? []);
  expect(globals).toEqual(GLOBAL_OPTIONS.map(({ flags }) => flags.split(' ')[0]));
});

test('every environment variable that the code reads is documented, and no other', async () => {
  const files = await run('grep', [
    '-rhoE',
    'PSP_[A-Z_]+|NO_COLOR',
    new URL('../src', import.meta.url).pathname,
    new URL('../../core/src', import.meta.url).pathname,
  ]);
  const read = new Set(files.stdout.trim().split('\n'));
  expect(
    rowsUnder('Environment')
      .map(([name = '']) => name.replaceAll('`', ''))
      .sort(),
  ).toEqual([...read].sort());
});

describe('the help', () => {
  test('lists every command and exit code', async () => {
    const { stdout, code } = await home.psp(['--help']);
    expect(code).toBe(0);
    for (const { name } of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
    for (const code of Object.keys(ERROR_KINDS)) expect(stdout).toContain(code);
  });

  test('of each command has examples that begin with psp and use options that exist', () => {
    for (const { name, examples, options } of COMMANDS) {
      expect(examples.length, name).toBeGreaterThan(0);
      const known = [...options, ...GLOBAL_OPTIONS].map(({ flags }) => flags.split(' ')[0]);
      for (const example of examples) {
        expect(example).toContain(`psp ${name}`);
        const own = example.slice(example.indexOf('psp ')).split(/[|)]/)[0] ?? '';
        for (const flag of own.match(/--[\w-]+/g) ?? []) expect(known, example).toContain(flag);
      }
    }
  });

  test('of one command is shown on standard output', async () => {
    const { stdout, stderr, code } = await home.psp(['export', '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('Examples:\n  $ psp export');
    const { stdout: two } = await home.psp(['help', 'store', 'copy']);
    expect(two).toContain('Usage: psp store copy');
    expect((await home.psp(['store'])).stderr).toContain('expected a command. See psp --help');
  });

  test('the version is that of the package', async () => {
    const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    expect((await home.psp(['--version'])).stdout).toBe(`${version}\n`);
  });
});

describe('the completion', () => {
  test('of bash completes commands, options and fixed values', async () => {
    const { stdout } = await home.psp(['completion', 'bash']);
    await writeFile(home.path('psp.bash'), stdout);
    const complete = async (...words: string[]): Promise<string[]> => {
      const script = `set -eu; source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _psp; printf '%s\\n' "\${COMPREPLY[@]}"`;
      return (await run('bash', ['-c', script, 'bash', home.path('psp.bash'), ...words])).stdout.trim().split('\n');
    };
    expect(await complete('psp', 're')).toEqual(['restore', 'rename']);
    expect(await complete('psp', 'export', '--f')).toEqual(['--format', '--force']);
    expect(await complete('psp', 'export', 'x', '--format', 'p')).toEqual(['psp', 'playwright', 'puppeteer']);
    expect(await complete('psp', 'export', 'x', '--format', '')).not.toContain('auto');
    expect(await complete('psp', 'import', 'x', '--format', 'a')).toEqual(['auto']);
    expect(await complete('psp', '--json', 'sh')).toEqual(['show']);
    expect(await complete('psp', '--store', 'list', 'show', '--re')).toEqual(['--reveal']);
    expect(await complete('psp', '--store', 'file', ':', '/x', 'show', '--re')).toEqual(['--reveal']);
    expect(await complete('psp', '--js')).toEqual(['--json']);
    expect(await complete('psp', 'help', 'sh')).toEqual(['show']);
    expect(await complete('psp', 'sto')).toEqual(['store']);
    expect(await complete('psp', 'store', 'c')).toEqual(['check', 'copy']);
    expect(await complete('psp', '--json', 'store', 'copy', 'local', 'file', ':', '/x', '--dr')).toEqual(['--dry-run']);
    await writeFile(home.path('my own file'), '');
    expect(await complete('psp', 'import', home.path('my'))).toEqual([home.path('my own file')]);
    expect(await complete('psp', 'export', 'x', '--output', home.path('my'))).toEqual([home.path('my own file')]);
    expect(await complete('psp', 'completion', '')).toEqual(expect.arrayContaining(['bash', 'zsh', 'fish']));
  });

  test.each(['zsh', 'fish'])('of %s names every command', async (shell) => {
    const { stdout } = await home.psp(['completion', shell]);
    for (const { name } of COMMANDS) for (const word of name.split(' ')) expect(stdout).toContain(word);
  });
});
