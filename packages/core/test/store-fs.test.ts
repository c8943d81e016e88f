/** The folder store between processes, against their death, and where the disk or the permissions say no. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmod, link, mkdir, mkdtemp, readdir, rm, stat, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { storeError } from '../src/store/fs/error.js';
import { isSuccessor, newVersion, prune, readNewest } from '../src/store/fs/version.js';
import { FsStore } from '../src/store/fs.js';
import { guardStore } from '../src/store/guard.js';
import type { Store } from '../src/store/store.js';
import { bundleProgram } from './support/bundle.js';

const run = promisify(execFile);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const NOBODY = 65534;
/** For tests that start many processes, on a machine that has other work. */
const SLOW_MS = 600_000;

let program: string;
let base: string;
let folder: string;
let count = 0;

beforeAll(async () => {
  program = await bundleProgram('store-child');
  base = await mkdtemp(join(tmpdir(), 'psp-fs-'));
  await chmod(base, 0o755);
});
afterAll(async () => {
  await rm(base, { recursive: true, force: true });
  await rm(dirname(program), { recursive: true, force: true });
});
beforeEach(() => {
  folder = join(base, String((count += 1)));
});

const open = (): Store => guardStore(new FsStore(folder));
const filesIn = async (path: string): Promise<string[]> => (await readdir(path, { recursive: true })).toSorted();

describe('files', () => {
  it('[PSP-TRAP-33] are for their owner only', async () => {
    const store = open();
    const etag = await store.put('h/a', bytes('one'), { absent: true });
    await store.put('h/a', bytes('two'), { etag });
    for (const name of ['', ...(await filesIn(folder))]) {
      const { mode } = await stat(join(folder, name));
      expect([name, (mode & 0o777).toString(8)]).toEqual([name, (mode & 0o170000) === 0o040000 ? '700' : '600']);
    }
  });

  it('leave nothing behind a remove, and no temporary file behind a put', async () => {
    const store = open();
    const etag = await store.put('b/x/y/1', bytes('one'), { absent: true });
    await store.put('b/x/y/1', bytes('two'), { etag });
    await store.put('b/x/y/1', bytes('two'), { etag }).catch(() => undefined);
    await store.put('b/x/y/1', bytes('two'), { absent: true }).catch(() => undefined);
    await Promise.allSettled(Array.from({ length: 16 }, () => store.put('b/x/y/2', bytes('x'), { absent: true })));
    await store.remove('b/x/y/2');
    expect(await readdir(join(folder, '.tmp'))).toEqual([]);
    await store.remove('b/x/y/1');
    expect(await filesIn(folder)).toEqual(['.tmp']);
  });

  it('of superseded values hold no body any more, and go after a minute, but for the last eight', async () => {
    const store = open();
    let etag = await store.put('h/a', bytes('0'), { absent: true });
    const put = async (times: number): Promise<void> => {
      for (let number = 0; number < times; number += 1)
        etag = await store.put('h/a', bytes(`canary ${number}`), { etag });
    };
    const versions = async (): Promise<string[]> => (await readdir(join(folder, 'h/a.key'))).toSorted();
    await put(30);
    expect(await versions()).toHaveLength(31);
    for (const name of (await versions()).slice(0, -1)) {
      expect((await stat(join(folder, 'h/a.key', name))).size).toBe(40);
      await utimes(join(folder, 'h/a.key', name), Date.now() / 1000, Date.now() / 1000 - 61);
    }
    await put(10);
    expect(await versions()).toHaveLength(10 + 1);
    expect(Buffer.from((await store.get('h/a'))!.body).toString()).toBe('canary 9');
  });

  it('that are not of the store are not listed', async () => {
    const store = open();
    await store.put('h/a', bytes('x'), { absent: true });
    await writeFile(join(folder, 'h', 'notes.txt'), 'x');
    await mkdir(join(folder, 'Thumbs'));
    expect((await store.list('', { limit: 10 })).items.map(({ key }) => key)).toEqual(['h/a']);
  });

  it('[PSP-TRAP-34] that are cut short or foreign are CORRUPT, never an empty value', async () => {
    const store = open();
    await store.put('h/a', bytes('0123456789'), { absent: true });
    const [name = ''] = await readdir(join(folder, 'h/a.key'));
    for (const size of [49, 40, 39, 10, 0]) {
      await truncate(join(folder, 'h/a.key', name), size);
      await expect(store.get('h/a')).rejects.toMatchObject({
        code: 'CORRUPT',
        message: expect.stringContaining('h/a.key'),
      });
    }
    await writeFile(join(folder, 'h/a.key', name), 'x'.repeat(100));
    await expect(store.get('h/a')).rejects.toMatchObject({ code: 'CORRUPT' });
  });
});

describe('a damaged value', () => {
  const DAMAGES: [string, (path: string) => Promise<void>][] = [
    ['cut in its body', (path) => truncate(path, 45)],
    ['cut in its header', (path) => truncate(path, 20)],
    ['empty', (path) => truncate(path, 0)],
    ['foreign', (path) => writeFile(path, 'x'.repeat(100))],
    ['a folder', (path) => rm(path).then(() => mkdir(path))],
    ['a link', (path) => rm(path).then(() => symlink('/etc/hostname', path))],
  ];
  const pathOf = async (key: string): Promise<string> => {
    const names = (await readdir(join(folder, `${key}.key`))).toSorted();
    return join(folder, `${key}.key`, names.at(-1)!);
  };

  it.each(DAMAGES)(
    '[PSP-STORE-4] (%s) costs no other key, and can be replaced by the etag that the list gives, once',
    async (_name, damage) => {
      const store = open();
      for (const key of ['h/a', 'h/b', 'h/c']) await store.put(key, bytes('0123456789'), { absent: true });
      const path = await pathOf('h/b');
      await damage(path);
      await expect(store.get('h/b')).rejects.toMatchObject({ code: 'CORRUPT', message: expect.stringContaining(path) });
      const { items } = await store.list('h/', { limit: 10 });
      expect(items.map(({ key }) => key)).toEqual(['h/a', 'h/b', 'h/c']);
      expect(Buffer.from((await store.get('h/c'))!.body).toString()).toBe('0123456789');
      const { etag } = items[1]!;
      await expect(store.put('h/b', bytes('x'), { absent: true })).rejects.toMatchObject({ code: 'CONFLICT' });
      await expect(store.put('h/b', bytes('x'), { etag: `${etag}0` })).rejects.toMatchObject({ code: 'CONFLICT' });
      const puts = Array.from({ length: 16 }, () => store.put('h/b', bytes('new'), { etag }));
      const outcomes = await Promise.allSettled(puts);
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      const losers = outcomes.flatMap((one) =>
        one.status === 'rejected' ? [(one.reason as { code: string }).code] : [],
      );
      expect(new Set(losers)).toEqual(new Set(['CONFLICT']));
      const found = (await store.get('h/b'))!;
      expect(Buffer.from(found.body).toString()).toBe('new');
      await truncate(await pathOf('h/b'), 0);
      const again = (await store.list('h/b', { limit: 1 })).items[0]!.etag;
      expect([etag, found.etag]).not.toContain(again);
      await expect(store.put('h/b', bytes('x'), { etag })).rejects.toMatchObject({ code: 'CONFLICT' });
      await store.remove('h/b');
      expect(await store.get('h/b')).toBeUndefined();
    },
  );

  it('is no evidence: whether a writer really followed it cannot be told', async () => {
    const store = open();
    const etag = await store.put('a', bytes('0'), { absent: true });
    const { version } = (await readNewest(join(folder, 'a.key'), { headerOnly: true }))!;
    await store.put('a', bytes('1'), { etag });
    expect(await isSuccessor(join(folder, 'a.key'), version)).toBe(true);
    await truncate(await pathOf('a'), 0);
    expect(await isSuccessor(join(folder, 'a.key'), version)).toBeUndefined();
  });
});

describe('a store that does not exist yet', () => {
  it('[PSP-STORE-3] is not made by reading, by removing or by a probe, but by the first put', async () => {
    const store = open();
    await store.probe();
    expect(await store.get('h/a')).toBeUndefined();
    expect(await store.list('', { limit: 10 })).toEqual({ items: [] });
    await store.remove('h/a');
    await expect(stat(folder)).rejects.toMatchObject({ code: 'ENOENT' });
    await store.put('h/a', bytes('x'), { absent: true });
    expect(await filesIn(folder)).toContain('.tmp');
  });

  it('leaves a folder that stands already as it is', async () => {
    await mkdir(folder, { mode: 0o700 });
    expect(await open().list('', { limit: 10 })).toEqual({ items: [] });
    expect(await readdir(folder)).toEqual([]);
  });

  it('can be removed from when its temporary folder was not copied', async () => {
    await open().put('h/a', bytes('x'), { absent: true });
    await rm(join(folder, '.tmp'), { recursive: true });
    const copied = open();
    expect(Buffer.from((await copied.get('h/a'))!.body).toString()).toBe('x');
    await copied.remove('h/a');
    expect(await copied.get('h/a')).toBeUndefined();
  });

  it('is made with the folders above it, for their owner only', async () => {
    const top = folder;
    folder = join(folder, 'a', 'b');
    await open().put('h/a', bytes('x'), { absent: true });
    for (const path of [top, join(top, 'a'), folder]) expect((await stat(path)).mode & 0o777).toBe(0o700);
  });

  const uses: [string, (store: Store) => Promise<unknown>][] = [
    ['get', (store) => store.get('a')],
    ['put', (store) => store.put('a', bytes('x'), { absent: true })],
  ];

  it.each(uses)('below a file, or in place of one, says which file is in the way: %s', async (_name, use) => {
    const file = folder;
    await writeFile(file, 'x');
    for (folder of [file, join(file, 'below'), join(file, 'below', 'more')]) {
      await expect(use(open())).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
        message: `store folder ${folder}: ${file} is a file, expected a folder`,
      });
    }
  });

  it.each(uses)('behind a link that leads nowhere says so: %s', async (_name, use) => {
    const dangling = folder;
    await symlink('/nonexistent-target', dangling);
    for (folder of [dangling, join(dangling, 'below')]) {
      await expect(use(open())).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
        message: expect.stringContaining(`${dangling} is a link to something that does not exist`),
      });
    }
  });

  it.skipIf(process.platform !== 'linux')(
    'in a place that takes no folders is refused, and does not hang',
    async () => {
      folder = '/proc/psp-store/below';
      expect(['STORE_UNAVAILABLE', 'STORE_DENIED']).toContain(await codeOf(uses[1]![1](open())));
    },
  );

  const codeOf = (operation: Promise<unknown>): Promise<string> =>
    operation.then(
      () => 'done',
      (error: unknown) => String((error as { code?: unknown }).code),
    );
});

describe('a writer that was paused between its check and its link', () => {
  /** What the paused writer would do: link the version that it prepared for `before`. */
  async function linkLate(
    before: { version: Parameters<typeof newVersion>[1] & object },
    key: string,
  ): Promise<boolean | undefined> {
    const { version, parts } = newVersion(bytes('late'), before.version);
    const temporary = join(folder, 'late');
    await writeFile(temporary, Buffer.concat(parts));
    await link(temporary, join(folder, key, String(version.number)));
    return isSuccessor(join(folder, key), version);
  }

  it('did follow when nobody was faster', async () => {
    await open().put('a', bytes('0'), { absent: true });
    const before = (await readNewest(join(folder, 'a.key'), { headerOnly: true }))!;
    expect(await linkLate(before, 'a.key')).toBe(true);
  });

  it('did not follow when its number was used and pruned meanwhile; no reader sees it', async () => {
    const store = open();
    let etag = await store.put('a', bytes('0'), { absent: true });
    const before = (await readNewest(join(folder, 'a.key'), { headerOnly: true }))!;
    for (const text of ['1', '2', '3']) etag = await store.put('a', bytes(text), { etag });
    await rm(join(folder, 'a.key', String(before.version.number + 1)));
    expect(await linkLate(before, 'a.key')).toBe(false);
    expect(Buffer.from((await store.get('a'))!.body).toString()).toBe('3');
  });

  it('did not follow when the key was removed and created again', async () => {
    const store = open();
    await store.put('a', bytes('0'), { absent: true });
    const before = (await readNewest(join(folder, 'a.key'), { headerOnly: true }))!;
    await store.remove('a');
    await new Promise((resolve) => setTimeout(resolve, 2));
    await store.put('a', bytes('new'), { absent: true });
    expect(await linkLate(before, 'a.key')).not.toBe(true);
    expect(Buffer.from((await store.get('a'))!.body).toString()).toBe('new');
  });

  it('keeps the newest version when it prunes', async () => {
    const store = open();
    const etag = await store.put('a', bytes('0'), { absent: true });
    await store.put('a', bytes('1'), { etag });
    const newest = (await readNewest(join(folder, 'a.key'), { headerOnly: true }))!.version.number;
    await prune(join(folder, 'a.key'), newest);
    expect(Buffer.from((await store.get('a'))!.body).toString()).toBe('1');
  });
});

describe('temporary files at start', () => {
  const dead = async (): Promise<number> => {
    const child = spawn(process.execPath, ['-e', '']);
    await once(child, 'exit');
    return child.pid!;
  };
  const scratchFile = async (pid: number, ageMs: number): Promise<string> => {
    const store = open();
    if ((await store.get('a')) === undefined) await store.put('a', bytes('x'), { absent: true });
    const { scratchName } = await import('../src/store/fs/scratch.js');
    const name = scratchName().replace(/^\d+/, String(pid));
    await writeFile(join(folder, '.tmp', name), 'x');
    const time = (Date.now() - ageMs) / 1000;
    await utimes(join(folder, '.tmp', name), time, time);
    return name;
  };

  it('go when their process is dead, or when they are old', async () => {
    await scratchFile(await dead(), 0);
    await scratchFile(process.ppid, 2 * 3_600_000);
    await mkdir(join(folder, '.tmp', 'foreign'));
    await utimes(join(folder, '.tmp', 'foreign'), 1, 1);
    await open().probe();
    expect(await readdir(join(folder, '.tmp'))).toEqual([]);
  });

  it('stay when their process lives, or is of another machine', async () => {
    const names = [
      await scratchFile(process.ppid, 1000),
      (await scratchFile(await dead(), 1000)).replace(/-[0-9a-f]{8}-/, '-00000000-'),
    ];
    await writeFile(join(folder, '.tmp', names[1]!), 'x');
    await open().probe();
    expect((await readdir(join(folder, '.tmp'))).toSorted()).toEqual(names.toSorted());
  });

  it('stay when the clock of this process is ahead of that of the disk', async () => {
    const name = await scratchFile(process.ppid, 1000);
    const clock = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 2 * 3_600_000);
    await open()
      .probe()
      .finally(() => clock.mockRestore());
    expect(await readdir(join(folder, '.tmp'))).toEqual([name]);
  });
});

describe('processes', () => {
  it(
    'lose no increment: 4 x 50',
    async () => {
      const store = open();
      await store.put('counter', bytes('0'), { absent: true });
      await Promise.all(
        Array.from({ length: 4 }, () => run(process.execPath, [program, 'increment', folder, 'counter', '50'])),
      );
      expect(Buffer.from((await store.get('counter'))!.body).toString()).toBe('200');
    },
    SLOW_MS,
  );

  it(
    'may be killed at any moment: 50 kills, no torn value, no acknowledged write lost, no orphan after start',
    async () => {
      const lanes = ['a', 'b'].map(async (lane) => {
        let acked = { value: 0, part: 0 };
        for (let kill = 0; kill < 25; kill += 1) acked = await writeUntilKilled(lane, acked);
      });
      await Promise.all(lanes);
      await open().probe();
      expect(await readdir(join(folder, '.tmp'))).toEqual([]);
    },
    SLOW_MS,
  );

  async function writeUntilKilled(
    lane: string,
    before: { value: number; part: number },
  ): Promise<{ value: number; part: number }> {
    const child = spawn(process.execPath, [program, 'write', folder, lane], { stdio: ['ignore', 'pipe', 'inherit'] });
    const acked = await acknowledgements(child, before);
    const store = open();
    const value = (await store.get(`value/${lane}`))!;
    const number = wholeNumber(value.body);
    expect(number).toBeGreaterThanOrEqual(acked.value);
    expect(number).toBeLessThanOrEqual(acked.value + 1);
    for (const { key } of (await store.list(`part/${lane}/`, { limit: 1000 })).items) {
      expect(wholeNumber((await store.get(key))!.body)).toBe(Number(key.split('/').at(-1)));
    }
    if (acked.part > 0 && acked.part % 5 !== 1) expect(await store.get(`part/${lane}/${acked.part}`)).toBeDefined();
    return acked;
  }

  /** Kills at a random moment after the first acknowledgement; gives the last ones. */
  async function acknowledgements(child: ChildProcess, before: { value: number; part: number }) {
    const acked = { ...before };
    let text = '';
    child.stdout!.on('data', (chunk: Buffer) => {
      if (text === '') setTimeout(() => child.kill('SIGKILL'), Math.random() * 60);
      text += chunk.toString();
    });
    const [, signal] = (await once(child, 'close')) as [number | null, string | null];
    expect(signal).toBe('SIGKILL');
    for (const [, what, number] of text.matchAll(/^(value|part) (\d+)$/gm))
      acked[what as 'value' | 'part'] = Number(number);
    return acked;
  }

  function wholeNumber(body: Uint8Array): number {
    const lines = Buffer.from(body).toString().trimEnd().split('\n');
    const number = Number.parseInt(lines[0]!, 10);
    const line = `${number} ${createHash('sha256').update(String(number)).digest('hex')}`;
    expect(lines).toEqual(Array.from({ length: 1 + (number % 7) * 300 }, () => line));
    return number;
  }
});

describe('permissions', () => {
  /** Root may write anywhere, so as root the child runs as nobody; else the folder is closed to this user itself. */
  const asOther = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  const child = async (command: string): Promise<string> =>
    (await run(process.execPath, [program, command, folder, 'h/a'], asOther)).stdout;

  it.each(['create', 'list'])(
    'a folder that may not be written or read is STORE_DENIED, naming it and chmod: %s',
    async (command) => {
      await mkdir(folder);
      await chmod(folder, 0);
      const said = await child(command);
      await chmod(folder, 0o700);
      expect(said).toContain('STORE_DENIED');
      expect(said).toContain(folder);
      expect(said).toContain('chmod u+rwx');
      expect(await readdir(folder)).toEqual([]);
    },
  );

  it('a folder below one that may not be written is STORE_DENIED', async () => {
    await mkdir(folder, { mode: 0o555 });
    folder = join(folder, 'store');
    expect(await child('create')).toContain('STORE_DENIED');
  });

  it('a folder where others may write is STORE_DENIED, with the command', async () => {
    await mkdir(folder);
    await chmod(folder, 0o777);
    await expect(open().get('a')).rejects.toMatchObject({
      code: 'STORE_DENIED',
      message: expect.stringContaining(`chmod 700 '${folder}'`),
    });
  });

  it('a file in place of the folder is STORE_UNAVAILABLE', async () => {
    await writeFile(folder, 'x');
    await expect(open().get('a')).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining(folder),
    });
    folder = join(folder, 'below');
    await expect(open().get('a')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });

  it.each([
    ['EACCES', 'STORE_DENIED'],
    ['EPERM', 'STORE_DENIED'],
    ['EROFS', 'STORE_DENIED'],
    ['ENOSPC', 'STORE_FULL'],
    ['EDQUOT', 'STORE_FULL'],
    ['ENOTDIR', 'STORE_UNAVAILABLE'],
    ['EIO', 'STORE_UNAVAILABLE'],
  ])('%s is %s', (system, code) => {
    const error = storeError(Object.assign(new Error('x'), { code: system, path: '/s/h' }), '/s');
    expect(error).toMatchObject({ code, message: expect.stringContaining('/s') });
    // What to do is said once, by the advice of the code.
    expect(error.message).not.toContain('Nothing was changed');
  });
});
