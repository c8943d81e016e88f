/** The adapter with each driver beneath it. */
import { expect, test } from 'vitest';
import { SeleniumAdapter, type SeleniumDriver } from '../src/index.js';
import { describeAdapter } from './adapter-suite.js';
import { KINDS } from './support.js';

for (const kind of KINDS.filter(({ isRare }) => isRare !== true)) describeAdapter(kind);

test('what is no driver of Selenium is refused, and a server that is gone is BROWSER_GONE', async () => {
  const adapter = new SeleniumAdapter({ storage: 'memory:' });
  const refused = (driver: unknown): Promise<unknown> =>
    adapter.createSession(driver as SeleniumDriver, { name: 'wrong' });
  for (const wrong of [undefined, {}, { getSession: () => undefined }]) {
    await expect(refused(wrong)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  }
  const silent = {
    getSession: async () => ({ getId: () => 'x' }),
    getCapabilities: async () => new Map(),
    getExecutor: () => ({ execute: () => Promise.reject(new Error('connect ECONNREFUSED 127.0.0.1:4444')) }),
  };
  await expect(refused(silent)).rejects.toMatchObject({ code: 'BROWSER_GONE' });
});
