/** The previous major version of Selenium drives today's chromedriver, and the adapter works with it. */
import { createRequire } from 'node:module';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type selenium from 'selenium-webdriver';
import type { WebDriver } from 'selenium-webdriver';
import { expect, test } from 'vitest';
import { missing } from '../../../matrix/browsers/available.mjs';
import { chromeCapabilities, startChromedriver } from '../../../matrix/browsers/chromedriver.mjs';
import { startSite } from '../../core/test/support/site.js';
import { SeleniumAdapter } from '../src/index.js';

// CommonJS, and without types.
const { Builder, Capabilities } = createRequire(import.meta.url)('selenium-webdriver-3') as typeof selenium;

const SEED = `localStorage.setItem('token', '1'); sessionStorage.setItem('tab', '2'); document.cookie = 'sid=3';`;
const DESCRIBE = `return [localStorage.getItem('token'), sessionStorage.getItem('tab'), document.cookie];`;

test('a login moves between two browsers of Selenium 3', async (context) => {
  const reason = missing('chromedriver');
  if (reason !== undefined) return context.skip(reason);
  const folder = await mkdtemp(join(tmpdir(), 'psp-test-'));
  const site = await startSite();
  const server = await startChromedriver();
  const open: WebDriver[] = [];
  const begin = async (): Promise<WebDriver> => {
    const capabilities = new Capabilities(await chromeCapabilities());
    // Returned, it is awaited: a driver of Selenium's is a promise of itself until the session has begun.
    return new Builder().usingServer(server.url).withCapabilities(capabilities).build();
  };
  const keyFile = join(folder, 'key');
  const adapter = new SeleniumAdapter({ storage: `file:${folder}/store`, keyFile, onNotice: () => undefined });
  try {
    const first = await begin();
    open.push(first);
    const session = await adapter.createSession(first, { name: 'three' });
    await first.get(`${site.origin('a.localhost')}/`);
    await first.executeScript(SEED);
    expect((await session.capture()).counts).toMatchObject({ cookies: 1, localStorage: 1, sessionStorage: 1 });
    const second = await begin();
    open.push(second);
    await (await adapter.loadSession('three')).restore(second);
    await second.get(`${site.origin('a.localhost')}/`);
    expect(await second.executeScript(DESCRIBE)).toEqual(['1', '2', 'sid=3']);
  } finally {
    for (const driver of open) await driver.quit();
    await server.kill();
    await site.close();
    await rm(folder, { recursive: true });
  }
});
