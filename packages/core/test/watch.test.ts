/** Changes of sessions as they are told: from hints, from looking, and after hints that were lost. */
import { join } from 'node:path';
import { newSessionId, PspError } from '@psp/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Archive, SessionChange, WatchOptions } from '../src/archive.js';
import { FsStore } from '../src/store/fs.js';
import { MemoryStore } from '../src/store/memory.js';
import type { Store } from '../src/store/store.js';
import { archives, changed, errorOf } from './support/archive.js';
import { makeState } from './support/session-state.js';

const { archiveOn, folder } = archives();
const FOR_EVER_MS = 1_000_000;
let store: Store;
let archive: Archive;
beforeEach(() => {
  store = new MemoryStore();
  archive = archiveOn(store);
});

async function save(id = newSessionId(), by = archive): Promise<string> {
  const base = await by.metadata(id).then(
    ({ revision }) => ({ base: revision }),
    () => ({}),
  );
  await by.save(makeState({ id }), base);
  return id;
}

/** What was told, in words, as it comes. */
async function watching(options: WatchOptions, by = archive): Promise<() => Promise<string>> {
  const changes = by.watch(options);
  await changes.ready;
  const told = changes[Symbol.asyncIterator]();
  return async () => wordsOf((await told.next()).value as SessionChange | undefined);
}

const wordsOf = (change: SessionChange | undefined): string =>
  change === undefined ? 'the end' : `${change.id} ${change.kind} ${change.version}`;

/** A store that sends hints when the test says so, and counts its lists. */
function hinting(inner: Store): { store: Store; hint(): void; lists(): number; stopped(): number } {
  const hints = new Set<() => void>();
  let lists = 0;
  let stopped = 0;
  const on = changed(inner, {
    features: { ...inner.features, watch: true },
    list: (...args) => ((lists += 1), inner.list(...args)),
    watch: async (_prefix, hint) => {
      hints.add(hint);
      return async () => {
        hints.delete(hint);
        stopped += 1;
      };
    },
  });
  const hint = (): void => {
    for (const one of hints) one();
  };
  return { store: on, hint, lists: () => lists, stopped: () => stopped };
}

describe.each([
  ['memory', (): Store => new MemoryStore()],
  ['fs', (): Store => new FsStore(join(folder, `store-${Math.random()}`))],
])('watch (%s)', (_name, newStore) => {
  it('[PSP-ARC-15] tells each kind of change by whomever, and nothing of what is there already', async () => {
    store = newStore();
    archive = archiveOn(store);
    const old = await save();
    const told = await watching({ pollMs: 5 }, archiveOn(store));
    await save(old);
    expect(await told()).toBe(`${old} saved 2`);
    const id = await save();
    expect(await told()).toBe(`${id} saved 1`);
    await archive.update(old, { name: 'new' });
    expect(await told()).toBe(`${old} renamed 2`);
    const lease = await archive.lease(old, { ttlMs: 60_000 });
    expect(await told()).toBe(`${old} leased 2`);
    await lease.renew();
    await lease.release();
    expect(await told()).toBe(`${old} released 2`);
    const early = newSessionId();
    await archive.lease(early, { ttlMs: 60_000 });
    expect(await told()).toBe(`${early} leased 0`);
    await archive.remove(old);
    expect(await told()).toBe(`${old} deleted 0`);
    await archive.gc({ nowMs: Date.now() + 100 * 24 * 3_600_000 });
    const last = await save();
    const both = [await told(), await told()].toSorted();
    expect(both).toEqual([`${early} released 0`, `${last} saved 1`].toSorted());
  });
});

describe('watch', () => {
  it('tells what happened between two looks together, each kind once', async () => {
    const id = await save();
    const { store: on, hint } = hinting(store);
    const told = await watching({ pollMs: FOR_EVER_MS }, archiveOn(on));
    const first = told();
    await save(id);
    hint();
    expect(await first).toBe(`${id} saved 2`);
    await save(id);
    await save(id);
    await archive.update(id, { name: 'new' });
    await (await archive.lease(id, { ttlMs: 60_000 })).release();
    hint();
    expect([await told(), await told(), await told(), await told()]).toEqual([
      `${id} saved 4`,
      `${id} renamed 4`,
      `${id} leased 4`,
      `${id} released 4`,
    ]);
  });

  it('needs no hint: one that is lost, or a store that sends none, costs time only', async () => {
    const { store: deaf } = hinting(store);
    const told = await watching({ pollMs: 20 }, archiveOn(deaf));
    const ids = [await save(), await save(), await save()];
    const heard = [await told(), await told(), await told()];
    expect(heard.toSorted()).toEqual(ids.map((id) => `${id} saved 1`).toSorted());
  });

  it('looks when there is a hint, not before, and stops listening at the end', async () => {
    const source = hinting(store);
    const stop = new AbortController();
    const told = await watching({ signal: stop.signal, pollMs: FOR_EVER_MS }, archiveOn(source.store));
    const first = told();
    const id = await save();
    await new Promise((resolve) => setTimeout(resolve, 100));
    const before = source.lists();
    source.hint();
    expect(await first).toBe(`${id} saved 1`);
    expect(source.lists()).toBeGreaterThan(before);
    const next = told();
    stop.abort();
    expect([await next, source.stopped()]).toEqual(['the end', 2]);
  });

  it('goes on when the store does not answer for a while, says so, and misses nothing', async () => {
    let down = 0;
    const id = await save();
    const shaky = changed(store, {
      get: async (key) => {
        if ((down -= 1) === 0) throw new Error('no route');
        return store.get(key);
      },
    });
    const errors: PspError[] = [];
    const told = await watching({ pollMs: 5, onError: (error) => errors.push(error) }, archiveOn(shaky));
    const first = told();
    await save(id);
    expect(await first).toBe(`${id} saved 2`);
    const ids = new Set([id]);
    down = 10;
    for (let count = 0; count < 20; count += 1) ids.add(await save());
    const heard = new Set<string>();
    while (heard.size < 20) heard.add((await told()).split(' ')[0]!);
    expect([[...heard].every((one) => ids.has(one)), errors.map(({ code }) => code)]).toEqual([
      true,
      ['STORE_UNAVAILABLE'],
    ]);
  });

  it('throws what does not pass, and ends when the archive is closed', async () => {
    let denied = false;
    const refusing = changed(store, {
      list: (...args) => (denied ? Promise.reject(new PspError('STORE_DENIED', 'not any more')) : store.list(...args)),
    });
    const told = await watching({ pollMs: 5 }, archiveOn(refusing));
    denied = true;
    expect(await errorOf(told())).toMatchObject({ code: 'STORE_DENIED' });
    const closing = archiveOn(store);
    const last = (await watching({ pollMs: FOR_EVER_MS }, closing))();
    await closing.close();
    expect(await last).toBe('the end');
    expect(() => archive.watch({ pollMs: 0 })).toThrow('pollMs');
  });

  it('tells nothing of a damaged head, and the change when it is whole again', async () => {
    const id = await save();
    const told = await watching({ pollMs: 5 });
    const head = (await store.get(`h/${id}`))!;
    const etag = await store.put(`h/${id}`, head.body.subarray(0, 50), { etag: head.etag });
    const other = await save();
    expect(await told()).toBe(`${other} saved 1`);
    await store.put(`h/${id}`, head.body, { etag });
    await archive.update(id, { tags: ['new'] });
    expect(await told()).toBe(`${id} renamed 1`);
  });
});

describe('a list', () => {
  it('of many sessions is paged, reads heads at the same time, and no payload', async () => {
    const ids: string[] = [];
    for (let count = 0; count < 60; count += 1) ids.push(await save());
    let now = 0;
    let most = 0;
    const read = new Set<string>();
    const counting = changed(store, {
      get: async (key) => {
        read.add(key.slice(0, 2));
        most = Math.max(most, (now += 1));
        await new Promise((resolve) => setImmediate(resolve));
        now -= 1;
        return store.get(key);
      },
    });
    const far = archiveOn(counting);
    const page = await far.list({ limit: 40 });
    const rest = await far.list({ limit: 40, after: page.next! });
    expect([...page.items, ...rest.items].map(({ id }) => id)).toEqual(ids.toSorted());
    expect([rest.next, [...read], most]).toEqual([undefined, ['h/'], 16]);
  });
});
