/** The archive on a store that lies, dies, is full or is read by a thief. */
import { createHash, randomBytes } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newSessionId, PspError } from '@psp/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Archive } from '../src/archive.js';
import { COMMIT_WITHIN_MS, ORPHAN_AFTER_MS } from '../src/archive/sweep.js';
import { openKeySource } from '../src/seal/key-file.js';
import { FsStore } from '../src/store/fs.js';
import { MemoryStore } from '../src/store/memory.js';
import type { Store } from '../src/store/store.js';
import { batch, collectBatches, makeDocument, makeState } from './support/session-state.js';
import { withSmallDisk } from './support/tmpfs.js';

let base: string;
let keyFile: string;
let store: Store;
let archive: Archive;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'psp-faults-'));
  keyFile = join(base, 'key.json');
});
afterAll(() => rm(base, { recursive: true, force: true }));
beforeEach(() => {
  store = new MemoryStore();
  archive = archiveOn(store);
});

const archiveOn = (on: Store, nowMs?: () => number): Archive =>
  new Archive(on, openKeySource({ keyFile }), nowMs === undefined ? {} : { nowMs });
const keysOf = async (prefix = '', of = store): Promise<string[]> =>
  (await of.list(prefix, { limit: 1000 })).items.map(({ key }) => key);
const secretOf = async (of: Archive, id: string): Promise<unknown> => {
  const { state } = await of.open(id);
  await collectBatches(state);
  return state.document.cookies[0]!.value;
};
const readAll = async (id: string, version?: number): Promise<void> => {
  const { state } = await archive.open(id, version === undefined ? {} : { version });
  await collectBatches(state);
};

async function errorOf(operation: Promise<unknown>): Promise<PspError> {
  const error: unknown = await operation.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(PspError);
  return error as PspError;
}

/** What somebody who can write to the store does. */
async function overwrite(key: string, body: Uint8Array): Promise<void> {
  const found = await store.get(key);
  await store.put(key, body, found === undefined ? { absent: true } : { etag: found.etag });
}
const bodyOf = async (key: string): Promise<Buffer> => Buffer.from((await store.get(key))!.body);

/** A store that does as `on` says before or after each put. */
function faulty(inner: Store, on: { before?: (key: string) => void; after?: (key: string) => void }): Store {
  return {
    url: inner.url,
    features: inner.features,
    get: (key) => inner.get(key),
    put: async (key, body, condition) => {
      on.before?.(key);
      const etag = await inner.put(key, body, condition);
      on.after?.(key);
      return etag;
    },
    list: (prefix, options) => inner.list(prefix, options),
    remove: (key) => inner.remove(key),
    probe: () => inner.probe(),
    close: () => inner.close(),
  };
}

describe('a thief who copies the store', () => {
  const forms = (text: string): Buffer[] => {
    const base64 = [0, 1, 2].map((shift) =>
      Buffer.concat([Buffer.alloc(shift), Buffer.from(text)])
        .toString('base64')
        .slice(4, -4),
    );
    const hex = Buffer.from(text).toString('hex');
    return [
      text,
      JSON.stringify(text).slice(1, -1),
      encodeURIComponent(text),
      hex,
      hex.toUpperCase(),
      ...base64,
      ...base64.map((one) => one.replaceAll('+', '-').replaceAll('/', '_')),
    ]
      .map((form) => Buffer.from(form))
      .concat(Buffer.from(text, 'utf16le'));
  };

  /** Every file below a folder, with the bytes and the names. */
  async function filesBelow(folder: string): Promise<Buffer[]> {
    const names = await readdir(folder, { recursive: true });
    const files = await Promise.all(
      names.map(async (name) =>
        (await stat(join(folder, name))).isFile() ? readFile(join(folder, name)) : Buffer.from(name),
      ),
    );
    return [...files, ...names.map((name) => Buffer.from(name))];
  }

  it('[PSP-ARC-6] finds no canary in the folder, the temporary files included, in any form', async () => {
    const canary = {
      secret: `canary-${randomBytes(9).toString('hex')}?>`,
      name: `name-${randomBytes(9).toString('hex')}`,
      tags: [`tag-${randomBytes(9).toString('hex')}`],
    };
    const folder = join(base, 'canary');
    const seen: Buffer[] = [];
    const real = new FsStore(folder);
    // Temporary files hold what is put and nothing else; they are looked at while each put is under way, too.
    const watched: Store = {
      ...faulty(real, {}),
      put: async (key, body, condition) => {
        seen.push(Buffer.from(body));
        const put = real.put(key, body, condition);
        for (let done = false; !done;) {
          done = await Promise.race([
            put.then(() => true),
            filesBelow(folder)
              .then(
                (files) => void seen.push(...files),
                () => undefined,
              )
              .then(() => false),
          ]);
        }
        return put;
      },
    };
    const thiefs = archiveOn(watched);
    const id = newSessionId();
    const { revision } = await thiefs.save(makeState({ id, ...canary }));
    await thiefs.update(id, { tags: [...canary.tags, 'more'] });
    await thiefs.save(makeState({ id, ...canary }), { base: revision });
    seen.push(...(await filesBelow(folder)));
    await thiefs.remove(id);
    seen.push(...(await filesBelow(folder)));
    const isSeen = (form: Buffer | string): boolean => seen.some((piece) => piece.includes(form));
    expect(seen.length).toBeGreaterThan(20);
    expect(isSeen(id)).toBe(true);
    for (const text of [canary.secret, canary.name, ...canary.tags, 'app.example', 'id.example']) {
      for (const form of forms(text))
        expect([text, form.toString(), isSeen(form)]).toEqual([text, form.toString(), false]);
    }
  });

  it('would be found out by this search if anything were stored in clear', () => {
    for (const store of [
      Buffer.from('xx canary?>ä yy'),
      Buffer.from(Buffer.from('x canary?>ä y').toString('base64')),
      Buffer.from(Buffer.from('canary?>ä').toString('hex')),
    ]) {
      expect(forms('canary?>ä').some((form) => store.includes(form))).toBe(true);
    }
  });

  it('finds in each value a header with ids and nothing else that can be read', async () => {
    const { id } = (await archive.save(makeState())).metadata;
    await archive.update(id, { name: 'other' });
    const allowed = new Set([
      'v',
      'kind',
      'id',
      'version',
      'writeId',
      'prev',
      'ancestors',
      'named',
      'fence',
      'versions',
      'slots',
      'comp',
      'seg',
      'salt',
    ]);
    for (const key of await keysOf()) {
      const body = await bodyOf(key);
      const header = JSON.parse(body.toString('utf8', 8, 8 + body.readUInt32BE(4))) as Record<string, unknown>;
      expect(body.toString('latin1', 0, 4)).toBe('PSP1');
      expect(Object.keys(header).filter((name) => !allowed.has(name))).toEqual([]);
    }
  });
});

describe('a value that was changed', () => {
  let id: string;
  let revision: string;
  beforeEach(async () => {
    ({ revision } = await archive.save(makeState()));
    id = (await archive.list()).items[0]!.id;
  });

  it.each(['h/', 'm/', 'b/'])('in any byte is refused: %s', async (prefix) => {
    const [key = ''] = await keysOf(prefix);
    const good = await bodyOf(key);
    for (let at = 0; at < good.length; at += 1) {
      const bad = Buffer.from(good);
      bad[at]! ^= 1 << (at % 8);
      await overwrite(key, bad);
      const error = await errorOf(readAll(id));
      expect([at, error.code]).toEqual([at, expect.stringMatching(/^(CORRUPT|UNSUPPORTED_VERSION|KEY_MISMATCH)$/)]);
      expect(error.message).toContain(id);
    }
    await overwrite(key, good);
    await readAll(id);
  });

  it.each(['h/', 'm/', 'b/'])('in its length, or put in clear, or lost, is refused: %s', async (prefix) => {
    const [key = ''] = await keysOf(prefix);
    const good = await bodyOf(key);
    const bad = [
      good.subarray(0, -1),
      good.subarray(0, good.length / 2),
      good.subarray(0, 4),
      Buffer.alloc(0),
      Buffer.concat([good, Buffer.alloc(1)]),
    ];
    for (const body of [...bad, Buffer.from(JSON.stringify(makeDocument({ id })))]) {
      await overwrite(key, body);
      expect(await errorOf(readAll(id))).toMatchObject({ code: 'CORRUPT', message: expect.stringContaining(id) });
    }
    await store.remove(key);
    expect((await errorOf(readAll(id))).code).toBe(prefix === 'h/' ? 'NOT_FOUND' : 'CORRUPT');
  });

  it('of a later version is UNSUPPORTED_VERSION', async () => {
    const key = `h/${id}`;
    const good = await bodyOf(key);
    await overwrite(key, Buffer.concat([Buffer.from('PSP3'), good.subarray(4)]));
    expect(await errorOf(readAll(id))).toMatchObject({
      code: 'UNSUPPORTED_VERSION',
      message: expect.stringContaining('version 3'),
    });
    const length = good.readUInt32BE(4);
    const later = Buffer.from(good.toString('latin1', 8, 8 + length).replace('"v":1', '"v":2'), 'latin1');
    await overwrite(key, Buffer.concat([good.subarray(0, 8), later, good.subarray(8 + length)]));
    expect(await errorOf(readAll(id))).toMatchObject({
      code: 'UNSUPPORTED_VERSION',
      message: expect.stringContaining('found 2'),
    });
  });

  it('is not saved over', async () => {
    const key = `h/${id}`;
    const bad = Buffer.concat([await bodyOf(key), Buffer.alloc(1)]);
    await overwrite(key, bad);
    expect(await errorOf(archive.save(makeState({ id }), { base: revision }))).toMatchObject({ code: 'CORRUPT' });
    expect((await bodyOf(key)).equals(bad)).toBe(true);
  });

  it('[PSP-ARC-7] by a part of another session, version or place is refused', async () => {
    const other = (await archive.save(makeState())).metadata.id;
    await archive.save(makeState({ id }), { base: revision });
    const [first = '', second = ''] = await keysOf(`b/${id}/`);
    const [foreign = ''] = await keysOf(`b/${other}/`);
    const good = await bodyOf(second);
    for (const from of [first, foreign]) {
      await overwrite(second, await bodyOf(from));
      expect(await errorOf(readAll(id))).toMatchObject({ code: 'CORRUPT' });
    }
    await overwrite(second, good);
    const [manifest1 = '', manifest2 = ''] = await keysOf(`m/${id}/`);
    const [manifestForeign = ''] = await keysOf(`m/${other}/`);
    for (const from of [manifest1, manifestForeign]) {
      const kept = await bodyOf(manifest2);
      await overwrite(manifest2, await bodyOf(from));
      expect(await errorOf(readAll(id))).toMatchObject({ code: 'CORRUPT' });
      await overwrite(manifest2, kept);
    }
    await readAll(id);
  });

  it('by swapping the heads of two sessions is refused for both', async () => {
    const other = (await archive.save(makeState())).metadata.id;
    const [one, two] = [await bodyOf(`h/${id}`), await bodyOf(`h/${other}`)];
    await overwrite(`h/${id}`, two);
    await overwrite(`h/${other}`, one);
    for (const session of [id, other])
      expect(await errorOf(readAll(session))).toMatchObject({
        code: 'CORRUPT',
        message: expect.stringContaining('another id'),
      });
    expect((await archive.list()).damaged).toHaveLength(2);
  });

  it('by an edited header (id, version, tombstone) is refused', async () => {
    const key = `h/${id}`;
    const good = await bodyOf(key);
    const edit = async (from: string | RegExp, to: string): Promise<void> => {
      const length = good.readUInt32BE(4);
      const text = Buffer.from(good.toString('utf8', 8, 8 + length).replace(from, to));
      const size = Buffer.alloc(4);
      size.writeUInt32BE(text.length);
      await overwrite(key, Buffer.concat([good.subarray(0, 4), size, text, good.subarray(8 + length)]));
    };
    for (const [from, to] of [
      ['"version":1', '"version":2'],
      ['"fence":0', '"fence":9'],
      ['"kind"', '"deletedAt":"2026-01-01","kind"'],
      [/"versions":\[.*?\]/, '"versions":[]'],
    ] as const) {
      await edit(from, to);
      expect(await errorOf(readAll(id))).toMatchObject({ code: 'CORRUPT' });
    }
  });

  it('back to an older head of the same session cannot be told from the store; who holds the revision is warned', async () => {
    const old = await bodyOf(`h/${id}`);
    const { revision: later } = await archive.save(makeState({ id, secret: 'later' }), { base: revision });
    await overwrite(`h/${id}`, old);
    expect(await secretOf(archive, id)).toBe('value');
    expect(await errorOf(archive.save(makeState({ id }), { base: later }))).toMatchObject({ code: 'CONFLICT' });
  });
});

describe('[PSP-ARC-3] a reply that is lost', () => {
  /** The put of the head is done, or not, and then the connection breaks. */
  const broken = (applied: boolean, prefix = 'h/') => {
    let left = 1;
    const fail = (key: string): void => {
      if (!key.startsWith(prefix) || left-- <= 0) return;
      throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
    };
    return archiveOn(faulty(store, applied ? { after: fail } : { before: fail }));
  };

  it('after the head was put: the save is settled as done', async () => {
    const state = makeState();
    const saved = await broken(true).save(state);
    expect(saved.metadata.version).toBe(1);
    expect(await archive.metadata(state.document.id)).toEqual(saved);
    const updated = await broken(true).update(state.document.id, { name: 'new' });
    expect((await archive.metadata(state.document.id)).metadata).toEqual(updated.metadata);
    await broken(true).remove(state.document.id);
    expect(await errorOf(archive.open(state.document.id))).toMatchObject({ code: 'DELETED' });
  });

  it('before the head was put: OUTCOME_UNKNOWN, the old version stands, and nothing is removed that may yet be needed', async () => {
    const id = newSessionId();
    const { revision } = await archive.save(makeState({ id, secret: 'old' }));
    expect(await errorOf(broken(false).save(makeState({ id }), { base: revision }))).toMatchObject({
      code: 'OUTCOME_UNKNOWN',
    });
    expect(await secretOf(archive, id)).toBe('old');
    expect(await keysOf('b/')).toHaveLength(2);
  });

  it('after a part was put: the save goes on', async () => {
    const state = makeState();
    await broken(true, 'b/').save(state);
    await broken(true, 'm/').save(makeState());
    expect(await secretOf(archive, state.document.id)).toBe('value');
  });

  it('before a part was put: the save fails, and leaves nothing', async () => {
    expect(await errorOf(broken(false, 'b/').save(makeState()))).toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    expect(await keysOf('h/')).toEqual([]);
  });

  it('when somebody saved on top meanwhile: still settled as done', async () => {
    const id = newSessionId();
    const { revision } = await archive.save(makeState({ id }));
    let next: Promise<unknown> = Promise.resolve();
    let left = 1;
    const slow = faulty(store, {});
    const racing = archiveOn({
      ...slow,
      put: async (key, body, condition) => {
        const etag = await store.put(key, body, condition);
        if (!key.startsWith('h/') || left-- <= 0) return etag;
        next = archive.save(makeState({ id, secret: 'third' }), { base: (await archive.metadata(id)).revision });
        await next;
        throw new Error('socket hang up');
      },
    });
    await racing.save(makeState({ id, secret: 'second' }), { base: revision });
    expect((await archive.versions(id)).map(({ version }) => version)).toEqual([3, 2, 1]);
  });
});

describe('a process that dies', () => {
  /** Dies at the nth operation of the store; later ones never happen. */
  function dying(at: number): { on: Store; operations: () => number } {
    let operations = 0;
    const die = <T>(run: () => Promise<T>): Promise<T> => {
      operations += 1;
      return operations > at ? Promise.reject(new PspError('STORE_UNAVAILABLE', 'dead')) : run();
    };
    const on: Store = {
      ...faulty(store, {}),
      get: (key) => die(() => store.get(key)),
      put: (key, body, condition) => die(() => store.put(key, body, condition)),
      list: (prefix, options) => die(() => store.list(prefix, options)),
      remove: (key) => die(() => store.remove(key)),
    };
    return { on, operations: () => operations };
  }

  it('[PSP-TRAP-32] [PSP-ARC-1] at any operation of a save leaves the old version or the new one, and orphans that a later sweep removes', async () => {
    let steps = 0;
    for (let at = 0; ; at += 1) {
      store = new MemoryStore();
      archive = archiveOn(store);
      const id = newSessionId();
      const { revision } = await archive.save(makeState({ id, secret: 'old' }));
      const { on } = dying(at);
      const done = await archiveOn(on)
        .save(makeState({ id, secret: 'new' }), { base: revision })
        .then(
          () => true,
          () => false,
        );
      expect(['old', 'new']).toContain(await secretOf(archive, id));
      if (done) break;
      steps += 1;
      const names = await keysOf();
      const committed = (await archive.versions(id)).length;
      expect(await archive.sweep()).toBe(0);
      expect(await keysOf()).toEqual(names);
      await archiveOn(store, () => Date.now() + ORPHAN_AFTER_MS + 1000).sweep();
      expect(await keysOf()).toHaveLength(1 + 2 * committed);
      await secretOf(archive, id);
      await archive.save(makeState({ id, secret: 'again' }), { base: (await archive.metadata(id)).revision });
    }
    expect(steps).toBeGreaterThan(3);
  });

  it('at any operation of a remove leaves the session or a tombstone, and the sweep finishes it', async () => {
    let tombstones = 0;
    for (let at = 0; ; at += 1) {
      store = new MemoryStore();
      archive = archiveOn(store);
      const { id } = (await archive.save(makeState())).metadata;
      const done = await archiveOn(dying(at).on)
        .remove(id)
        .then(
          () => true,
          () => false,
        );
      const state = await archive.open(id).then(
        () => 'live',
        (error: PspError) => error.code,
      );
      expect(['live', 'DELETED']).toContain(state);
      if (state === 'DELETED') {
        tombstones += 1;
        await archiveOn(store, () => Date.now() + ORPHAN_AFTER_MS + 1000).sweep();
        expect(await keysOf()).toEqual([`h/${id}`]);
      }
      if (done) break;
    }
    expect(tombstones).toBeGreaterThan(2);
  });

  it('in the first save leaves what a sweep removes', async () => {
    await archiveOn(dying(4).on)
      .save(makeState())
      .catch(() => undefined);
    expect((await keysOf()).length).toBeGreaterThan(0);
    await archiveOn(store, () => Date.now() + ORPHAN_AFTER_MS + 1000).sweep();
    expect(await keysOf()).toEqual([]);
  });

  it('the sweep does not touch sessions that it cannot open', async () => {
    const { id } = (await archive.save(makeState())).metadata;
    await overwrite(`h/${id}`, (await bodyOf(`h/${id}`)).subarray(0, -1));
    const names = await keysOf();
    expect(await archiveOn(store, () => Date.now() + 2 * ORPHAN_AFTER_MS).sweep()).toBe(0);
    expect(await keysOf()).toEqual(names);
  });

  it('[PSP-ARC-5] a save that took half as long as orphans live is given up, so that a sweep never takes what is committed', async () => {
    let nowMs = Date.now();
    const slow = archiveOn(store, () => nowMs);
    async function* late() {
      nowMs += COMMIT_WITHIN_MS + 1;
      yield batch([0, 0, 0], []);
    }
    expect(await errorOf(slow.save({ document: makeDocument(), batches: late() }))).toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
    expect(await keysOf()).toEqual([]);
  });
});

describe('a full disk', () => {
  it('is STORE_FULL; the old version opens, nothing half written or temporary stays, and a later save works', async () => {
    await withSmallDisk('2m', async (disk) => {
      const folder = join(disk, 'store');
      const id = newSessionId();
      const full = archiveOn(new FsStore(folder));
      const { revision } = await full.save(makeState({ id, secret: 'old' }));
      const before = (await readdir(folder, { recursive: true })).toSorted();
      const large = (size: number) => ({
        document: makeDocument({ id }),
        batches: [batch([0, 0, 0], [{ key: 1, value: randomBytes(size).toString('base64') }])],
      });
      for (const size of [2_200_000, 3_000_000, 12_000_000]) {
        const error = await errorOf(full.save(large(size), { base: revision }));
        expect(error).toMatchObject({ code: 'STORE_FULL', message: expect.stringContaining(folder) });
        expect((await readdir(folder, { recursive: true })).toSorted()).toEqual(before);
        expect(await secretOf(archiveOn(new FsStore(folder)), id)).toBe('old');
      }
      const ballast = join(disk, 'ballast');
      await fillUp(ballast);
      expect(await errorOf(full.update(id, { name: 'new' }))).toMatchObject({ code: 'STORE_FULL' });
      // Room for nothing, for the part, for the part and the manifest, but never for all of a save.
      for (let pages = 0; pages < 3; pages += 1) {
        for (const use of [() => full.save(makeState()), () => full.save(makeState({ id }), { base: revision })]) {
          expect(await errorOf(use())).toMatchObject({ code: 'STORE_FULL' });
          expect((await readdir(folder, { recursive: true })).toSorted()).toEqual(before);
        }
        await truncate(ballast, (await stat(ballast)).size - 4096);
      }
      expect(await secretOf(full, id)).toBe('old');
      await rm(join(disk, 'ballast'));
      await full.save(makeState({ id, secret: 'new' }), { base: revision });
      expect(await secretOf(full, id)).toBe('new');
    });
  });

  async function fillUp(path: string): Promise<void> {
    for (const size of [65536, 4096]) {
      for (let full = false; !full;)
        full = await writeFile(path, Buffer.alloc(size, 'x'), { flag: 'a' }).then(
          () => false,
          () => true,
        );
    }
  }
});

describe('a head file that is damaged on the disk', () => {
  it.each([0, 10, 39, 45, 500])('[PSP-ARC-9] costs its own session only, cut to %i bytes', async (size) => {
    const folder = join(base, `damaged-${size}`);
    const on = archiveOn(new FsStore(folder));
    const names = ['one', 'two', 'three'];
    const ids: string[] = [];
    for (const name of names) ids.push((await on.save(makeState({ name }))).metadata.id);
    const [, bad = ''] = ids;
    const files = await readdir(join(folder, `h/${bad}.key`));
    await truncate(join(folder, `h/${bad}.key`, files[0]!), size);

    const fresh = archiveOn(new FsStore(folder));
    const page = await fresh.list();
    expect(page.items.map(({ name }) => name).toSorted()).toEqual(['one', 'three']);
    expect(page.damaged).toEqual([{ id: bad, error: expect.objectContaining({ code: 'CORRUPT' }) }]);
    expect(page.damaged[0]!.error.message).toContain(bad);
    expect(await fresh.find('three')).toBe(ids[2]);
    expect(await fresh.find(bad)).toBe(bad);
    expect((await errorOf(fresh.find('two'))).message).toContain('1 sessions could not be opened');
    expect(await errorOf(fresh.open(bad))).toMatchObject({ code: 'CORRUPT', message: expect.stringContaining(bad) });
    expect(await errorOf(fresh.save(makeState({ id: bad })))).toMatchObject({ code: 'CORRUPT' });
    await fresh.save(makeState());
    expect(await fresh.sweep()).toBe(0);

    await fresh.remove(bad);
    const later = archiveOn(new FsStore(folder));
    const uses = [later.open(bad), later.find(bad), later.remove(bad), later.save(makeState({ id: bad }))];
    for (const error of await Promise.all(uses.map(errorOf))) expect(error).toMatchObject({ code: 'DELETED' });
    expect((await later.list()).damaged).toEqual([]);
    expect(await keysOf(`b/${bad}/`, new FsStore(folder))).toEqual([]);
    expect(await keysOf(`m/${bad}/`, new FsStore(folder))).toEqual([]);
  });

  it('that was replaced meanwhile by a good one is read, not given up', async () => {
    const { id } = (await archive.save(makeState())).metadata;
    let damaged = true;
    const healing: Store = {
      ...faulty(store, {}),
      get: async (key) => {
        if (key === `h/${id}` && damaged) throw new PspError('CORRUPT', 'cut short');
        return store.get(key);
      },
      list: async (prefix, options) => {
        damaged = false;
        return store.list(prefix, options);
      },
    };
    expect((await archiveOn(healing).metadata(id)).metadata.id).toBe(id);
  });
});

describe('a folder', () => {
  it('can be copied to another machine: the same sessions open there with the same key', async () => {
    const [from, to] = [join(base, 'from'), join(base, 'to')];
    const state = makeState();
    await archiveOn(new FsStore(from)).save(state);
    await cp(from, to, { recursive: true });
    const opened = await archiveOn(new FsStore(to)).open(state.document.id);
    expect(createHash('sha256').update(JSON.stringify(opened.state.document)).digest('hex')).toBe(
      createHash('sha256').update(JSON.stringify(state.document)).digest('hex'),
    );
  });
});
