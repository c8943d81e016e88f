/** How the tests run: which files, how many at once, and what is printed at the end. */
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './scripts/longest-first.mjs';

/** What a browser does by itself in the background is no part of a test, and a closed machine cannot answer it. */
const QUIET_BROWSER =
  '--disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';

export default defineConfig({
  test: {
    include: [
      'packages/*/test/**/*.test.ts',
      'matrix/**/*.test.mjs',
      'examples/**/*.test.mjs',
      'scripts/**/*.test.mjs',
      'servers/*.test.mjs',
      'bench/*.test.mjs',
      'torture/*.test.mjs',
    ],
    exclude: ['**/node_modules/**', '**/dist/**', ...(process.env['PSP_TESTS'] === 'all' ? [] : ['**/*.long.test.ts'])],
    globalSetup: ['scripts/announce.mjs'],
    reporters: ['default', './scripts/closing-lines.mjs'],
    env: { PSP_BROWSER_FLAGS: process.env['PSP_BROWSER_FLAGS'] ?? QUIET_BROWSER },
    // For what hangs. On a machine that others use, too, a test of two browsers may take more than a minute.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // A second, which it is by default, is short for a browser on a busy machine. Whoever waits for what never comes waits long.
    expect: { poll: { timeout: 20_000 } },
    sequence: { sequencer: LongestFirst },
    // Browsers are heavy: more at once makes each slower, and nothing sooner done.
    pool: 'forks',
    maxWorkers: 2,
  },
});
