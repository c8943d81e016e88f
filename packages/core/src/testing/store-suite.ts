/** What every store must do, as cases that throw. Independent of a test runner: a loop runs them. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { PspError } from '@psp/protocol';
import { probeConditions } from '../store/probe.js';
import { MAX_BODY_BYTES, type Store } from '../store/store.js';
import { HOSTILE_KEYS } from './hostile-keys.js';

export interface StoreCase {
  readonly name: string;
  /** Throws when the store breaks the promise. */
  run(store: Store): Promise<void>;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const scratch = (): string => `suite/${randomUUID()}`;
const create = { absent: true } as const;

async function code(operation: Promise<unknown>): Promise<string> {
  return operation.then(
    () => 'done',
    (error: unknown) => (error instanceof PspError ? error.code : `not a PspError: ${String(error)}`),
  );
}

async function listAll(store: Store, prefix: string, limit: number, between?: () => Promise<void>): Promise<string[]> {
  const keys: string[] = [];
  let after: string | undefined;
  do {
    const page = await store.list(prefix, after === undefined ? { limit } : { after, limit });
    assert.ok(page.items.length <= limit, `a page of ${page.items.length} items for the limit ${limit}`);
    keys.push(...page.items.map(({ key }) => key));
    after = page.next;
    await between?.();
  } while (after !== undefined);
  return keys;
}

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
        const body = Buffer.alloc(size, randomUUID());
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
    name: 'keys as long as allowed work',
    async run(store) {
      const key = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(127)).join('/');
      await store.remove(key);
      await store.put(key, bytes('long'), create);
      assert.deepEqual(await listAll(store, `${'a'.repeat(127)}/`, 2), [key]);
      await store.remove(key);
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
];

/** Adds 1 to the number under `key`, `times` times, by compare-and-swap. */
export async function increment(store: Store, key: string, times: number): Promise<void> {
  for (let done = 0; done < times;) {
    const found = await store.get(key);
    assert.ok(found !== undefined, `${key} is gone`);
    const next = Number(Buffer.from(found.body).toString()) + 1;
    const outcome = await code(store.put(key, bytes(String(next)), { etag: found.etag }));
    if (outcome === 'done') done += 1;
    else assert.equal(outcome, 'CONFLICT');
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
