/** Garbage collection, sessions that are kept for a time only, and the epoch of a store. */
import { newSessionId } from '@psp/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { Archive, raiseEpoch, readEpoch } from '../src/archive.js';
import { openKeySource } from '../src/seal/key-file.js';
import { FsStore } from '../src/store/fs.js';
import { MemoryStore } from '../src/store/memory.js';
import type { Store } from '../src/store/store.js';
import { archives, changed, errorOf, keysOf, losesReplies, secretOf } from './support/archive.js';
import { makeState } from './support/session-state.js';

const { archiveOn, folder } = archives();
const DAY_MS = 24 * 60 * 60 * 1000;
const NOTHING = { orphans: 0, versions: 0, expired: 0, tombstones: 0, leases: 0 };
let store: Store;
let nowMs: number;
let archive: Archive;
beforeEach(() => {
  store = new MemoryStore();
  nowMs = Date.now();
  archive = archiveOn(store, { nowMs: () => nowMs });
});

async function save(id = newSessionId(), options: { base?: string; keepForMs?: number } = {}): Promise<string> {
  await archive.save(makeState({ id }), options);
  return id;
}

const isoAt = (ms: number): string => new Date(ms).toISOString();

describe('gc', () => {
  it('removes what is over, of each kind, tells how many, and first tells without doing', async () => {
    const live = await save();
    for (let version = 2; version <= 5; version += 1)
      await save(live, { base: (await archive.metadata(live)).revision });
    const deleted = await save();
    await archive.remove(deleted);
    const expired = await save(newSessionId(), { keepForMs: DAY_MS });
    const orphan = `b/${newSessionId()}/${newSessionId()}/000000`;
    await store.put(orphan, Buffer.from('x'), { absent: true });
    const before = await keysOf(store);
    expect(await archive.gc()).toEqual(NOTHING);
    nowMs += 91 * DAY_MS;
    const few = archiveOn(store, { nowMs: () => nowMs, keep: { versions: 2 } });
    const report = { orphans: 1, versions: 3, expired: 1, tombstones: 1, leases: 0 };
    expect(await few.gc({ dryRun: true })).toEqual(report);
    expect(await keysOf(store)).toEqual(before);
    expect(await few.gc()).toEqual(report);
    expect(await few.gc()).toEqual(NOTHING);
    expect(await keysOf(store, 'h/')).toEqual([`h/${live}`, `h/${expired}`].toSorted());
    expect([(await keysOf(store, 'm/')).length, (await keysOf(store, 'b/')).length]).toEqual([2, 2]);
    expect(await secretOf(few, live, 4)).toBe('value');
    nowMs += 91 * DAY_MS;
    expect(await few.gc()).toEqual({ ...NOTHING, tombstones: 1 });
  });

  it('takes the time that it is given', async () => {
    await archive.remove(await save());
    expect(await archive.gc({ nowMs: nowMs + 2 * DAY_MS, tombstoneDays: 1 })).toEqual({ ...NOTHING, tombstones: 1 });
    expect(await errorOf(archive.gc({ tombstoneDays: -1 }))).toMatchObject({ code: 'INVALID_INPUT' });
  });

  it('[PSP-ARC-12] touches nothing that it cannot open: damaged, sealed with another key, or a tombstone of one', async () => {
    const damaged = await save();
    const foreign = await save();
    const tomb = await save();
    await archive.remove(tomb);
    const head = (await store.get(`h/${damaged}`))!;
    await store.put(`h/${damaged}`, head.body.subarray(0, -1), { etag: head.etag });
    const other = openKeySource({ keyFile: `${folder}/other.json` });
    await other.ensureKey();
    const before = await keysOf(store);
    const theirs = new Archive(store, other, { keep: { versions: 1 } });
    expect(await theirs.gc({ nowMs: nowMs + 1000 * DAY_MS })).toEqual(NOTHING);
    expect(await keysOf(store)).toEqual(before);
    expect(await secretOf(archive, foreign)).toBe('value');
  });

  it('lets a session be that somebody keeps longer, or saves, while it looks', async () => {
    const id = await save(newSessionId(), { keepForMs: DAY_MS });
    const others = archiveOn(store);
    let reads = 0;
    const slow = changed(store, {
      get: async (key) => {
        const found = await store.get(key);
        if (key === `h/${id}` && (reads += 1) === 1) await others.update(id, { keepUntil: null });
        return found;
      },
    });
    expect(await archiveOn(slow).gc({ nowMs: nowMs + 2 * DAY_MS })).toEqual(NOTHING);
    expect(await secretOf(archive, id)).toBe('value');
  });

  it('that dies at any operation loses no version that is kept, and the next one finishes', async () => {
    for (let at = 0, done = false; !done; at += 1) {
      store = new MemoryStore();
      archive = archiveOn(store, { nowMs: () => nowMs });
      const id = await save();
      for (let version = 2; version <= 4; version += 1) await save(id, { base: (await archive.metadata(id)).revision });
      let left = at;
      const step = (): void => {
        if ((left -= 1) < 0) throw new Error('killed');
      };
      const dying = changed(store, {
        put: async (...args) => (step(), store.put(...args)),
        remove: async (key) => (step(), store.remove(key)),
      });
      done = await archiveOn(dying, { keep: { versions: 2 } })
        .gc()
        .then(
          () => true,
          () => false,
        );
      expect(await secretOf(archive, id, 3)).toBe('value');
      const later = archiveOn(store, { keep: { versions: 2 }, nowMs: () => nowMs + 2 * DAY_MS });
      await later.gc();
      expect(await keysOf(store)).toHaveLength(5);
      if (at > 20) throw new Error('expected an end');
    }
  });
});

describe('a session that is kept for a time', () => {
  it('[PSP-ARC-13] is gone when the time is over: not listed, not opened, not saved over, and says why', async () => {
    const id = await save(newSessionId(), { keepForMs: DAY_MS });
    const { metadata, revision } = await archive.metadata(id);
    expect(metadata.keepUntil).toBe(isoAt(nowMs + DAY_MS));
    const next = await archive.save(makeState({ id }), { base: revision, keepForMs: 5 * DAY_MS });
    expect(next.metadata.keepUntil).toBe(metadata.keepUntil);
    nowMs += DAY_MS;
    const uses = [
      archive.open(id),
      archive.metadata(id),
      archive.find(id),
      archive.versions(id),
      archive.update(id, { name: 'x' }),
      archive.rollback(id, 1),
      archive.save(makeState({ id }), { base: next.revision }),
    ];
    for (const error of await Promise.all(uses.map(errorOf)))
      expect(error).toMatchObject({ code: 'DELETED', message: expect.stringContaining(metadata.keepUntil!) });
    expect(await archive.list()).toEqual({ items: [], damaged: [] });
    expect(await errorOf(archive.find('mail'))).toMatchObject({ code: 'NOT_FOUND' });
    await archive.remove(id);
    expect((await errorOf(archive.open(id))).message).toContain('was deleted');
  });

  it('can be kept longer or for good, and a time that is none is refused', async () => {
    const id = await save(newSessionId(), { keepForMs: DAY_MS });
    const longer = await archive.update(id, { keepUntil: isoAt(nowMs + 5 * DAY_MS) });
    expect(longer.metadata).toMatchObject({ keepUntil: isoAt(nowMs + 5 * DAY_MS), name: 'mail' });
    expect((await archive.update(id, { keepUntil: null })).metadata.keepUntil).toBeUndefined();
    for (const keepUntil of ['tomorrow', '2026-13-01T00:00:00Z', '2026-01-01', 7 as never])
      expect(await errorOf(archive.update(id, { keepUntil }))).toMatchObject({ code: 'INVALID_INPUT' });
    for (const keepForMs of [0, -1, Number.NaN, Infinity, '1' as never])
      expect(await errorOf(save(newSessionId(), { keepForMs }))).toMatchObject({ code: 'INVALID_INPUT' });
  });
});

describe('the epoch of a store', () => {
  it('[PSP-LEASE-8] only rises, and twice from the same backup gives two', async () => {
    const on = new FsStore(`${folder}/epoch`);
    expect(await readEpoch(on)).toBe(0);
    const first = await raiseEpoch(on);
    expect(await readEpoch(on)).toBe(first);
    expect(await raiseEpoch(on)).toBe(first + 1);
    expect(await raiseEpoch(on, { above: first + 100 })).toBe(first + 101);
    const restored = [new MemoryStore(), new MemoryStore()];
    const hour = 60 * 60 * 1000;
    const epochs = [await raiseEpoch(restored[0]!, { nowMs }), await raiseEpoch(restored[1]!, { nowMs: nowMs + hour })];
    expect(epochs[1]).toBeGreaterThan(epochs[0]!);
    const raised = await Promise.all(Array.from({ length: 5 }, () => raiseEpoch(store)));
    expect(new Set(raised).size).toBe(5);
  });

  it('is raised once when the reply is lost, and one that is no epoch is CORRUPT', async () => {
    const deaf = losesReplies(store, () => true);
    const epoch = await raiseEpoch(deaf);
    expect(await readEpoch(store)).toBe(epoch);
    const found = (await store.get('e/epoch'))!;
    for (const text of ['', '{"v":1,"epoch":-1,"nonce":"x"}', '{"v":1,"epoch":9e15,"nonce":"x"}', 'null']) {
      const broken = new MemoryStore();
      await broken.put('e/epoch', Buffer.from(text), { absent: true });
      for (const use of [readEpoch(broken), raiseEpoch(broken)])
        expect(await errorOf(use)).toMatchObject({ code: 'CORRUPT' });
    }
    expect(Buffer.from(found.body).toString()).toContain(String(epoch));
  });
});
