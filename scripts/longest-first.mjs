/**
 * The order of test files in a run. Vitest begins with the largest files as long as it has no times of a run before; here those come
 * first that take longest, so that none of them is left alone at the end.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BaseSequencer } from 'vitest/node';
import { ROOT } from './run.mjs';

/** Half a minute and more each, the longest first. */
const LONG = [
  'torture/torture.test.mjs',
  'matrix/matrix.test.mjs',
  'packages/playwright/test/page-api.test.ts',
  'packages/selenium/test/adapter.test.ts',
  'packages/cli/test/engines.test.ts',
  'bench/main.test.mjs',
  'packages/core/test/webdriver-driver.test.ts',
  'packages/core/test/webdriver-faults.test.ts',
  'packages/playwright/test/adapter.test.ts',
  'packages/playwright/test/driver.test.ts',
  'packages/playwright/test/page-api-faults.test.ts',
  'packages/core/test/store-s3.test.ts',
  'packages/cli/test/browser.test.ts',
  'packages/stagehand/test/adapter.test.ts',
  'packages/skyvern/test/adapter.test.ts',
  'packages/cli/test/cli.test.ts',
  'packages/cli/test/interrupt.test.ts',
  'packages/puppeteer/test/adapter.test.ts',
  'examples/demo/demo.test.mjs',
  'matrix/examples.test.mjs',
  'matrix/run.test.mjs',
].map((name) => join(ROOT, name));
const gone = LONG.find((path) => !existsSync(path));
if (gone !== undefined) throw new Error(`${gone} is not there: scripts/longest-first.mjs names it`);

export class LongestFirst extends BaseSequencer {
  /** @override @param {import('vitest/node').TestSpecification[]} files */
  async sort(files) {
    const sorted = await super.sort(files);
    const rank = new Map(LONG.map((path, at) => [path, at]));
    return sorted.toSorted((a, b) => (rank.get(a.moduleId) ?? LONG.length) - (rank.get(b.moduleId) ?? LONG.length));
  }
}
