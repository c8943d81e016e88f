/** What every key source must do, as cases that throw. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { PspError } from '@psp/protocol';
import type { GeneralJWE } from 'jose';
import type { KeySource } from '../seal/sealer.js';

export interface SealerFixture {
  /** A source whose key exists. The same key with every call. */
  open(): KeySource;
  /** A source with another key that exists. */
  openOther(): KeySource;
  /** A source without a key. A new one with every call. */
  openEmpty(): KeySource;
}

export interface SealerCase {
  readonly name: string;
  run(fixture: SealerFixture): Promise<void>;
}

async function errorOf(operation: Promise<unknown>): Promise<PspError> {
  const error: unknown = await operation.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof PspError, `expected a PspError, found ${String(error)}`);
  return error;
}

/** Another character, still base64url. */
const flip = (text: string): string => (text.startsWith('A') ? 'B' : 'A') + text.slice(1);

export const SEALER_CASES: readonly SealerCase[] = [
  {
    name: '[PSP-SEAL-7] a wrapped data key comes back, also from a source opened anew',
    async run({ open }) {
      const dataKey = randomBytes(32);
      const slots = JSON.parse(JSON.stringify(await open().wrap(dataKey))) as GeneralJWE;
      assert.deepEqual(Buffer.from(await open().unwrap(slots)), dataKey);
    },
  },
  {
    name: 'the slot names its key, and never holds the data key',
    async run({ open }) {
      const dataKey = randomBytes(32);
      const source = open();
      const slots = await source.wrap(dataKey);
      assert.equal(slots.recipients[0]?.header?.kid, await source.keyId());
      const text = JSON.stringify(slots);
      for (const form of ['base64url', 'base64', 'hex'] as const) assert.ok(!text.includes(dataKey.toString(form)));
    },
  },
  {
    name: 'wrapping twice gives different slots',
    async run({ open }) {
      const dataKey = randomBytes(32);
      assert.notEqual(JSON.stringify(await open().wrap(dataKey)), JSON.stringify(await open().wrap(dataKey)));
    },
  },
  {
    name: 'another key is KEY_MISMATCH, naming both ids',
    async run({ open, openOther }) {
      const error = await errorOf(openOther().unwrap(await open().wrap(randomBytes(32))));
      assert.equal(error.code, 'KEY_MISMATCH');
      for (const source of [open(), openOther()]) assert.ok(error.message.includes((await source.keyId()) ?? 'no key'));
    },
  },
  {
    name: 'without a key: no id, and KEY_MISSING',
    async run({ open, openEmpty }) {
      const slots = await open().wrap(randomBytes(32));
      assert.equal(await openEmpty().keyId(), undefined);
      assert.equal((await errorOf(openEmpty().wrap(randomBytes(32)))).code, 'KEY_MISSING');
      assert.equal((await errorOf(openEmpty().unwrap(slots))).code, 'KEY_MISSING');
    },
  },
  {
    name: 'ensureKey makes a key once, and gives its id ever after',
    async run({ openEmpty }) {
      const source = openEmpty();
      const ids = await Promise.all([source.ensureKey(), source.ensureKey(), source.ensureKey()]);
      assert.deepEqual(ids, [ids[0], ids[0], ids[0]]);
      assert.equal(await source.keyId(), ids[0]);
    },
  },
  {
    name: 'an edited slot is CORRUPT, whatever part was edited',
    async run({ open }) {
      const slots = await open().wrap(randomBytes(32));
      const [recipient] = slots.recipients;
      const edits: unknown[] = [
        { ...slots, ciphertext: flip(slots.ciphertext) },
        { ...slots, tag: flip(slots.tag ?? '') },
        { ...slots, tag: (slots.tag ?? '').slice(0, 6) },
        { ...slots, iv: flip(slots.iv ?? '') },
        { ...slots, protected: Buffer.from('{"enc":"A128GCM"}').toString('base64url') },
        { ...slots, recipients: [{ ...recipient, encrypted_key: flip(recipient?.encrypted_key ?? '') }] },
        { ...slots, recipients: [{ ...recipient, header: { ...recipient?.header, alg: 'dir' } }] },
        { ...slots, recipients: [] },
        { ...slots, recipients: 'none' },
        { recipients: slots.recipients },
        undefined,
        7,
      ];
      for (const edit of edits) {
        assert.equal((await errorOf(open().unwrap(edit as GeneralJWE))).code, 'CORRUPT', JSON.stringify(edit));
      }
    },
  },
  {
    name: 'a wrapped key of another length is CORRUPT',
    async run({ open }) {
      assert.equal((await errorOf(open().unwrap(await open().wrap(randomBytes(16))))).code, 'CORRUPT');
    },
  },
];
