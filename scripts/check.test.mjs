/** The parts of `npm run check` that are no tool of somebody else's. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockProblems } from './check.mjs';
import { checkDeclarations, publicPackages } from './check-published.mjs';

describe('lock file', () => {
  const lock = (packages) => lockProblems(JSON.stringify({ packages }));

  it('may hold links to folders, and no download addresses', () => {
    expect(lock({ 'node_modules/@psp/core': { resolved: 'packages/core', link: true } })).toBeUndefined();
    expect(lock({ 'node_modules/a': { resolved: 'https://packages.example/a.tgz' } })).toContain('node_modules/a');
  });

  it('names the builds for all systems, wherever Node would find them', () => {
    const optionalDependencies = { 'b-linux': '1', 'b-mac': '1' };
    const linux = { 'node_modules/b': { optionalDependencies }, 'node_modules/b-linux': {} };
    expect(lock(linux)).toContain('fails: b-mac');
    expect(lock({ ...linux, 'node_modules/b-mac': {} })).toBeUndefined();
    expect(
      lock({ 'node_modules/a/node_modules/b': { optionalDependencies }, 'node_modules/a/node_modules/b-linux': {} }),
    ).toContain('b-mac');
    expect(
      lock({
        'node_modules/a/node_modules/b': { optionalDependencies },
        'node_modules/b-linux': {},
        'node_modules/a/node_modules/b-mac': {},
      }),
    ).toBeUndefined();
  });

  it('is clean as it stands', () => {
    expect(lockProblems()).toBeUndefined();
  });
});

describe('published types', () => {
  let folder;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'psp-published-'));
    await mkdir(join(folder, 'dist'));
    const manifest = { exports: { '.': { types: './dist/index.d.ts' } }, dependencies: { '@a/listed': '1' } };
    await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const declare = (name, text) => writeFile(join(folder, 'dist', name), text);

  it('may name dependencies and Node', async () => {
    await declare('index.d.ts', "export * from './deep.js';");
    await declare('deep.d.ts', "import type { A } from '@a/listed/sub'; import type { B } from 'node:fs';");
    expect(checkDeclarations(folder)).toEqual([]);
  });

  it('may not name anything else, however deep', async () => {
    await declare('index.d.ts', "export * from './deep.js';");
    await declare('deep.d.ts', "export declare const a: import('other').A;");
    expect(checkDeclarations(folder)).toEqual([expect.stringContaining('"other"')]);
  });

  it('must all be built', async () => {
    await declare('index.d.ts', "export * from './deep.js';");
    expect(checkDeclarations(folder)).toEqual([expect.stringContaining('not built')]);
  });
});

it('finds the public packages', () => {
  expect(publicPackages()).toEqual(expect.arrayContaining(['packages/core', 'packages/protocol']));
});
