/** What every store must do with lists and with keys, as cases that throw. */
import assert from 'node:assert/strict';
import { bytes, code, create, itemsOf, listAll, replace, scratch, type StoreCase } from './store-case.js';
import { HOSTILE_KEYS } from './hostile-keys.js';

/** More than the largest page; put by so many at once. */
const MANY = 1001;
const LANES = 16;

export const LIST_CASES: readonly StoreCase[] = [
  {
    name: 'a key may be the beginning of another',
    async run(store) {
      const key = scratch();
      for (const other of [key, `${key}/a`, `${key}/a/b`, `${key}-a`]) await store.put(other, bytes(other), create);
      await store.remove(`${key}/a`);
      assert.equal(await store.get(`${key}/a`), undefined);
      for (const other of [key, `${key}/a/b`, `${key}-a`]) {
        assert.equal(Buffer.from((await store.get(other))?.body ?? []).toString(), other);
      }
      assert.deepEqual(await listAll(store, key, 10), [key, `${key}-a`, `${key}/a/b`]);
    },
  },
  {
    name: 'a list is in byte order, page by page, with etags and sizes, and never beyond its prefix',
    async run(store) {
      const base = scratch();
      const names = ['b', 'a', 'a-b', 'a/b', 'a/c/d', 'a0', 'ab', 'z/9', 'z-9'];
      const etags = new Map<string, string>();
      for (const name of names) etags.set(`${base}/${name}`, await store.put(`${base}/${name}`, bytes(name), create));
      const expected = [...etags.keys()].toSorted((a, b) => (a < b ? -1 : 1));
      for (const limit of [1, 2, 4, 1000]) assert.deepEqual(await listAll(store, `${base}/`, limit), expected);
      assert.deepEqual(await listAll(store, `${base}/a/`, 1), [`${base}/a/b`, `${base}/a/c/d`]);
      assert.deepEqual(
        await listAll(store, `${base}/a`, 3),
        expected.filter((key) => key.startsWith(`${base}/a`)),
      );
      assert.deepEqual(await listAll(store, `${base}/none`, 3), []);
      for (const { key, etag, size } of (await store.list(`${base}/`, { limit: 100 })).items) {
        assert.deepEqual([etag, size], [etags.get(key), key.length - base.length - 1]);
      }
    },
  },
  {
    name: 'a list during writes gives each key that exists throughout exactly once, in order',
    async run(store) {
      const base = scratch();
      const stay = Array.from({ length: 30 }, (_, number) => `${base}/k${String(number).padStart(2, '0')}`);
      for (const key of stay) await store.put(key, bytes('x'), create);
      let round = 0;
      const listed = await listAll(store, `${base}/`, 7, async () => {
        round += 1;
        await store.put(`${base}/k${round}0-new`, bytes('y'), create);
        await store.put(`${base}/a${round}`, bytes('y'), create);
        await store.remove(`${base}/a${round - 1}`);
        const { etag } = (await store.get(stay[round] as string)) ?? { etag: '' };
        await store.put(stay[round] as string, bytes('changed'), { etag });
      });
      assert.deepEqual(
        listed.filter((key) => stay.includes(key)),
        stay,
      );
      assert.deepEqual(
        listed,
        [...new Set(listed)].toSorted((a, b) => (a < b ? -1 : 1)),
      );
    },
  },
  {
    name: 'a list, page by page, gives the etag that get gives, also of values that were replaced',
    async run(store) {
      const base = scratch();
      const keys = ['a', 'b', 'b/c', 'd', 'e'].map((name) => `${base}/${name}`);
      for (const key of keys) await store.put(key, bytes('one'), create);
      for (const key of keys.slice(1)) await replace(store, key, 'and two');
      const listed = await itemsOf(store, `${base}/`, 2);
      for (const { key, etag } of listed) assert.equal(etag, (await store.get(key))?.etag, key);
      assert.deepEqual(
        listed.map(({ size }) => size),
        [3, 7, 7, 7, 7],
      );
      for (const { key, etag } of listed) await store.put(key, bytes('by the etag of the list'), { etag });
    },
  },
  {
    name: `a list of ${MANY} keys is whole, a thousand at a time`,
    async run(store) {
      const base = scratch();
      const keys = Array.from({ length: MANY }, (_, number) => `${base}/${String(number).padStart(4, '0')}`);
      const put = async (lane: number): Promise<void> => {
        for (let at = lane; at < keys.length; at += LANES) await store.put(keys[at] as string, bytes('x'), create);
      };
      await Promise.all(Array.from({ length: LANES }, (_, lane) => put(lane)));
      assert.deepEqual(await listAll(store, `${base}/`, 1000), keys);
    },
  },
  {
    name: 'hostile keys are refused by every operation',
    async run(store) {
      for (const key of HOSTILE_KEYS as string[]) {
        const shown = JSON.stringify(key);
        assert.equal(await code(store.get(key)), 'INVALID_INPUT', `get ${shown}`);
        assert.equal(await code(store.put(key, bytes('x'), create)), 'INVALID_INPUT', `put ${shown}`);
        assert.equal(await code(store.remove(key)), 'INVALID_INPUT', `remove ${shown}`);
      }
    },
  },
  {
    name: 'keys and prefixes that differ in case only, or hold a wildcard, are refused; what stands stays',
    async run(store) {
      const key = `${scratch()}/a-key`;
      const etag = await store.put(key, bytes('stands'), create);
      for (const other of [
        key.toUpperCase(),
        `${key.slice(0, -1)}Y`,
        key.replace('-key', '_key'),
        `${key}%`,
        '%',
        '_',
      ]) {
        assert.equal(await code(store.put(other, bytes('x'), create)), 'INVALID_INPUT', other);
        assert.equal(await code(store.put(other, bytes('x'), { etag })), 'INVALID_INPUT', other);
        assert.equal(await code(store.get(other)), 'INVALID_INPUT', other);
        assert.equal(await code(store.remove(other)), 'INVALID_INPUT', other);
        assert.equal(await code(store.list(other, { limit: 1 })), 'INVALID_INPUT', other);
        assert.equal(await code(store.list('suite/', { after: other, limit: 1 })), 'INVALID_INPUT', other);
      }
      assert.equal(Buffer.from((await store.get(key))?.body ?? []).toString(), 'stands');
      assert.deepEqual(await listAll(store, key, 10), [key]);
    },
  },
  {
    name: 'keys as long as allowed work',
    async run(store) {
      const key = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(127)).join('/');
      await store.remove(key);
      await store.put(key, bytes('long'), create);
      assert.deepEqual(await listAll(store, `${'a'.repeat(127)}/`, 2), [key]);
      await store.remove(key);
    },
  },
];
