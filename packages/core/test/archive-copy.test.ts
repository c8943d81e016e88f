/** Sessions from store to store: sealed as they are, never over what does not come from them, complete after an interruption. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PspError } from '@psp/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Archive } from '../src/archive.js';
import { copyStore, type CopyProgress } from '../src/archive/copy.js';
import { raiseEpoch, readEpoch } from '../src/archive/epoch.js';
import { openKeySource } from '../src/seal/key-file.js';
import { MemoryStore } from '../src/store/memory.js';
import type { Store } from '../src/store/store.js';
import { collectBatches, makeState } from './support/session-state.js';

let folder: string;
let from: MemoryStore;
let to: MemoryStore;
let source: Archive;
let target: Archive;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'psp-copy-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
const archiveOf = (store: Store, key = 'key.json'): Archive =>
  new Archive(store, openKeySource({ keyFile: join(folder, key) }));
beforeEach(() => {
  [from, to] = [new MemoryStore(), new MemoryStore()];
  [source, target] = [archiveOf(from), archiveOf(to)];
});

/** All but the epoch, which is each store's own. */
async function contents(store: Store): Promise<Map<string, string>> {
  const all = new Map<string, string>();
  for (const { key } of (await store.list('', { limit: 1000 })).items)
    if (key !== 'e/epoch' && !key.startsWith('c/'))
      all.set(key, Buffer.from((await store.get(key))!.body).toString('hex'));
  return all;
}

/** A session of so many versions; gives its id. */
async function saved(archive: Archive, versions = 1): Promise<string> {
  const state = makeState();
  let { revision } = await archive.save(state);
  for (let more = 1; more < versions; more += 1) ({ revision } = await archive.save(state, { base: revision }));
  return state.document.id;
}

async function saveAgain(archive: Archive, id: string): Promise<void> {
  await archive.save(makeState({ id }), { base: (await archive.metadata(id)).revision });
}

/** A store that does something else first. */
function watched(store: Store, before: (method: 'get' | 'put', key: string) => Promise<void>): Store {
  return {
    url: 'watched:',
    features: store.features,
    get: async (key) => (await before('get', key), store.get(key)),
    put: async (key, body, condition) => (await before('put', key), store.put(key, body, condition)),
    list: (prefix, options) => store.list(prefix, options),
    remove: (key) => store.remove(key),
    probe: () => store.probe(),
    close: () => store.close(),
  };
}

it('[PSP-COPY-1] sessions come with their versions and tombstones, byte for byte, and open there', async () => {
  const kept = await saved(source, 3);
  const gone = await saved(source);
  await source.remove(gone);
  const steps: CopyProgress[] = [];
  const report = await copyStore(from, to, { onProgress: (step) => steps.push(step) });
  expect(report).toMatchObject({ total: 2, counts: { copied: 2 }, values: 8, notices: [] });
  expect(steps.map(({ done, total }) => [done, total])).toEqual([
    [1, 2],
    [2, 2],
  ]);
  expect(await contents(to)).toEqual(await contents(from));
  const opened = await target.open(kept, { version: 1 });
  expect(await collectBatches(opened.state)).toHaveLength(2);
  await expect(target.open(gone)).rejects.toMatchObject({ code: 'DELETED' });
  expect(await copyStore(from, to)).toMatchObject({ counts: { same: 2 }, values: 0, bytes: 0 });
});

describe('[PSP-COPY-2] a head replaces its ancestor and nothing else:', () => {
  it('later saves and renames come, whatever their number', async () => {
    const id = await saved(source);
    await source.update(id, { name: 'renamed once' });
    await copyStore(from, to);
    for (let more = 0; more < 12; more += 1) await saveAgain(source, id);
    await source.update(id, { name: 'renamed twice' });
    expect(await copyStore(from, to)).toMatchObject({ counts: { updated: 1 } });
    expect((await target.metadata(id)).metadata).toMatchObject({ name: 'renamed twice', version: 13 });
    expect(await target.versions(id)).toEqual(await source.versions(id));
  });

  it('a deletion comes too, after later saves', async () => {
    const id = await saved(source);
    await copyStore(from, to);
    await saveAgain(source, id);
    await source.remove(id);
    expect(await copyStore(from, to)).toMatchObject({ counts: { updated: 1 } });
    await expect(target.open(id)).rejects.toMatchObject({ code: 'DELETED' });
  });

  it('what was deleted in both is the same', async () => {
    const id = await saved(source);
    await copyStore(from, to);
    await source.remove(id);
    await target.remove(id);
    expect(await copyStore(from, to)).toMatchObject({ counts: { same: 1 }, values: 0 });
  });

  it('what was saved in the target only stays', async () => {
    const id = await saved(source);
    await copyStore(from, to);
    await saveAgain(target, id);
    const before = await contents(to);
    expect(await copyStore(from, to)).toMatchObject({ counts: { newer: 1 }, values: 0 });
    expect(await contents(to)).toEqual(before);
  });

  it.each([
    ['saved', (archive: Archive, id: string) => saveAgain(archive, id)],
    ['renamed', async (archive: Archive, id: string) => void (await archive.update(id, { name: 'other' }))],
    ['deleted', (archive: Archive, id: string) => archive.remove(id)],
  ])('what was %s in the target while the source went on is a conflict', async (_, change) => {
    const id = await saved(source);
    await copyStore(from, to);
    await change(target, id);
    await saveAgain(source, id);
    const before = await contents(to);
    const report = await copyStore(from, to);
    expect(report).toMatchObject({ counts: { conflict: 1 }, values: 0, notices: [{ id, status: 'conflict' }] });
    expect(await contents(to)).toEqual(before);
  });

  it('another value under a key of the session is a conflict, and no head is put', async () => {
    const id = await saved(source);
    const [part = ''] = (await contents(from)).keys();
    await to.put(part, Buffer.from('something else'), { absent: true });
    expect(await copyStore(from, to)).toMatchObject({ counts: { conflict: 1 }, notices: [{ id }] });
    expect([...(await contents(to)).keys()]).toEqual([part]);
  });

  it('a session that is sealed with another key than those of the target is a conflict', async () => {
    await saved(source);
    await saved(archiveOf(to, 'other.json'));
    expect(await copyStore(from, to)).toMatchObject({ counts: { conflict: 1 }, values: 0 });
  });
});

describe('[PSP-COPY-3] a copy that ended at any put', () => {
  it('shows no session that is not whole, and is complete when it is run again', async () => {
    const id = await saved(source, 2);
    for (let allowed = 0; allowed < 5; allowed += 1) {
      const place = new MemoryStore();
      let puts = 0;
      const dying = watched(place, async (method, key) => {
        if (method === 'put' && /^[bmh]\//.test(key) && (puts += 1) > allowed) throw new Error('killed');
      });
      await expect(copyStore(from, dying)).rejects.toThrow('failed');
      expect((await archiveOf(place).list()).items).toEqual([]);
      expect(await copyStore(from, place)).toMatchObject({ counts: { copied: 1 }, values: 5 - allowed });
      expect(await contents(place)).toEqual(await contents(from));
      expect(await archiveOf(place).versions(id)).toHaveLength(2);
    }
  });

  it('[PSP-COPY-6] is not swept for a day, old as its values are', async () => {
    const DAY_MS = 24 * 60 * 60 * 1000;
    const keys = openKeySource({ keyFile: join(folder, 'key.json') });
    await saved(new Archive(from, keys, { nowMs: () => Date.now() - 3 * DAY_MS }));
    const dying = watched(to, async (method, key) => {
      if (method === 'put' && key.startsWith('h/')) throw new PspError('STORE_UNAVAILABLE', 'gone');
    });
    await expect(copyStore(from, dying)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    const [part = ''] = (await contents(to)).keys();
    expect(await target.gc()).toMatchObject({ orphans: 0 });
    expect(await to.get(part)).toBeDefined();
    // A sweep that runs while the head is put.
    const swept = watched(to, async (method, key) => {
      if (method === 'put' && key.startsWith('h/')) await target.gc();
    });
    expect(await copyStore(from, swept)).toMatchObject({ counts: { copied: 1 }, values: 1 });
    expect(await contents(to)).toEqual(await contents(from));
    await from.remove([...(await contents(from)).keys()].find((key) => key.startsWith('h/'))!);
    await expect(copyStore(from, to)).resolves.toMatchObject({ total: 0 });
    await to.remove([...(await contents(to)).keys()].find((key) => key.startsWith('h/'))!);
    expect(await target.gc({ nowMs: Date.now() + 2 * DAY_MS })).toMatchObject({ orphans: 2 });
    expect((await to.list('', { limit: 9 })).items.map(({ key }) => key)).toEqual(['e/epoch']);
  });

  it('puts back what a head of the target names and a sweep took', async () => {
    await saved(source);
    await copyStore(from, to);
    const [part = ''] = (await contents(to)).keys();
    await to.remove(part);
    expect(await copyStore(from, to)).toMatchObject({ counts: { repaired: 1 }, values: 1 });
    expect(await contents(to)).toEqual(await contents(from));
  });
});

describe('while the source changes', () => {
  it('[PSP-COPY-4] a save during the copy is part of it', async () => {
    const id = await saved(source);
    let saves = 0;
    const busy = watched(to, async (method, key) => {
      if (method === 'put' && key.startsWith('h/') && (saves += 1) <= 2) await saveAgain(source, id);
    });
    expect(await copyStore(from, busy)).toMatchObject({ counts: { copied: 1 } });
    expect(await target.versions(id)).toEqual(await source.versions(id));
    expect(saves).toBe(3);
  });

  it('[PSP-COPY-4] a deletion that takes parts away during the copy is no damage', async () => {
    const id = await saved(source, 2);
    let isFirst = true;
    const fading = watched(from, async (method, key) => {
      if (method === 'get' && key.startsWith('b/') && isFirst) {
        isFirst = false;
        await source.remove(id);
      }
    });
    expect(await copyStore(fading, to)).toMatchObject({ counts: { damaged: 0 }, notices: [] });
    await expect(target.open(id)).rejects.toMatchObject({ code: 'DELETED' });
  });

  it('a save in the target at the moment of the put is not lost', async () => {
    const id = await saved(source);
    await copyStore(from, to);
    await saveAgain(source, id);
    const raced = watched(to, async (method, key) => {
      if (method === 'put' && key.startsWith('h/')) await target.update(id, { name: 'raced' });
    });
    expect(await copyStore(from, raced)).toMatchObject({ counts: { conflict: 1 } });
    expect((await target.metadata(id)).metadata.name).toBe('raced');
  });
});

it('[PSP-COPY-5] what the source lacks is told, and the rest is copied', async () => {
  const id = await saved(source, 2);
  const [part = ''] = (await contents(from)).keys();
  await from.remove(part);
  const report = await copyStore(from, to);
  expect(report).toMatchObject({ counts: { damaged: 1 }, notices: [{ id, reason: expect.stringContaining(part) }] });
  expect((await target.open(id)).metadata.version).toBe(2);
  await expect(target.open(id, { version: 1 })).rejects.toMatchObject({ code: 'CORRUPT' });
  // A manifest that is not the one that the head names, and a head that is none.
  const whole = await saved(source);
  const manifest = [...(await contents(from)).keys()].find((key) => key.startsWith(`m/${whole}/`)) ?? '';
  await from.put(manifest, Buffer.from('x'), { etag: (await from.get(manifest))!.etag });
  await from.put('h/0190a000-0000-7000-8000-000000000000', Buffer.from('no head'), { absent: true });
  expect(await copyStore(from, to)).toMatchObject({ counts: { damaged: 3 } });
});

it('[PSP-LEASE-8] raises the epoch of the target above that of the source, before its first head and only then', async () => {
  await saved(source);
  const above = await raiseEpoch(from, { above: 1_000_000 });
  await copyStore(from, to, { dryRun: true });
  expect(await readEpoch(to)).toBe(0);
  const dying = watched(to, async (method, key) => {
    if (method === 'put' && key.startsWith('h/')) throw new PspError('STORE_UNAVAILABLE', 'gone');
  });
  await expect(copyStore(from, dying)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  const raised = await readEpoch(to);
  expect(raised).toBeGreaterThan(above);
  await copyStore(from, to);
  const again = await readEpoch(to);
  expect(again).toBeGreaterThan(raised);
  await copyStore(from, to);
  expect(await readEpoch(to)).toBe(again);
});

it('a dry run writes nothing and tells what would be done; sessions can be chosen', async () => {
  const [first, second] = [await saved(source), await saved(source)];
  const dry = await copyStore(from, to, { dryRun: true });
  expect(await contents(to)).toEqual(new Map());
  expect(dry).toMatchObject({ total: 2, counts: { copied: 2 }, values: 6 });
  const real = await copyStore(from, to, { sessions: [second] });
  expect(real).toMatchObject({ total: 1, counts: { copied: 1 } });
  expect((await target.list()).items.map(({ id }) => id)).toEqual([second]);
  const absent = '0190a000-0000-7000-8000-000000000000';
  await expect(copyStore(from, to, { sessions: [first, absent] })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(copyStore(from, from)).resolves.toBeDefined();
});
