/** The store contract on every driver, the guard around them, and the mutants that the suite must fail. */
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PspError } from '@psp/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configFolder, dataFolder } from '../src/folders.js';
import { FsStore } from '../src/store/fs.js';
import { guardStore } from '../src/store/guard.js';
import { MemoryStore } from '../src/store/memory.js';
import { openStore } from '../src/store/open.js';
import { probeConditions } from '../src/store/probe.js';
import type { Store } from '../src/store/store.js';
import { failedCases, HOSTILE_KEYS, MUTANTS, STORE_CASES } from '../src/testing/index.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'psp-store-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const DRIVERS: Record<string, () => Store> = {
  memory: () => new MemoryStore(),
  fs: () => new FsStore(join(folder, 'suite')),
};

describe.each(Object.entries(DRIVERS))('%s store', (_name, open) => {
  it.each(STORE_CASES.map(({ name, run }) => [name, run] as const))('%s', async (_case, run) => {
    const store = guardStore(open());
    await run(store);
    await store.close();
  });
});

describe('the suite', () => {
  it.each(Object.entries(MUTANTS))('fails a store that is wrong: %s', async (_name, mutant) => {
    const failed = await failedCases(guardStore(mutant(new MemoryStore())));
    expect(failed.map(({ name }) => name)).not.toEqual([]);
  });

  it('passes the same store without the change', async () => {
    expect(await failedCases(guardStore(new MemoryStore()))).toEqual([]);
  });

  it.each([
    'ignores conditions',
    'ignores etags but not absence',
    'checks the condition, then writes',
    'remove does nothing',
  ])('the probe alone refuses a store that %s', async (name) => {
    const store = MUTANTS[name]!(new MemoryStore());
    await expect(probeConditions(store)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });
});

/** A driver that counts its calls, and fails as told. */
function counting(fail: { probe?: number; with?: unknown } = {}) {
  const memory = new MemoryStore();
  const calls: string[] = [];
  let failures = fail.probe ?? 0;
  const call = <T>(name: string, run: () => Promise<T>): Promise<T> => {
    calls.push(name);
    if (name === 'probe' && failures-- > 0) return Promise.reject(new Error('not yet'));
    return fail.with === undefined || name === 'probe' ? run() : Promise.reject(fail.with);
  };
  const driver: Store = {
    url: 'test:',
    features: memory.features,
    get: (key) => call('get', () => memory.get(key)),
    put: (key, body, condition) => call('put', () => memory.put(key, body, condition)),
    list: (prefix, options) => call('list', () => memory.list(prefix, options)),
    remove: (key) => call('remove', () => memory.remove(key)),
    probe: () => call('probe', () => memory.probe()),
    close: () => call('close', () => memory.close()),
  };
  return { store: guardStore(driver), calls };
}

describe('the guard', () => {
  it('refuses hostile keys, prefixes and bodies before any I/O', async () => {
    const { store, calls } = counting();
    for (const key of HOSTILE_KEYS as string[]) {
      await expect(store.get(key)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
      await expect(store.put(key, new Uint8Array(), { absent: true })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
      await expect(store.remove(key)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    }
    for (const after of HOSTILE_KEYS.filter((key) => key !== undefined) as string[]) {
      await expect(store.list('a', { after, limit: 1 })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    }
    for (const prefix of ['/', '../', 'a//', 'A', 'a.b', '%', undefined as never]) {
      await expect(store.list(prefix, { limit: 1 })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    }
    for (const limit of [0, -1, 1.5, 1001, Number.NaN, undefined as never]) {
      await expect(store.list('a', { limit })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    }
    await expect(store.put('a', 'text' as never, { absent: true })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(store.put('a', new Uint8Array(8 * 1024 * 1024 + 1), { absent: true })).rejects.toMatchObject({
      code: 'TOO_LARGE',
    });
    expect(calls).toEqual([]);
  });

  it('shows a hostile key escaped and cut', async () => {
    const error: PspError = await counting()
      .store.get(`\u001b[31m\n${'x'.repeat(5000)}`)
      .catch((thrown) => thrown);
    expect(error.message).not.toMatch(/[\u0000-\u001f]/);
    expect(error.message.length).toBeLessThan(200);
  });

  it('probes once, before the first use, for callers at the same time together', async () => {
    const { store, calls } = counting();
    await Promise.all([store.get('a'), store.get('b'), store.list('', { limit: 1 })]);
    await store.get('c');
    expect(calls.filter((name) => name === 'probe')).toHaveLength(1);
    expect(calls[0]).toBe('probe');
  });

  it('tries a failed probe again', async () => {
    const { store, calls } = counting({ probe: 1 });
    await expect(Promise.all([store.get('a'), store.get('b')])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(await store.get('a')).toBeUndefined();
    expect(calls).toEqual(['probe', 'probe', 'get']);
  });

  it('refuses every use after close, and closes once', async () => {
    const { store, calls } = counting();
    await store.close();
    await store.close();
    const uses = [
      store.get('a'),
      store.put('a', new Uint8Array(), { absent: true }),
      store.list('a', { limit: 1 }),
      store.remove('a'),
      store.probe(),
    ];
    const closed = {
      status: 'rejected',
      reason: expect.objectContaining({ code: 'STORE_UNAVAILABLE', message: expect.stringContaining('closed') }),
    };
    expect(await Promise.allSettled(uses)).toEqual(uses.map(() => closed));
    expect(calls).toEqual(['close']);
  });

  it('maps unknown errors, and says of a put that its outcome is unknown', async () => {
    const cause = Object.assign(new Error('connect postgres://user:hunter2@host failed'), { code: 'ECONNRESET' });
    const { store } = counting({ with: cause });
    for (const [use, code] of [
      [() => store.get('a'), 'STORE_UNAVAILABLE'],
      [() => store.list('a', { limit: 1 }), 'STORE_UNAVAILABLE'],
      [() => store.put('a', new Uint8Array(), { absent: true }), 'OUTCOME_UNKNOWN'],
    ] as const) {
      const error: PspError = await use().catch((thrown) => thrown);
      expect(error).toMatchObject({ code, cause });
      expect(error.message).toContain('ECONNRESET');
      expect(error.message).not.toContain('hunter2');
    }
  });

  it('guards a guarded store no second time', () => {
    const store = guardStore(new MemoryStore());
    expect(guardStore(store)).toBe(store);
  });
});

describe('openStore', () => {
  const put = async (store: Store, key: string) => store.put(key, new Uint8Array([1]), { absent: true });

  it('takes PSP_STORE, else the local folder', async () => {
    expect((await openStore(undefined, { PSP_STORE: 'memory:x' })).url).toBe('memory:x');
    expect((await openStore(undefined, { XDG_DATA_HOME: '/data', PSP_STORE: '' })).url).toMatch(/^file:.*psp$/);
    expect((await openStore('local', { XDG_DATA_HOME: '/data', PSP_STORE: 'memory:x' })).url).toMatch(/^file:.*psp$/);
  });

  it('follows the conventions of each platform; the XDG specification ignores relative paths', () => {
    expect(dataFolder({ XDG_DATA_HOME: '/data' }, 'linux')).toBe('/data/psp');
    expect(dataFolder({ XDG_DATA_HOME: 'data' }, 'linux')).toBe(join(homedir(), '.local/share/psp'));
    expect(dataFolder({ XDG_DATA_HOME: '/data' }, 'darwin')).toBe(join(homedir(), 'Library/Application Support/psp'));
    expect(dataFolder({ LOCALAPPDATA: '/local' }, 'win32')).toBe('/local/psp');
    for (const platform of ['linux', 'darwin', 'win32'] as const) {
      expect(configFolder({}, platform)).not.toBe(dataFolder({}, platform));
    }
  });

  it('takes relative and absolute folders and file URLs', async () => {
    expect((await openStore('file:some/where')).url).toBe(`file:${join(process.cwd(), 'some/where')}`);
    expect((await openStore('file:/abs/o lute')).url).toBe('file:/abs/o lute');
    expect((await openStore('file:///abs/o%20lute')).url).toBe('file:/abs/o lute');
  });

  it('shares memory stores by name only', async () => {
    await put(await openStore('memory:shared'), 'a');
    expect(await (await openStore('memory:shared')).get('a')).toBeDefined();
    expect(await (await openStore('memory:')).get('a')).toBeUndefined();
  });

  it('guards a store object', async () => {
    await expect((await openStore(new MemoryStore())).get('../x')).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  it.each([
    'ftp://user:hunter2@host/',
    'oracle://user:hunter2@host/',
    'nonsense',
    'file:',
    'file://host/x',
    'constructor:',
    {},
    null,
    7,
  ])('refuses %j, naming what it takes and no password', async (storage) => {
    const error: PspError = await openStore(storage as string, {}).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'INVALID_INPUT' });
    expect(error.message).toMatch(/file:/);
    expect(error.message).not.toContain('hunter2');
  });
});
