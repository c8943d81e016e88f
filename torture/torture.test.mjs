/** The short torture finds nothing wrong in any back end, and its judges find what is planted. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { BUGS } from './bugs.mjs';
import { LEASE_BUGS } from './lease-bugs.mjs';
import { findViolation } from './linearize.mjs';
import { LEASE, REGISTER } from './models.mjs';

/** @typedef {import('./models.mjs').RegisterOperation} RegisterOperation */
/** @typedef {import('./models.mjs').LeaseOperation} LeaseOperation */

/** @returns {RegisterOperation} */
const read = (start, end, value) => ({ kind: 'read', start, end, value, answer: 'done' });
/** @param {RegisterOperation['answer']} [answer] @returns {RegisterOperation} */
const swap = (start, end, expected, value, answer = 'done') => ({ kind: 'swap', start, end, expected, value, answer });
/** @returns {LeaseOperation} */
const grant = (start, end, fence) => ({ kind: 'grant', start, end, fence, answer: 'done' });
/** @param {LeaseOperation['answer']} [answer] @returns {LeaseOperation} */
const save = (start, end, fence, answer = 'done') => ({ kind: 'save', start, end, fence, answer });
/** @param {'renew' | 'held' | 'release'} kind @returns {LeaseOperation} */
const done = (kind, start, end, fence) => ({ kind, start, end, fence, answer: 'done' });

describe('the judge of a register', () => {
  it.each([
    ['reads beside a swap may see either value', [swap(0, 9, null, 'a'), read(1, 3, 'a'), read(1, 2, null)]],
    [
      'a swap without an answer may have been done',
      [swap(0, 1, null, 'a'), swap(2, Infinity, 'a', 'b', 'unknown'), read(3, 4, 'a'), read(5, 6, 'b')],
    ],
    [
      'or never',
      [swap(0, 1, null, 'a'), swap(2, Infinity, 'a', 'b', 'unknown'), swap(3, 4, 'a', 'c'), read(5, 6, 'c')],
    ],
    ['of two that meet one may be refused', [swap(0, 5, null, 'a'), swap(1, 4, null, 'b', 'conflict')]],
  ])('takes what can be told in an order: %s', (_what, history) => {
    expect(findViolation(history, REGISTER)).toBeUndefined();
  });

  it.each([
    ['a stale read', [swap(0, 1, null, 'a'), read(2, 3, null)]],
    ['a value that comes back', [swap(0, 1, null, 'a'), swap(2, 9, 'a', 'b'), read(3, 4, 'b'), read(5, 6, 'a')]],
    ['a lost update', [swap(0, 1, null, 'a'), swap(2, 5, 'a', 'b'), swap(3, 6, 'a', 'c')]],
    ['a conflict with nobody', [swap(0, 1, null, 'a'), swap(2, 3, 'a', 'b', 'conflict'), read(4, 5, 'a')]],
    ['a refused swap that was done', [swap(0, 1, null, 'a'), swap(2, 3, null, 'b', 'conflict'), read(4, 5, 'b')]],
  ])('refuses %s', (_what, history) => {
    expect(findViolation(history, REGISTER)).toMatchObject({ stuck: expect.anything() });
  });
});

describe('the judge of leases', () => {
  it('takes saves of the newest holder, and refusals of an older one', () => {
    const history = [
      grant(0, 1, 1),
      save(2, 3, 1),
      grant(4, 8, 2),
      save(5, 6, 1),
      save(9, 10, 1, 'refused'),
      save(11, 12, 2),
      done('held', 13, 15, 2),
      done('release', 14, 16, 2),
      grant(15, 17, 3),
      done('release', 18, 19, 2),
    ];
    expect(findViolation(history, LEASE)).toBeUndefined();
  });

  it.each([
    ['a double grant', [grant(0, 1, 1), grant(2, 3, 1)]],
    ['a fence that goes back', [grant(0, 1, 2), grant(2, 3, 1)]],
    ['a save of a holder whose successor was granted', [grant(0, 1, 1), grant(2, 3, 2), save(4, 5, 1)]],
    ['a renewal of such a one', [grant(0, 1, 1), grant(2, 3, 2), done('renew', 4, 5, 1)]],
    ['a holder that believes to hold it then', [grant(0, 1, 1), grant(2, 3, 2), done('held', 4, 5, 1)]],
    ['a save after the release', [grant(0, 1, 1), done('release', 2, 3, 1), save(4, 5, 1)]],
  ])('refuses %s', (_what, history) => {
    expect(findViolation(history, LEASE)).toMatchObject({ stuck: expect.anything() });
  });
});

it(
  '[PSP-STORE-1] [PSP-ARC-1] [PSP-ARC-3] [PSP-LEASE-1] [PSP-LEASE-3] [PSP-LEASE-4] the short torture finds nothing wrong, and sees each planted bug',
  { timeout: 600_000 },
  async () => {
    const script = fileURLToPath(new URL('main.mjs', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [script, '--short']).catch((error) => {
      throw new Error(error.stdout ?? error.message, { cause: error });
    });
    for (const bug of [...Object.keys(BUGS), ...LEASE_BUGS].filter((name) => name !== 'none'))
      expect(stdout).toMatch(new RegExp(`planted: ${bug} .*: seen`));
    for (const torture of ['crashes', 'histories', 'leases', 'disk full', 'rights lost', 'canary'])
      expect(stdout).toMatch(new RegExp(`^fs +${torture} +ok`, 'm'));
  },
);
