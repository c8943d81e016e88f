/** What every store must do, as cases that throw. Independent of a test runner: a loop runs them. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { probeConditions } from '../store/probe.js';
import { MAX_BODY_BYTES, type Store } from '../store/store.js';
import { bytes, code, create, listAll, scratch, type StoreCase } from './store-case.js';
import { LIST_CASES } from './store-lists-suite.js';

export type { StoreCase } from './store-case.js';

/** In a race of a few writers. */
const MAX_LOST = 1000;

/** Run each against a guarded store; they may share one, for each uses keys of its own. */
export const STORE_CASES: readonly StoreCase[] = [
  {
    name: 'an absent key gives undefined, and removing it is fine',
    async run(store) {
      const key = scratch();
      assert.equal(await store.get(key), undefined);
      await store.remove(key);
      assert.equal(await store.get(key), undefined);
    },
  },
  {
    name: 'a value comes back as it was put, with the etag that put gave',
    async run(store) {
      const key = scratch();
      const etag = await store.put(key, bytes('one'), create);
      const found = await store.get(key);
      assert.deepEqual([found?.etag, Buffer.from(found?.body ?? []).toString()], [etag, 'one']);
    },
  },
  {
    name: 'bodies of 0 bytes, 1 byte, 1 MiB and 8 MiB come back identical; one byte more is refused',
    async run(store) {
      for (const size of [0, 1, 1024 * 1024, MAX_BODY_BYTES]) {
        const key = scratch();
        const body = randomBytes(size);
        await store.put(key, body, create);
        const found = await store.get(key);
        assert.ok(found !== undefined && Buffer.from(found.body).equals(body), `a body of ${size} bytes changed`);
        await store.remove(key);
      }
      const key = scratch();
      assert.equal(await code(store.put(key, new Uint8Array(MAX_BODY_BYTES + 1), create)), 'TOO_LARGE');
      assert.equal(await store.get(key), undefined);
    },
  },
  {
    name: 'what a caller does to its bytes afterwards does not reach the store',
    async run(store) {
      const key = scratch();
      const body = bytes('before');
      await store.put(key, body, create);
      body.fill(0);
      const first = await store.get(key);
      assert.equal(Buffer.from(first?.body ?? []).toString(), 'before');
      first?.body.fill(0);
      assert.equal(Buffer.from((await store.get(key))?.body ?? []).toString(), 'before');
    },
  },
  {
    name: 'of 16 concurrent creates one wins, and its value stands',
    async run(store) {
      const key = scratch();
      const put = (number: number): Promise<string> => store.put(key, bytes(`racer ${number}`), create);
      const outcomes = await Promise.allSettled(Array.from({ length: 16 }, (_, number) => put(number)));
      const winners = outcomes.flatMap(({ status }, number) => (status === 'fulfilled' ? [number] : []));
      assert.equal(winners.length, 1, `${winners.length} creates won`);
      assert.equal(Buffer.from((await store.get(key))?.body ?? []).toString(), `racer ${winners[0]}`);
    },
  },
  {
    name: 'of 16 concurrent puts with the same etag one wins',
    async run(store) {
      const key = scratch();
      const etag = await store.put(key, bytes('start'), create);
      const puts = Array.from({ length: 16 }, (_, number) => code(store.put(key, bytes(String(number)), { etag })));
      const outcomes = await Promise.all(puts);
      assert.deepEqual(outcomes.toSorted(), [...Array<string>(15).fill('CONFLICT'), 'done']);
    },
  },
  {
    name: 'a stale etag, a foreign etag, and a create over a value are refused and change nothing',
    async run(store) {
      const key = scratch();
      const stale = await store.put(key, bytes('one'), create);
      const etag = await store.put(key, bytes('two'), { etag: stale });
      const foreign = await store.put(scratch(), bytes('two'), create);
      assert.equal(await code(store.put(key, bytes('three'), { etag: stale })), 'CONFLICT');
      assert.equal(await code(store.put(key, bytes('three'), { etag: foreign })), 'CONFLICT');
      assert.equal(await code(store.put(key, bytes('three'), { etag: 'x' })), 'CONFLICT');
      assert.equal(await code(store.put(key, bytes('three'), create)), 'CONFLICT');
      const found = await store.get(key);
      assert.deepEqual([found?.etag, Buffer.from(found?.body ?? []).toString()], [etag, 'two']);
    },
  },
  {
    name: 'a put with an etag to an absent key is refused',
    async run(store) {
      const key = scratch();
      const etag = await store.put(scratch(), bytes('x'), create);
      assert.equal(await code(store.put(key, bytes('y'), { etag })), 'CONFLICT');
      assert.equal(await store.get(key), undefined);
    },
  },
  {
    name: '[PSP-STORE-2] an etag is never used again, also where the value returns (ABA)',
    async run(store) {
      const key = scratch();
      const seen = [await store.put(key, bytes('a'), create)];
      for (const text of ['b', 'a', 'b', 'a'])
        seen.push(await store.put(key, bytes(text), { etag: seen.at(-1) as string }));
      assert.equal(new Set(seen).size, seen.length, 'an etag came twice');
      assert.equal(await code(store.put(key, bytes('c'), { etag: seen[0] as string })), 'CONFLICT');
    },
  },
  {
    name: 'a removed key is absent, cannot be put with its old etag, and can be created again with a new one',
    async run(store) {
      const key = scratch();
      const first = await store.put(key, bytes('a'), create);
      await store.remove(key);
      assert.equal(await store.get(key), undefined);
      assert.deepEqual(await listAll(store, key, 10), []);
      assert.equal(await code(store.put(key, bytes('b'), { etag: first })), 'CONFLICT');
      const second = await store.put(key, bytes('a'), create);
      assert.notEqual(second, first);
      assert.equal(await code(store.put(key, bytes('b'), { etag: first })), 'CONFLICT');
      await store.put(key, bytes('b'), { etag: second });
    },
  },
  {
    name: '[PSP-STORE-1] there is no unconditional overwrite',
    async run(store) {
      for (const condition of [
        undefined,
        {},
        { absent: false },
        { etag: '' },
        { etag: undefined },
        { absent: true, etag: 'x' },
      ]) {
        const put = store.put(scratch(), bytes('x'), condition as never);
        assert.equal(await code(put), 'INVALID_INPUT', JSON.stringify(condition));
      }
    },
  },
  {
    name: '8 writers of one counter lose no increment',
    async run(store) {
      const key = scratch();
      await store.put(key, bytes('0'), create);
      await Promise.all(Array.from({ length: 8 }, () => increment(store, key, 10)));
      assert.equal(Buffer.from((await store.get(key))?.body ?? []).toString(), '80');
    },
  },
  { name: '[PSP-STORE-3] the probe of conditions passes', run: (store) => probeConditions(store) },
  ...LIST_CASES,
];

/** Adds 1 to the number under `key`, `times` times, by compare-and-swap. Somebody wins each race, so nobody loses for ever. */
export async function increment(store: Store, key: string, times: number): Promise<void> {
  for (let done = 0, lost = 0; done < times;) {
    const found = await store.get(key);
    assert.ok(found !== undefined, `${key} is gone`);
    const next = Number(Buffer.from(found.body).toString()) + 1;
    const outcome = await code(store.put(key, bytes(String(next)), { etag: found.etag }));
    if (outcome !== 'done') assert.equal(outcome, 'CONFLICT');
    [done, lost] = outcome === 'done' ? [done + 1, 0] : [done, lost + 1];
    assert.ok(lost < MAX_LOST, `${lost} conflicts in a row, and nobody gets on`);
  }
}

/** The cases that a store fails, by name, with the reason. */
export async function failedCases(store: Store): Promise<{ name: string; reason: string }[]> {
  const failed: { name: string; reason: string }[] = [];
  for (const { name, run } of STORE_CASES) {
    await run(store).catch((error: unknown) => failed.push({ name, reason: String(error) }));
  }
  return failed;
}
