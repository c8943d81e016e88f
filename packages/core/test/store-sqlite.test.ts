/** The store in a SQLite file: the suite, between processes, against their death, and where the disk or the permissions say no. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { guardStore } from '../src/store/guard.js';
import { openStore } from '../src/store/open.js';
import { SqliteStore } from '../src/store/sqlite.js';
import type { Store } from '../src/store/store.js';
import { STORE_CASES } from '../src/testing/index.js';
import { bundleProgram } from './support/bundle.js';
import { withSmallDisk } from './support/tmpfs.js';

const run = promisify(execFile);
const MIB = 1024 * 1024;
const NOBODY = 65534;
const create = { absent: true } as const;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

let program: string;
let alone: string;
let base: string;
let folder: string;
let file: string;
let count = 0;
const stores: Store[] = [];

beforeAll(async () => {
  program = await bundleProgram('url-store-child', { peers: true });
  alone = await bundleProgram('url-store-child');
  base = await mkdtemp(join(tmpdir(), 'psp-sqlite-'));
  await chmod(base, 0o755);
});
afterAll(async () => {
  for (const store of stores) await store.close();
  for (const path of [base, dirname(program), dirname(alone)]) await rm(path, { recursive: true, force: true });
});
beforeEach(() => {
  folder = join(base, String((count += 1)));
  file = join(folder, 'psp.db');
});

function open(): Store {
  const store = guardStore(new SqliteStore(file));
  stores.push(store);
  return store;
}
const environment = (): NodeJS.ProcessEnv => ({ ...process.env, PSP_TEST_STORE_URL: `sqlite:${file}` });
const child = async (command: string, ...words: string[]): Promise<string> =>
  (await run(process.execPath, [program, command, ...words], { env: environment() })).stdout;

describe('the suite of stores', () => {
  let store: Store | undefined;
  it.each(STORE_CASES.map(({ name, run: runCase }) => [name, runCase] as const))('%s', async (_name, runCase) => {
    await runCase((store ??= open()));
  });
});

describe('the file', () => {
  it('[PSP-STORE-3] is not made by reading, by removing or by a probe, but by the first put', async () => {
    const store = open();
    await store.probe();
    expect(await store.get('h/a')).toBeUndefined();
    expect(await store.list('', { limit: 10 })).toEqual({ items: [] });
    await store.remove('h/a');
    await expect(stat(folder)).rejects.toMatchObject({ code: 'ENOENT' });
    await store.put('h/a', bytes('x'), create);
    expect(Buffer.from((await store.get('h/a'))!.body).toString()).toBe('x');
    expect(await readdir(folder)).toContain('psp.db');
  });

  it('that is empty is a store with nothing in it, and stays empty', async () => {
    await mkdir(folder, { mode: 0o700 });
    await writeFile(file, '', { mode: 0o600 });
    const store = open();
    expect(await store.list('', { limit: 10 })).toEqual({ items: [] });
    expect((await stat(file)).size).toBe(0);
    await store.put('a', bytes('x'), create);
    expect(Buffer.from((await open().get('a'))!.body).toString()).toBe('x');
  });

  it('[PSP-TRAP-33] and those beside it are for their owner only, and so are the folders above', async () => {
    folder = join(folder, 'a', 'b');
    file = join(folder, 'psp.db');
    await open().put('a', bytes('x'), create);
    const modes: Record<string, string> = {};
    for (const name of await readdir(folder)) modes[name] = ((await stat(join(folder, name))).mode & 0o777).toString(8);
    expect(modes).toEqual({ 'psp.db': '600', 'psp.db-shm': '600', 'psp.db-wal': '600' });
    for (const path of [folder, dirname(folder)]) expect((await stat(path)).mode & 0o777).toBe(0o700);
  });

  it('may be written as a path or as a URL', async () => {
    await open().put('a', bytes('x'), create);
    for (const url of [`sqlite:${file}`, pathToFileURL(file).href.replace('file:', 'sqlite:')]) {
      const store = await openStore(url);
      stores.push(store);
      expect([store.url, (await store.get('a'))?.body.byteLength]).toEqual([`sqlite:${file}`, 1]);
    }
    await expect(openStore('sqlite:')).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  it('keeps a commit on the disk before it is acknowledged', async () => {
    const store = open();
    await store.put('a', bytes('x'), create);
    const database = new Database(file, { readonly: true });
    expect(database.pragma('journal_mode', { simple: true })).toBe('wal');
    database.close();
    expect((await store.facts!()).map(({ name }) => name)).toEqual(['server', 'durability', 'conditions', 'limits']);
  });
});

it('[PSP-STORE-4] a value that lacks a piece is CORRUPT, costs no other key, and can be replaced by the etag of the list', async () => {
  const store = open();
  for (const key of ['a', 'b', 'c']) await store.put(key, Buffer.alloc(3 * MIB), create);
  const database = new Database(file);
  database.exec("DELETE FROM psp_store_pieces WHERE name = 'b' AND number = 1");
  await expect(store.get('b')).rejects.toMatchObject({ code: 'CORRUPT' });
  const { items } = await store.list('', { limit: 10 });
  expect(items.map(({ key, size }) => [key, size])).toEqual(['a', 'b', 'c'].map((key) => [key, 3 * MIB]));
  await store.put('b', bytes('new'), { etag: items[1]!.etag });
  expect(Buffer.from((await store.get('b'))!.body).toString()).toBe('new');
  await store.remove('a');
  const left = database.prepare('SELECT name, COUNT(*) AS n FROM psp_store_pieces GROUP BY name').all();
  expect(left).toEqual([{ name: 'c', n: 2 }]);
  database.close();
});

describe('an error', () => {
  it('of a file that is no database is CORRUPT, and the file stays', async () => {
    await mkdir(folder, { mode: 0o700 });
    await writeFile(file, 'x'.repeat(5000), { mode: 0o600 });
    await expect(open().get('a')).rejects.toMatchObject({ code: 'CORRUPT', message: expect.stringContaining(file) });
    await expect(open().put('a', bytes('x'), create)).rejects.toMatchObject({ code: 'CORRUPT' });
    expect((await stat(file)).size).toBe(5000);
  });

  it('of a file where others may write is STORE_DENIED, with the command', async () => {
    await open().put('a', bytes('x'), create);
    await chmod(file, 0o666);
    const message = expect.stringContaining(`chmod 600 '${file}'`);
    await expect(open().get('a')).rejects.toMatchObject({ code: 'STORE_DENIED', message });
  });

  it('of a file or a folder that may not be written is STORE_DENIED', async () => {
    await open().put('a', bytes('x'), create);
    // Root may write anywhere, so as root the child runs as nobody.
    const asOther = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
    await chmod(file, 0o400);
    const said = (): Promise<{ stdout: string }> =>
      run(process.execPath, [alone, 'get', 'a'], { env: environment(), ...asOther });
    await chmod(folder, 0o755);
    expect((await said()).stdout).toMatch(/^STORE_DENIED .*psp\.db/);
    await chmod(folder, 0o000);
    expect((await said()).stdout).toMatch(/^STORE_DENIED /);
    await chmod(folder, 0o700);
  });

  it('of a folder that is a file is STORE_UNAVAILABLE', async () => {
    await writeFile(folder, 'x');
    await expect(open().get('a')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await expect(open().put('a', bytes('x'), create)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });

  it.runIf(process.versions.node.startsWith('20.'))(
    'of missing libraries is PEER_MISSING and names the command, or the Node.js that has one',
    async () => {
      await open().put('a', bytes('x'), create);
      const { stdout } = await run(process.execPath, [alone, 'get', 'a'], { env: environment() });
      expect(stdout).toMatch(/^PEER_MISSING .*Node 22\.5 or later.*npm install better-sqlite3/);
    },
  );

  it('of a full disk is STORE_FULL, nothing was changed, and with space it goes on', async () => {
    await withSmallDisk('6m', async (disk) => {
      file = join(disk, 'psp.db');
      const store = open();
      const etag = await store.put('a', bytes('one'), create);
      await writeFile(join(disk, 'filler'), Buffer.alloc(3 * MIB));
      await expect(store.put('b', Buffer.alloc(4 * MIB), create)).rejects.toMatchObject({ code: 'STORE_FULL' });
      expect(await store.get('b')).toBeUndefined();
      expect(await store.get('a')).toMatchObject({ etag });
      await rm(join(disk, 'filler'));
      await store.put('b', Buffer.alloc(MIB), create);
      expect((await store.get('b'))!.body.byteLength).toBe(MIB);
      await store.close();
    });
  });

  it('of one of several stores of a file in one process waits for the others', async () => {
    const stores = [open(), open(), open()];
    const work = async (store: Store, key: string): Promise<void> => {
      let etag = await store.put(key, bytes('0'), create);
      for (let number = 1; number <= 20; number += 1) etag = await store.put(key, bytes(String(number)), { etag });
    };
    await Promise.all(stores.flatMap((store, own) => ['a', 'b', 'c'].map((key) => work(store, `${key}/${own}`))));
    expect((await open().list('', { limit: 10 })).items).toHaveLength(9);
  });

  it('of a file that another process keeps locked waits for it', async () => {
    const store = open();
    const etag = await store.put('a', bytes('x'), create);
    const other = new Database(file);
    other.exec('BEGIN IMMEDIATE');
    let settled = false;
    const put = store.put('a', bytes('y'), { etag }).finally(() => (settled = true));
    const createB = store.put('b', Buffer.alloc(2 * MIB), create);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(settled).toBe(false);
    expect(Buffer.from((await open().get('a'))!.body).toString()).toBe('x');
    other.exec('COMMIT');
    other.close();
    await Promise.all([put, createB]);
    expect(Buffer.from((await store.get('a'))!.body).toString()).toBe('y');
  });
});

describe('calls at the same time', () => {
  it('share a commit, and each learns its own outcome', async () => {
    const store = open();
    const etag = await store.put('a', bytes('0'), create);
    const outcomes = await Promise.allSettled([
      store.put('b', bytes('1'), create),
      store.put('b', bytes('2'), create),
      store.put('c', Buffer.alloc(3 * MIB), create),
      store.put('c', Buffer.alloc(2 * MIB), create),
      store.put('a', bytes('3'), { etag: 'stale' }),
      store.put('a', Buffer.alloc(2 * MIB, 4), { etag }),
      store.put('a', bytes('5'), { etag }),
    ]);
    const [won, lost] = ['fulfilled', 'rejected'];
    expect(outcomes.map(({ status }) => status)).toEqual([won, lost, won, lost, lost, won, lost]);
    for (const outcome of outcomes) if ('reason' in outcome) expect(outcome.reason).toMatchObject({ code: 'CONFLICT' });
    const sizes = (await open().list('', { limit: 10 })).items.map(({ key, size }) => [key, size]);
    expect(sizes).toEqual([
      ['a', 2 * MIB],
      ['b', 1],
      ['c', 3 * MIB],
    ]);
    expect(Buffer.from((await store.get('b'))!.body).toString()).toBe('1');
  });

  it('leave room for what else this process does', async () => {
    const store = open();
    await store.put('a', bytes('x'), create);
    let turns = 0;
    let isDone = false;
    const tick = (): void => void (isDone || ((turns += 1), setImmediate(tick)));
    setImmediate(tick);
    for (let number = 0; number < 3000; number += 1) await store.get('a');
    isDone = true;
    expect(turns).toBeGreaterThan(0);
  });
});

describe('processes', () => {
  it('lose no increment: 4 x 50; and make one store when they begin at once', async () => {
    const counters = ['a', 'b', 'c', 'd'];
    const made = counters.map((key) => child('create', key));
    expect(new Set(await Promise.all(made))).toEqual(new Set(['done\n']));
    const store = open();
    await store.put('counter', bytes('0'), create);
    await Promise.all(counters.map(() => child('increment', 'counter', '50')));
    expect(Buffer.from((await store.get('counter'))!.body).toString()).toBe('200');
    expect((await store.list('', { limit: 10 })).items.map(({ key }) => key)).toEqual(
      [...counters, 'counter'].toSorted(),
    );
  });

  it('may be killed at any moment: no torn value, no acknowledged write lost', async () => {
    const store = open();
    let acknowledged = 0;
    for (let kill = 0; kill < 6; kill += 1) {
      const writer = spawn(process.execPath, [program, 'write', 'value'], {
        env: environment(),
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let text = '';
      writer.stdout.on('data', (chunk: Buffer) => {
        if (text === '') setTimeout(() => writer.kill('SIGKILL'), Math.random() * 60);
        text += chunk.toString();
      });
      expect(await once(writer, 'close')).toEqual([null, 'SIGKILL']);
      acknowledged = Math.max(acknowledged, ...text.split('\n').slice(0, -1).map(Number));
      const { body } = (await store.get('value'))!;
      const number = Number.parseInt(Buffer.from(body).toString(), 10);
      expect([acknowledged, acknowledged + 1]).toContain(number);
      expect(body.byteLength).toBe(11 + (number % 3) * 600_000);
      acknowledged = number;
    }
  });
});
