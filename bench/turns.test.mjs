/** The order of what is measured. */
import { expect, test } from 'vitest';
import { inOrder, inTurns } from './turns.mjs';

const NAMES = ['a', 'b', 'c', 'd', 'e'];

test('each round has every piece once, after another one than the round before', () => {
  const rounds = [0, 1, 2, 3].map((round) => inOrder(NAMES, round));
  for (const round of rounds) expect(round.toSorted()).toEqual(NAMES);
  const beforeB = rounds.map((round) => round[round.indexOf('b') - 1]);
  expect(new Set(beforeB).size).toBe(4);
});

test('the first round, and the one that does not count, are in the order given', () => {
  expect([-1, 0].map((round) => inOrder(NAMES, round))).toEqual([NAMES, NAMES]);
  for (const length of [1, 2]) expect(inOrder(NAMES.slice(0, length), 7)).toEqual(NAMES.slice(0, length));
});

test('medians are by name, whatever the order', async () => {
  let rounds = 0;
  const pieces = { a: async () => void (rounds += 1), b: async () => 10 * rounds, c: async () => 7 };
  expect(await inTurns(3, pieces)).toEqual({ a: expect.any(Number), b: 30, c: 7 });
});
