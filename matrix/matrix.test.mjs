/** The short form of the matrix: every adapter with every engine that it has as source and as target, every pair of engines. `npm run matrix` does all pairs. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endpoints } from './endpoints/index.mjs';
import { oneOfEach, shortPairs } from './plan.mjs';
import { MatrixRun } from './run.mjs';

const TIMEOUT_MS = 300_000;
const present = endpoints.filter((endpoint) => endpoint.missing() === undefined);
const absent = endpoints.filter((endpoint) => endpoint.missing() !== undefined);

/** @type {MatrixRun} */
let run;
beforeAll(async () => {
  run = await MatrixRun.start();
});
afterAll(() => run?.close());

describe('a login moves', () => {
  it.for(
    shortPairs(oneOfEach(present)).map(([source, target]) => ({ from: source.name, to: target.name, source, target })),
  )('from $from to $to', { timeout: TIMEOUT_MS }, async ({ source, target }) => {
    const { good, reason, equal } = await run.pair(source, target);
    expect({ good, reason }).toEqual({ good: true, reason: '' });
    expect(equal).toEqual(expect.arrayContaining(['session', 'token']));
    expect(run.app.errors).toEqual([]);
  });

  for (const endpoint of absent) {
    it(`from and to ${endpoint.name}`, (context) => context.skip(endpoint.missing()));
  }
});
