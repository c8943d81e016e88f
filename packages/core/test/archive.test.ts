/** Sessions on a store: saves, versions, names, deletion, and what happens when somebody else was faster. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newSessionId, PspError, type SessionMetadata } from '@psp/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Archive, KEPT_VERSIONS } from '../src/archive.js';
import { openKeySource } from '../src/seal/key-file.js';
import { MemoryStore } from '../src/store/memory.js';
import type { Store } from '../src/store/store.js';
import { batch, collectBatches, makeDocument, makeState } from './support/session-state.js';

let base: string;
let store: Store;
let archive: Archive;
let keyFile: string;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'psp-archive-'));
  keyFile = join(base, 'key.json');
});
afterAll(() => rm(base, { recursive: true, force: true }));
beforeEach(() => {
  store = new MemoryStore();
  archive = new Archive(store, openKeySource({ keyFile }));
});

const keysOf = async (prefix = ''): Promise<string[]> =>
  (await store.list(prefix, { limit: 1000 })).items.map(({ key }) => key);

async function errorOf(operation: Promise<unknown>): Promise<PspError> {
  const error: unknown = await operation.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(PspError);
  return error as PspError;
}

const errorsOf = (operations: Promise<unknown>[]): Promise<PspError[]> => Promise.all(operations.map(errorOf));

describe('save and open', () => {
  it('[PSP-TOK-4] tell when the login ends by tokens in records, too', async () => {
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const token = `${part({ alg: 'none' })}.${part({ exp: 2_000_000_000 })}.`;
    const { document } = makeState();
    const notes = batch([0, 0, 0], [{ key: 1, value: 'no such thing' }]);
    const keys = batch([0, 0, 1], [{ key: 1, value: { json: { idToken: token } } }]);
    const saved = await archive.save({ document, batches: [notes, keys] });
    expect(saved.metadata.expiresAt).toBe(new Date(2_000_000_000_000).toISOString());
  });

  it('give back the session, with its metadata', async () => {
    const state = makeState();
    const saved = await archive.save(state);
    const opened = await archive.open(state.document.id);
    expect(opened.state.document).toEqual(state.document);
    expect(await collectBatches(opened.state)).toEqual(await collectBatches(state));
    expect(opened.metadata).toEqual(saved.metadata);
    expect(opened.revision).toBe(saved.revision);
    expect(await archive.metadata(state.document.id)).toEqual(saved);
    const { createdAt } = saved.metadata;
    expect(saved.metadata).toEqual({
      id: state.document.id,
      name: 'mail',
      tags: ['work'],
      version: 1,
      createdAt,
      updatedAt: createdAt,
      bytes: saved.metadata.bytes,
      counts: {
        cookies: 1,
        origins: 2,
        localStorage: 1,
        sessionStorage: 1,
        databases: 1,
        records: 3,
        tabs: 1,
        losses: 0,
      },
      source: state.document.source!,
      expiresAt: new Date(4_000_000_000_000).toISOString(),
    } satisfies SessionMetadata);
    expect(Math.abs(Date.parse(createdAt) - Date.now())).toBeLessThan(60_000);
  });

  it('store one head, one manifest, and the payload in parts of 2 MiB', async () => {
    const document = makeDocument();
    const piece = () => batch([0, 0, 0], [{ key: 1, value: randomBytes(3_000_000).toString('base64') }]);
    const state = { document, batches: [piece(), piece(), piece(), piece(), piece(), piece()] };
    const { metadata } = await archive.save(state);
    expect(metadata.bytes).toBeGreaterThan(24_000_000);
    const { items } = await store.list('b/', { limit: 100 });
    const sizes = items.map(({ size }) => size);
    expect(sizes.length).toBeGreaterThan(8);
    expect(new Set(sizes.slice(0, -1))).toEqual(new Set([2_097_152]));
    expect(sizes.at(-1)).toBeLessThanOrEqual(2_097_152);
    expect([(await keysOf('h/')).length, (await keysOf('m/')).length]).toEqual([1, 1]);
    const back = await archive.open(document.id);
    expect(await collectBatches(back.state)).toEqual(await collectBatches(state));
  });

  it('take batches that come while a browser is read', async () => {
    const { document, batches } = makeState();
    async function* slowly() {
      for (const one of batches as Iterable<ReturnType<typeof batch>>) {
        await new Promise((resolve) => setImmediate(resolve));
        yield one;
      }
    }
    await archive.save({ document, batches: slowly() });
    expect(await collectBatches((await archive.open(document.id)).state)).toHaveLength(2);
  });

  it('[PSP-TRAP-33] refuse ids that are none before any I/O, and say when there is no session', async () => {
    const untouched = new Proxy(store, {
      get: (_target, name) => {
        throw new Error(`I/O: ${String(name)}`);
      },
    });
    const cold = new Archive(untouched, openKeySource({ keyFile }));
    for (const id of [
      '',
      '../../etc/passwd',
      'x',
      newSessionId().toUpperCase(),
      '%2e%2e',
      'a\0',
      undefined as never,
      7 as never,
    ]) {
      for (const error of await errorsOf([
        cold.open(id),
        cold.metadata(id),
        cold.update(id, {}),
        cold.remove(id),
        cold.versions(id),
        cold.save({ ...makeState(), document: { ...makeDocument(), id } }),
      ])) {
        expect(error).toMatchObject({ code: 'INVALID_INPUT' });
      }
    }
    const id = newSessionId();
    for (const error of await errorsOf([
      archive.open(id),
      archive.metadata(id),
      archive.update(id, { name: 'x' }),
      archive.remove(id),
      archive.versions(id),
    ])) {
      expect(error).toMatchObject({ code: 'NOT_FOUND', message: expect.stringContaining(id) });
    }
  });

  it('refuse a document that could not be opened again, and store nothing', async () => {
    const { batches } = makeState();
    for (const change of [
      { name: 'x'.repeat(201) },
      { tags: [''] },
      { capturedAt: 7 },
      { version: 2 },
      { cookies: [{}] },
    ]) {
      const document = { ...makeDocument(), ...change } as never;
      expect(await errorOf(archive.save({ document, batches }))).toMatchObject({
        code: expect.stringMatching(/^(INVALID_DOCUMENT|UNSUPPORTED_VERSION)$/),
      });
    }
    expect(await keysOf()).toEqual([]);
  });

  it('store nothing when reading the browser fails half way', async () => {
    const { document } = makeState();
    async function* broken() {
      yield batch([0, 0, 0], [{ key: 1, value: randomBytes(10_000_000).toString('base64') }]);
      throw new PspError('BROWSER_GONE', 'the browser closed');
    }
    expect(await errorOf(archive.save({ document, batches: broken() }))).toMatchObject({ code: 'BROWSER_GONE' });
    expect(await keysOf()).toEqual([]);
  });
});

describe('versions', () => {
  it('follow each other, and older ones open too', async () => {
    const id = newSessionId();
    let { revision } = await archive.save(makeState({ id, secret: 'one', capturedAt: '2026-01-01T00:00:00.000Z' }));
    const first = await archive.metadata(id);
    ({ revision } = await archive.save(makeState({ id, secret: 'second', capturedAt: '2026-01-02T00:00:00.000Z' }), {
      base: revision,
    }));
    const latest = await archive.open(id);
    expect([latest.metadata.version, latest.revision, latest.state.document.cookies[0]!.value]).toEqual([
      2,
      revision,
      'second',
    ]);
    const older = await archive.open(id, { version: 1 });
    expect(older.state.document.cookies[0]!.value).toBe('one');
    expect(older.metadata).toEqual(first.metadata);
    expect(older.revision).toBe(revision);
    expect(await archive.versions(id)).toEqual([
      { version: 2, capturedAt: '2026-01-02T00:00:00.000Z', bytes: latest.metadata.bytes },
      { version: 1, capturedAt: '2026-01-01T00:00:00.000Z', bytes: older.metadata.bytes },
    ]);
    expect(latest.metadata.createdAt).toBe(first.metadata.createdAt);
    expect(await errorOf(archive.open(id, { version: 3 }))).toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('2, 1'),
    });
  });

  it('beyond the last ten go, with all that belongs to them', async () => {
    const id = newSessionId();
    let base: string | undefined;
    for (let version = 1; version <= KEPT_VERSIONS + 3; version += 1) {
      base = (await archive.save(makeState({ id, secret: `v${version}` }), base === undefined ? {} : { base }))
        .revision;
    }
    const versions = (await archive.versions(id)).map(({ version }) => version);
    expect(versions).toEqual([13, 12, 11, 10, 9, 8, 7, 6, 5, 4]);
    for (const version of versions) {
      expect((await archive.open(id, { version })).state.document.cookies[0]!.value).toBe(`v${version}`);
    }
    expect([(await keysOf('m/')).length, (await keysOf('b/')).length]).toEqual([10, 10]);
    expect(await errorOf(archive.open(id, { version: 3 }))).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('removed or deleted while they are read say so', async () => {
    const id = newSessionId();
    const { revision } = await archive.save(makeState({ id }));
    const large = {
      document: makeDocument({ id }),
      batches: Array.from({ length: 4 }, () =>
        batch([0, 0, 0], [{ key: 1, value: randomBytes(9_000_000).toString('base64') }]),
      ),
    };
    await archive.save(large, { base: revision });
    const reading = await archive.open(id);
    await archive.remove(id);
    expect(await errorOf(collectBatches(reading.state))).toMatchObject({ code: 'DELETED' });
  });
});

describe('two savers', () => {
  it('of a new session: the second is CONFLICT', async () => {
    const state = makeState();
    await archive.save(state);
    expect(await errorOf(archive.save(state))).toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('already'),
    });
  });

  it('[PSP-ARC-2] from the same base at the same time: one wins, the other is CONFLICT, and nothing of it stays', async () => {
    const id = newSessionId();
    const { revision: base } = await archive.save(makeState({ id, secret: 'start' }));
    const other = new Archive(store, openKeySource({ keyFile }));
    const outcomes = await Promise.allSettled([
      archive.save(makeState({ id, secret: 'left' }), { base }),
      other.save(makeState({ id, secret: 'right' }), { base }),
    ]);
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const lost = outcomes.find((outcome) => outcome.status === 'rejected')!;
    expect(lost.reason).toMatchObject({ code: 'CONFLICT', message: expect.stringContaining('version 2') });
    const winner = outcomes[0]!.status === 'fulfilled' ? 'left' : 'right';
    expect((await archive.open(id)).state.document.cookies[0]!.value).toBe(winner);
    expect((await archive.open(id, { version: 1 })).state.document.cookies[0]!.value).toBe('start');
    expect([(await keysOf('m/')).length, (await keysOf('b/')).length]).toEqual([2, 2]);
  });

  it('one after the other from the same base: the second is CONFLICT', async () => {
    const id = newSessionId();
    const { revision: base } = await archive.save(makeState({ id }));
    await archive.save(makeState({ id }), { base });
    expect(await errorOf(archive.save(makeState({ id }), { base }))).toMatchObject({ code: 'CONFLICT' });
  });

  it('a base for a session that is not there is NOT_FOUND', async () => {
    expect(await errorOf(archive.save(makeState(), { base: newSessionId() }))).toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('names and tags', () => {
  it('change without a capture, and are not changed back by one', async () => {
    const id = newSessionId();
    const { revision } = await archive.save(makeState({ id, name: 'old', tags: ['a'] }));
    const renamed = await archive.update(id, { name: 'new' });
    expect(renamed.revision).toBe(revision);
    expect(renamed.metadata).toMatchObject({ name: 'new', tags: ['a'], version: 1 });
    await archive.update(id, { tags: ['b', 'c'] });
    const saved = await archive.save(makeState({ id, name: 'old', tags: ['a'] }), { base: revision });
    expect(saved.metadata).toMatchObject({ name: 'new', tags: ['b', 'c'], version: 2 });
    expect((await archive.open(id, { version: 1 })).state.document).toMatchObject({ name: 'new', tags: ['b', 'c'] });
  });

  it('changed by two at the same time are both changed', async () => {
    const id = newSessionId();
    await archive.save(makeState({ id }));
    await Promise.all([archive.update(id, { name: 'new' }), archive.update(id, { tags: ['new'] })]);
    expect((await archive.metadata(id)).metadata).toMatchObject({ name: 'new', tags: ['new'] });
  });

  it.each([
    { name: 'x'.repeat(201) },
    { name: 7 as never },
    { name: '\ud800' },
    { tags: [''] },
    { tags: ['x'.repeat(101)] },
    { tags: 'a' as never },
    { tags: [7 as never] },
  ])('that the schema refuses are INVALID_INPUT: %j', async (naming) => {
    const { metadata } = await archive.save(makeState());
    expect(await errorOf(archive.update(metadata.id, naming))).toMatchObject({ code: 'INVALID_INPUT' });
    expect((await archive.metadata(metadata.id)).metadata).toEqual(metadata);
  });

  it('find a session: by id, by a name that one has', async () => {
    const one = (await archive.save(makeState({ name: 'one' }))).metadata.id;
    const two = (await archive.save(makeState({ name: 'two' }))).metadata.id;
    const three = (await archive.save(makeState({ name: 'two' }))).metadata.id;
    expect(await archive.find(one)).toBe(one);
    expect(await archive.find('one')).toBe(one);
    const ambiguous = await errorOf(archive.find('two'));
    expect(ambiguous.code).toBe('AMBIGUOUS');
    for (const id of [two, three]) expect(ambiguous.message).toContain(id);
    for (const missing of ['three', newSessionId(), '', 'ONE'])
      expect(await errorOf(archive.find(missing))).toMatchObject({ code: 'NOT_FOUND' });
    await archive.remove(one);
    expect(await errorOf(archive.find(one))).toMatchObject({ code: 'DELETED' });
    expect(await errorOf(archive.find('one'))).toMatchObject({ code: 'NOT_FOUND' });
    await archive.remove(two);
    expect(await archive.find('two')).toBe(three);
  });
});

describe('list', () => {
  it('gives all sessions in pages, and no tombstones', async () => {
    const ids: string[] = [];
    for (let number = 0; number < 7; number += 1)
      ids.push((await archive.save(makeState({ id: newSessionId(1_700_000_000_000 + number) }))).metadata.id);
    await archive.remove(ids[3]!);
    const listed: string[] = [];
    let after: string | undefined;
    let pages = 0;
    do {
      const page = await archive.list(after === undefined ? { limit: 2 } : { after, limit: 2 });
      expect(page.damaged).toEqual([]);
      listed.push(...page.items.map(({ id }) => id));
      after = page.next;
      pages += 1;
    } while (after !== undefined);
    expect(listed).toEqual(ids.filter((_id, number) => number !== 3));
    expect(pages).toBe(3);
    expect((await archive.list()).items).toHaveLength(6);
  });

  it('names the sessions that cannot be opened, and gives the others', async () => {
    const good = (await archive.save(makeState())).metadata.id;
    const bad = (await archive.save(makeState())).metadata.id;
    const foreign = await saveForeign();
    const head = (await store.get(`h/${bad}`))!;
    await store.put(`h/${bad}`, head.body.subarray(0, -1), { etag: head.etag });
    const { items, damaged } = await archive.list();
    expect(items.map(({ id }) => id)).toEqual([good]);
    expect(damaged.map(({ id, error }) => [id, error.code]).toSorted()).toEqual(
      [
        [bad, 'CORRUPT'],
        [foreign, 'KEY_MISMATCH'],
      ].toSorted(),
    );
    expect((await errorOf(archive.find('nobody'))).message).toContain('2 sessions could not be opened');
  });

  it('refuses what is no limit or no id', async () => {
    for (const limit of [0, -1, 1.5, Number.NaN])
      expect(await errorOf(archive.list({ limit }))).toMatchObject({ code: 'INVALID_INPUT' });
    expect(await errorOf(archive.list({ after: '../x' }))).toMatchObject({ code: 'INVALID_INPUT' });
  });
});

describe('remove', () => {
  it('[PSP-ARC-4] leaves a tombstone and nothing else; the id is used up', async () => {
    const state = makeState({ name: 'canary name' });
    const { id } = state.document;
    const { revision } = await archive.save(state);
    await archive.save(makeState({ id }), { base: revision });
    const slots = JSON.stringify(slotsOf((await store.get(`h/${id}`))!.body));
    await archive.remove(id);
    expect(await keysOf()).toEqual([`h/${id}`]);
    const tombstone = (await store.get(`h/${id}`))!.body;
    expect(JSON.stringify(slotsOf(tombstone))).not.toBe(slots);
    expect(tombstone.length).toBeLessThan(1500);
    for (const error of await errorsOf([
      archive.open(id),
      archive.metadata(id),
      archive.update(id, { name: 'x' }),
      archive.remove(id),
      archive.save(state),
      archive.save(state, { base: revision }),
    ])) {
      expect(error).toMatchObject({ code: 'DELETED', message: expect.stringContaining(id) });
    }
    expect(await keysOf()).toEqual([`h/${id}`]);
  });

  it('wins over a save that began before', async () => {
    const id = newSessionId();
    const { revision } = await archive.save(makeState({ id }));
    async function* whileDeleted() {
      await archive.remove(id);
      yield batch([0, 0, 0], []);
    }
    expect(
      await errorOf(archive.save({ document: makeDocument({ id }), batches: whileDeleted() }, { base: revision })),
    ).toMatchObject({ code: 'DELETED' });
    expect(await keysOf()).toEqual([`h/${id}`]);
  });

  it('works on a session that is damaged or sealed with another key', async () => {
    const bad = (await archive.save(makeState())).metadata.id;
    const foreign = await saveForeign();
    const head = (await store.get(`h/${bad}`))!;
    await store.put(`h/${bad}`, Buffer.from('not a head'), { etag: head.etag });
    for (const id of [bad, foreign]) {
      await archive.remove(id);
      expect(await errorOf(archive.open(id))).toMatchObject({ code: 'DELETED' });
    }
    expect(await keysOf()).toEqual([`h/${bad}`, `h/${foreign}`].toSorted());
  });

  it('refuses a head of a later version, which is not damaged', async () => {
    const { id } = (await archive.save(makeState())).metadata;
    const head = (await store.get(`h/${id}`))!;
    await store.put(`h/${id}`, Buffer.concat([Buffer.from('PSP2'), head.body.subarray(4)]), { etag: head.etag });
    expect(await errorOf(archive.remove(id))).toMatchObject({ code: 'UNSUPPORTED_VERSION' });
    expect(await keysOf('b/')).toHaveLength(1);
  });
});

describe('the key', () => {
  it('is made with the first session, never with a list', async () => {
    const fresh = join(base, 'fresh.json');
    const notices: string[] = [];
    const first = new Archive(store, openKeySource({ keyFile: fresh, onNotice: (text) => notices.push(text) }));
    expect(await first.list()).toEqual({ items: [], damaged: [] });
    expect(notices).toEqual([]);
    await first.save(makeState());
    await first.save(makeState());
    expect(notices).toHaveLength(1);
  });

  it('[PSP-SEAL-9] that is missing is never replaced by a second one: KEY_MISSING names the key that the sessions need', async () => {
    const { id } = (await archive.save(makeState())).metadata;
    const missing = join(base, 'missing.json');
    const late = new Archive(store, openKeySource({ keyFile: missing }));
    const needed = (await openKeySource({ keyFile }).keyId())!;
    const refused = await errorOf(late.save(makeState()));
    expect(refused).toMatchObject({ code: 'KEY_MISSING', message: expect.stringContaining(needed) });
    expect(refused.message).toContain(missing);
    for (const error of await errorsOf([
      late.open(id),
      late.list(),
      late.update(id, { name: 'x' }),
      late.remove(id),
      late.find('mail'),
    ])) {
      expect(error).toMatchObject({ code: 'KEY_MISSING' });
    }
    expect(await openKeySource({ keyFile: missing }).keyId()).toBeUndefined();
    expect(await keysOf()).toHaveLength(3);
  });

  it('of somebody else is KEY_MISMATCH, naming session and both keys, and nothing is changed', async () => {
    const { metadata, revision } = await archive.save(makeState());
    const other = await otherKey();
    const foreign = new Archive(store, other);
    for (const error of await errorsOf([
      foreign.open(metadata.id),
      foreign.metadata(metadata.id),
      foreign.save(makeState({ id: metadata.id }), { base: revision }),
    ])) {
      expect(error.code).toBe('KEY_MISMATCH');
      for (const part of [metadata.id, (await other.keyId())!, (await openKeySource({ keyFile }).keyId())!])
        expect(error.message).toContain(part);
    }
    expect((await archive.metadata(metadata.id)).metadata).toEqual(metadata);
  });

  it('[PSP-SEAL-9] of somebody else saves no new session beside those of another key: KEY_MISMATCH names both', async () => {
    const own = (await openKeySource({ keyFile }).keyId())!;
    const other = await otherKey();
    const damaged = (await archive.save(makeState())).metadata.id;
    await archive.remove((await archive.save(makeState())).metadata.id);
    await archive.save(makeState());
    const head = (await store.get(`h/${damaged}`))!;
    await store.put(`h/${damaged}`, Buffer.from('not a head'), { etag: head.etag });
    const before = await keysOf();
    const error = await errorOf(new Archive(store, other).save(makeState()));
    expect(error.code).toBe('KEY_MISMATCH');
    for (const part of [own, (await other.keyId())!, store.url]) expect(error.message).toContain(part);
    expect(await keysOf()).toEqual(before);
    await archive.save(makeState());
  });

  it('may be a new one when all sessions of the old one are deleted', async () => {
    await archive.remove((await archive.save(makeState())).metadata.id);
    await new Archive(store, await otherKey()).save(makeState());
    expect((await new Archive(store, await otherKey()).list()).items).toHaveLength(1);
  });

  it('[PSP-ARC-8] at hand does not matter to a tombstone: it is DELETED, not listed as damaged, and swept by nobody else', async () => {
    const { id } = (await archive.save(makeState())).metadata;
    await archive.remove(id);
    await store.put(`b/${id}/${id}/000000`, Buffer.from('left'), { absent: true });
    const missing = openKeySource({ keyFile: join(base, 'no-key.json') });
    for (const keys of [await otherKey(), missing]) {
      const foreign = new Archive(store, keys, { nowMs: () => Date.now() + 7 * 24 * 3_600_000 });
      const uses = [foreign.open(id), foreign.metadata(id), foreign.find(id), foreign.versions(id)];
      for (const error of await errorsOf([...uses, foreign.update(id, { name: 'x' }), foreign.save(makeState({ id }))]))
        expect(error).toMatchObject({ code: 'DELETED', message: expect.stringContaining(id) });
      expect(await foreign.list()).toEqual({ items: [], damaged: [] });
      expect(await foreign.sweep()).toBe(0);
    }
    expect(await errorOf(new Archive(store, await otherKey()).remove(id))).toMatchObject({ code: 'DELETED' });
  });

  it('that deleted a session need not be the one that sealed it', async () => {
    const { id } = (await archive.save(makeState())).metadata;
    await new Archive(store, await otherKey()).remove(id);
    expect(await errorOf(archive.metadata(id))).toMatchObject({ code: 'DELETED' });
    expect(await archive.list()).toEqual({ items: [], damaged: [] });
  });

  it('[PSP-SEAL-7] of each session is its own', async () => {
    const ids = [(await archive.save(makeState())).metadata.id, (await archive.save(makeState())).metadata.id];
    const keys = await Promise.all(
      ids.map(async (id) =>
        Buffer.from(
          await openKeySource({ keyFile }).unwrap(slotsOf((await store.get(`h/${id}`))!.body) as never),
        ).toString('hex'),
      ),
    );
    expect(keys[0]).not.toBe(keys[1]);
  });
});

/** A session that somebody with another key made elsewhere, put into this store; gives its id. */
async function saveForeign(): Promise<string> {
  const elsewhere = new MemoryStore();
  const { id } = (await new Archive(elsewhere, await otherKey()).save(makeState())).metadata;
  for (const { key } of (await elsewhere.list('', { limit: 100 })).items)
    await store.put(key, (await elsewhere.get(key))!.body, { absent: true });
  return id;
}

async function otherKey() {
  const other = openKeySource({ keyFile: join(base, 'other.json') });
  await other.ensureKey();
  return other;
}

function slotsOf(head: Uint8Array): unknown {
  const bytes = Buffer.from(head);
  return (JSON.parse(bytes.toString('utf8', 8, 8 + bytes.readUInt32BE(4))) as { slots: unknown }).slots;
}
