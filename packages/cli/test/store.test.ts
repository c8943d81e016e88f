/** psp store, without a browser: sessions are made from states and live in folders. Copies are killed and run again. */
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Archive, openKeySource, openStore } from '@psp/core';
import { newSessionId } from '@psp/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeState } from '../../core/test/support/session-state.js';
import { shortIds } from '../src/sessions.js';
import { Home, until } from './psp.js';

interface Copied {
  total: number;
  counts: Record<string, number>;
  values: number;
  notices: { id: string; status: string }[];
}

let home: Home;
beforeAll(async () => {
  home = await Home.make();
});
afterAll(() => home.remove());

const url = (name: string): string => `file:${home.path(name)}`;
const archiveIn = async (name: string): Promise<Archive> =>
  new Archive(await openStore(url(name)), openKeySource({ keyFile: home.path('key.json') }));

/** Ids of so many sessions with two versions each. */
async function fill(name: string, sessions: number): Promise<string[]> {
  const archive = await archiveIn(name);
  const ids = [];
  for (let made = 0; made < sessions; made += 1) {
    const state = makeState({ name: `${name}-${made}` });
    const { revision } = await archive.save(state);
    await archive.save(state, { base: revision });
    ids.push(state.document.id);
  }
  return ids;
}

async function listed(name: string): Promise<string[]> {
  const { sessions, damaged } = await home.json<{ sessions: { id: string }[]; damaged: object[] }>([
    'list',
    '--store',
    url(name),
  ]);
  expect(damaged).toEqual([]);
  return sessions.map(({ id }) => id);
}

describe('check and init', () => {
  test('tell what a folder guarantees and leave nothing behind', async () => {
    const { code, stdout } = await home.psp(['store', 'check', url('checked')]);
    expect(code).toBe(0);
    expect(stdout).toContain(`file:${home.path('checked')}\n`);
    expect(stdout).toMatch(/^durability +fsync/m);
    expect(stdout.match(/^ok {2}/gm)).toHaveLength(8);
    expect(stdout).toContain('a put with a stale etag is refused');
    expect(await readdir(home.path('checked'))).toEqual(['.tmp']);
  });

  test('without a URL look at the store in use; memory: says that nothing stays', async () => {
    const check = await home.json(['store', 'check']);
    expect(check).toMatchObject({
      url: home.env['PSP_STORE'],
      features: { persistent: true },
      facts: expect.arrayContaining([{ name: 'server', value: expect.any(String) }]),
      promises: expect.arrayContaining([{ promise: 'a removed key is absent', ok: true }]),
    });
    expect(await home.json(['store', 'check', 'memory:'])).toMatchObject({ features: { persistent: false } });
    expect(await home.json(['store', 'init', url('made')])).toEqual({ url: url('made'), ready: true });
  });

  test('fail with the error of what is wrong, and never show a password', async () => {
    await writeFile(home.path('file'), '');
    expect(await home.psp(['store', 'check', url('file')])).toMatchObject({ code: 8, stdout: '' });
    expect(await home.psp(['store', 'check', '/a/path'])).toMatchObject({ code: 2, stdout: '' });
    const secret = 'canary-store-pass';
    const { code, stderr } = await home.psp(['store', 'check', '-'], { input: `nonsense://me:${secret}@host/x\n` });
    expect(code).toBe(2);
    expect(stderr).not.toContain(secret);
    expect((await home.psp(['store', 'check', '-'])).stderr).toContain('found nothing');
  });
});

describe('copy', () => {
  test('brings sessions with their versions without the key, and again does nothing', async () => {
    const ids = await fill('from', 3);
    const env = { PSP_KEY_FILE: home.path('no-key.json') };
    const outcome = await home.psp(['store', 'copy', url('from'), url('to'), '--json'], { env });
    expect(JSON.parse(outcome.stdout)).toMatchObject({
      from: url('from'),
      total: 3,
      counts: { copied: 3 },
      values: 15,
    });
    expect(await listed('to')).toEqual(ids);
    expect(await (await archiveIn('to')).versions(ids[0] ?? '')).toHaveLength(2);
    const { stdout } = await home.psp(['store', 'copy', url('from'), url('to')]);
    expect(stdout).toContain('3 sessions: 3 same\n0 values (0 B) copied and compared');
  });

  test('takes sessions by name or id; --dry-run writes nothing', async () => {
    const dry = await home.json<Copied>(['store', 'copy', url('from'), url('dry'), '--dry-run', '--session', 'from-1']);
    expect(dry).toMatchObject({ total: 1, counts: { copied: 1 }, values: 5 });
    expect(await readdir(home.folder)).not.toContain('dry');
    const absent = '0190a000-0000-7000-8000-000000000000';
    expect((await home.psp(['store', 'copy', url('from'), url('dry'), '--session', absent])).code).toBe(4);
    expect((await home.psp(['store', 'copy', url('from'), url('from')])).code).toBe(2);
  });

  test('ends with 5 where the target went its own way, and copies the rest', async () => {
    const [first = '', second = ''] = await fill('left', 2);
    await home.json(['store', 'copy', url('left'), url('right'), '--session', first]);
    await home.json(['rename', first, 'here', '--store', url('left')]);
    await home.json(['rename', first, 'there', '--store', url('right')]);
    const { code, stdout, stderr } = await home.psp(['store', 'copy', url('left'), url('right')]);
    expect({ code, stdout }).toEqual({ code: 5, stdout: expect.stringContaining('2 sessions: 1 copied, 1 conflict') });
    expect(stderr).toContain(`${first}: conflict:`);
    expect(await listed('right')).toEqual([first, second]);
    expect(await home.json(['show', first, '--store', url('right')])).toMatchObject({ name: 'there' });
  });

  test('[PSP-COPY-3] killed again and again, it goes on and ends complete', async () => {
    const ids = await fill('many', 32);
    await mkdir(home.path('torn'));
    let kills = 0;
    for (let before = 0; ;) {
      const started = home.start(['store', 'copy', url('many'), url('torn')]);
      // Killed when a few more sessions have arrived than at its start.
      await until(async () => started.child.exitCode !== null || (await heads('torn')) >= before + 9);
      const isOver = started.child.exitCode !== null;
      started.child.kill('SIGKILL');
      const { code } = await started.ended;
      if (isOver) {
        expect(code).toBe(0);
        break;
      }
      kills += 1;
      before = await heads('torn');
      // What is there is whole.
      const archive = await archiveIn('torn');
      for (const { id } of (await archive.list()).items) expect(await archive.versions(id)).toHaveLength(2);
    }
    expect(kills).toBeGreaterThan(1);
    expect(await listed('torn')).toEqual(ids);
    const again = await home.json<Copied>(['store', 'copy', url('many'), url('torn')]);
    expect(again).toMatchObject({ total: 32, counts: { same: 32 }, values: 0 });
  });
});

test('raise-epoch refuses leases from before, tells the epoch, and refuses an empty store', async () => {
  const [id = ''] = await fill('put-back', 1);
  const archive = await archiveIn('put-back');
  const before = await archive.lease(id, { ttlMs: 60_000 });
  const raise = (name: string, ...more: string[]) => home.psp(['store', 'raise-epoch', url(name), '--json', ...more]);
  const { epoch } = JSON.parse((await raise('put-back')).stdout) as { epoch: number };
  await expect(before.confirm()).rejects.toMatchObject({ code: 'FENCED' });
  await before.release();
  expect((await archive.lease(id, { ttlMs: 60_000 })).fence).toBeGreaterThan(before.fence);
  const above = String(epoch + 10);
  const { stdout } = await home.psp(['store', 'raise-epoch', url('put-back'), '--above', above]);
  expect(stdout).toBe(`${url('put-back')}: the epoch is ${epoch + 11}, and was ${epoch}\n`);
  const empty = await raise('mistyped');
  expect(empty).toMatchObject({ code: 4, stdout: '' });
  expect(JSON.parse(empty.stderr)).toMatchObject({ error: { code: 'NOT_FOUND' } });
  expect(await readdir(home.folder)).not.toContain('mistyped');
  expect((await raise('put-back', '--above', 'x')).code).toBe(2);
});

describe('versions', () => {
  let id = '';
  beforeAll(async () => {
    const archive = await archiveIn('versions');
    const state = makeState({ name: 'mail@2', secret: 'one' });
    const { revision } = await archive.save(state);
    id = state.document.id;
    const { document } = makeState({ id, secret: 'two' });
    await archive.save({ document: { ...document, cookies: [] }, batches: [] }, { base: revision });
  });
  const json = async <T>(...args: string[]): Promise<T> => home.json<T>([...args, '--store', url('versions')]);

  test('are listed, shown and compared by ID@N, also where the name itself has an @', async () => {
    expect(await json('versions', id)).toMatchObject({ id, versions: [{ version: 2 }, { version: 1 }] });
    const { stdout } = await home.psp(['versions', 'mail@2', '--store', url('versions')]);
    expect(stdout).toMatch(/^VERSION +CAPTURED +SIZE\n +2 +2026-03-04 05:06:07 UTC .* B\n +1 /);
    expect(await json('show', 'mail@2')).toMatchObject({ id, version: 2, cookies: [] });
    for (const first of [`${id}@1`, `${id.slice(0, 20)}@1`, 'mail@2@1'])
      expect(await json('show', first)).toMatchObject({ id, version: 1, name: 'mail@2', cookies: [{ name: 'sid' }] });
    const diff = await json<{ removed: object[] }>('diff', `${id}@1`, 'mail@2');
    expect(diff).toMatchObject({ a: id, b: id, aVersion: 1, bVersion: 2 });
    expect(diff.removed).toContainEqual({ kind: 'cookie', origin: 'app.example', item: 'sid' });
    const exported = await home.psp(
      ['export', `${id}@1`, '--format', 'cookies.txt', '--output', '-', '--store', url('versions')],
      {},
    );
    expect(exported.stdout).toContain('sid');
  });

  test.each(['@1', '@3', '@0', '@x'])('that are not there are named: ID%s', async (suffix) => {
    const given = suffix === '@1' ? `nobody${suffix}` : `${id}${suffix}`;
    const { code, stderr } = await home.psp(['show', given, '--store', url('versions')]);
    expect(code).toBe(suffix === '@0' ? 2 : 4);
    expect(stderr).toContain({ '@1': '"nobody"', '@3': 'it has 2, 1', '@0': 'found "0"', '@x': '@x"' }[suffix]);
  });
});

test('a rollback makes an old version the newest, and gc removes what is beyond what is kept', async () => {
  const [id = ''] = await fill('past', 1);
  const json = async <T>(...args: string[]): Promise<T> => home.json<T>([...args, '--store', url('past')]);
  expect(await json('rollback', 'past-0', '1')).toMatchObject({ id, version: 3, name: 'past-0' });
  expect((await home.psp(['rollback', id, '9', '--store', url('past')])).code).toBe(4);
  expect(await json('gc')).toEqual({ dryRun: false, orphans: 0, versions: 0, expired: 0, tombstones: 0, leases: 0 });
  const { stdout } = await home.psp(['gc', '--dry-run', '--keep-versions', '1', '--store', url('past')]);
  expect(stdout).toBe('would remove 2 versions beyond what is kept\n');
  expect(await json('gc', '--keep-versions', '1', '--keep-days', '0.5')).toMatchObject({ versions: 2 });
  expect(await json('versions', id)).toMatchObject({ versions: [{ version: 3 }] });
  expect(await readdir(join(home.path('past'), 'm', id))).toHaveLength(1);
  for (const wrong of [
    ['--keep-days', 'soon'],
    ['--keep-versions', '0'],
  ])
    expect(await home.psp(['gc', ...wrong])).toMatchObject({ code: 2, stdout: '' });
});

test('doctor tells of a file that others may read, and of a store that keeps nothing', async () => {
  const file = home.path('sessions.db');
  await home.json(['store', 'copy', url('past'), `sqlite:${file}`]);
  const look = async (store: string, name: string): Promise<object | undefined> => {
    const { stdout } = await home.psp(['doctor', '--json', '--store', store]);
    return (JSON.parse(stdout) as { checks: { name: string }[] }).checks.find((check) => check.name === name);
  };
  expect(await look(`sqlite:${file}`, 'permissions')).toMatchObject({ status: 'ok' });
  await chmod(file, 0o644);
  expect(await look(`sqlite:${file}`, 'permissions')).toMatchObject({
    status: 'wrong',
    detail: expect.stringContaining('open to others (0644)'),
  });
  expect(await look('memory:', 'store')).toMatchObject({ status: 'warning' });
});

test('a list reads no payload: it works where there are none any more', async () => {
  const before = await listed('many');
  for (const folder of ['b', 'm']) await rm(join(home.path('many'), folder), { recursive: true });
  expect(await listed('many')).toEqual(before);
});

test('ids are cut so far that each is still its own', () => {
  const ids = Array.from({ length: 500 }, (_, at) => newSessionId(1_700_000_000_000 + Math.floor(at / 3)));
  const short = shortIds(ids);
  short.forEach((one, at) => {
    expect(ids.filter((id) => id.startsWith(one))).toEqual([ids[at]]);
    if (one.length > 13) expect(ids.filter((id) => id.startsWith(one.slice(0, -1))).length).toBeGreaterThan(1);
  });
  expect(shortIds(['01890a5d-ac96-7000-8000-000000000000'])).toEqual(['01890a5d-ac96']);
});

async function heads(name: string): Promise<number> {
  return (await readdir(join(home.path(name), 'h')).catch(() => [])).length;
}

test('no value of a session was in any output', async () => {
  const key = await readFile(home.path('key.json'), 'utf8');
  expect(home.outputs.join('\n')).not.toContain((JSON.parse(key) as { k?: string }).k ?? 'canary');
});

test('the command that an error of an object store advises has its endpoint, and no credentials', async () => {
  const given = 's3://key:canary-secret@bucket/sessions?endpoint=http://127.0.0.1:1';
  const { code, stderr } = await home.psp(['store', 'check', '-'], { input: `${given}\n` });
  expect(code).toBe(8);
  expect(stderr).toContain('s3://bucket/sessions?endpoint=http://127.0.0.1:1: http://127.0.0.1:1 does not answer');
  expect(stderr).not.toContain('canary-secret');
  // The AWS library has something to say of Node.js 20.
  expect(stderr).not.toContain('Warning');
});
