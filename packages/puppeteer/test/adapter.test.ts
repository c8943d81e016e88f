/** The adapter with the two browsers that Puppeteer drives; with its other ways to Chromium, that a login moves. */
import { expect, test } from 'vitest';
import { PuppeteerAdapter, type PuppeteerPage } from '../src/index.js';
import { describeAdapter } from './adapter-suite.js';
import { KINDS } from './support.js';

for (const kind of KINDS) describeAdapter(kind, { whole: kind.isUsual });

test('what is no page of Puppeteer is refused, and what a version lacks is named', async () => {
  const refused = (page: unknown): Promise<unknown> =>
    new PuppeteerAdapter({ storage: 'memory:' }).createSession(page as PuppeteerPage, { name: 'x' });
  for (const wrong of [undefined, {}, { isClosed: () => false, context: () => undefined }]) {
    await expect(refused(wrong)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  }
  const browser = {
    connected: true,
    target: () => ({ createCDPSession: async () => ({ send() {}, connection() {} }) }),
  };
  const page = {
    browser: () => browser,
    browserContext: () => ({}),
    createCDPSession: async () => ({}),
    isClosed: () => false,
    mainFrame: () => ({}),
  };
  await expect(refused(page)).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    message: expect.stringContaining('Versions 24 and 25'),
  });
});
