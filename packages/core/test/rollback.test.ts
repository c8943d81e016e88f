/** Versions: which stay, and an old one that becomes the next. */
import { newSessionId } from '@psp/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Archive } from '../src/archive.js';
import { MemoryStore } from '../src/store/memory.js';
import type { Store } from '../src/store/store.js';
import { archives, errorOf, keysOf, secretOf } from './support/archive.js';
import { collectBatches, makeState } from './support/session-state.js';

const { archiveOn } = archives();
const DAY_MS = 24 * 60 * 60 * 1000;
let store: Store;
let archive: Archive;
beforeEach(() => {
  store = new MemoryStore();
  archive = archiveOn(store);
});

/** As many versions as secrets. */
async function saveAll(id: string, secrets: readonly string[], into = archive): Promise<void> {
  for (const secret of secrets) {
    const base = secret === secrets[0] ? undefined : (await into.metadata(id)).revision;
    await into.save(makeState({ id, secret }), base === undefined ? {} : { base });
  }
}

const numbersOf = async (id: string): Promise<number[]> => (await archive.versions(id)).map(({ version }) => version);

describe('a rollback', () => {
  it('[PSP-ARC-10] makes an old version the next one, sealed anew, and loses nothing', async () => {
    const id = newSessionId();
    await saveAll(id, ['one', 'two', 'three']);
    await archive.update(id, { name: 'renamed' });
    const before = await keysOf(store, 'b/');
    const { metadata, revision } = await archive.rollback(id, 1);
    expect(metadata).toMatchObject({ version: 4, name: 'renamed' });
    expect(await numbersOf(id)).toEqual([4, 3, 2, 1]);
    expect(await Promise.all([4, 3, 2, 1].map((version) => secretOf(archive, id, version)))).toEqual([
      'one',
      'three',
      'two',
      'one',
    ]);
    const opened = await archive.open(id);
    expect([opened.revision, await collectBatches(opened.state)]).toEqual([
      revision,
      await collectBatches(makeState({ id, secret: 'one' })),
    ]);
    const added = (await keysOf(store, 'b/')).filter((key) => !before.includes(key));
    const bodies = await Promise.all(
      [added[0]!, before[0]!].map(async (key) => Buffer.from((await store.get(key))!.body)),
    );
    expect([added.length, bodies[0]!.equals(bodies[1]!)]).toEqual([1, false]);
    await archive.save(makeState({ id, secret: 'five' }), { base: revision });
    expect(await secretOf(archive, id)).toBe('five');
  });

  it('of the oldest version that is kept works, though the next save lets go of it', async () => {
    const id = newSessionId();
    archive = archiveOn(store, { keep: { versions: 2 } });
    await saveAll(id, ['one', 'two', 'three']);
    await archive.rollback(id, 2);
    expect([await secretOf(archive, id), await numbersOf(id)]).toEqual(['two', [4, 3]]);
  });

  it('to what is not there, or of what is no session, says so and changes nothing', async () => {
    const id = newSessionId();
    await saveAll(id, ['one']);
    const before = await keysOf(store);
    expect(await errorOf(archive.rollback(id, 7))).toMatchObject({ code: 'NOT_FOUND' });
    expect(await errorOf(archive.rollback(id, 'x' as never))).toMatchObject({ code: 'INVALID_INPUT' });
    expect(await errorOf(archive.rollback(newSessionId(), 1))).toMatchObject({ code: 'NOT_FOUND' });
    expect(await keysOf(store)).toEqual(before);
  });
});

describe('retention', () => {
  it('[PSP-ARC-11] keeps as many versions as told, however old, and the newest in any case', async () => {
    let nowMs = Date.now();
    const id = newSessionId();
    archive = archiveOn(store, { keep: { versions: 3, days: 30 }, nowMs: () => nowMs });
    await saveAll(id, ['one', 'two', 'three', 'four']);
    expect(await numbersOf(id)).toEqual([4, 3, 2]);
    nowMs += 31 * DAY_MS;
    await archive.save(makeState({ id, secret: 'five' }), { base: (await archive.metadata(id)).revision });
    expect(await numbersOf(id)).toEqual([5]);
    expect([(await keysOf(store, 'm/')).length, (await keysOf(store, 'b/')).length]).toEqual([1, 1]);
    nowMs += 31 * DAY_MS;
    expect(await archive.gc()).toMatchObject({ versions: 0 });
    expect(await secretOf(archive, id)).toBe('five');
  });

  it.each([{ versions: 0 }, { versions: 201 }, { versions: 1.5 }, { days: 0 }, { days: Number.NaN }])(
    'refuses what is no number to keep: %j',
    (keep) => {
      expect(() => archiveOn(store, { keep })).toThrow(/keep\.(versions|days)/);
    },
  );
});
