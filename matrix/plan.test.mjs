/** The short form leaves nobody out. */
import { expect, it } from 'vitest';
import { allPairs, oneOfEach, shortPairs } from './plan.mjs';

const named = (count, engine) => Array.from({ length: count }, (_, at) => ({ name: `${engine}-${at}`, engine }));

it.for([
  [14, 5, 2],
  [1, 1, 1],
  [9, 0, 0],
  [2, 7, 1],
])('the short form has every endpoint on both sides and every pair of engines: %s', ([chromium, firefox, webkit]) => {
  const endpoints = [...named(chromium, 'chromium'), ...named(firefox, 'firefox'), ...named(webkit, 'webkit')];
  const pairs = shortPairs(endpoints);
  const engines = new Set(endpoints.map(({ engine }) => engine)).size;
  expect(new Set(pairs.map(([source]) => source)).size).toBe(endpoints.length);
  expect(new Set(pairs.map(([, target]) => target)).size).toBe(endpoints.length);
  expect(new Set(pairs.map(([source, target]) => `${source.engine} ${target.engine}`)).size).toBe(engines ** 2);
  expect(pairs.length).toBeLessThanOrEqual(endpoints.length + engines ** 2);
  expect(shortPairs(endpoints)).toEqual(pairs);
});

it('the whole has every pair once', () => {
  const endpoints = [...named(3, 'chromium'), ...named(1, 'webkit')];
  expect(new Set(allPairs(endpoints).map((pair) => pair.map(({ name }) => name).join())).size).toBe(16);
});

it('of endpoints with one way in and engine the first stands for all', () => {
  const of = (name, through, engine) => ({ name, through, engine });
  const all = [of('a', 'x', 'chromium'), of('b', 'x', 'firefox'), of('c', 'x', 'chromium'), of('d', 'y', 'chromium')];
  expect(oneOfEach(all).map(({ name }) => name)).toEqual(['a', 'b', 'd']);
});
