/** The driver suite over the BiDi session of a chromedriver, where CDP travels inside BiDi, with a second client as the user. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { chromeCapabilities, startChromedriver } from '../../../matrix/browsers/chromedriver.mjs';
import { connectBidi } from '../src/browser/bidi/connect.js';
import { openBidi } from '../src/browser/bidi/open.js';
import type { BidiTransport } from '../src/browser/bidi/transport.js';
import { connectBidiSocket } from '../src/browser/bidi/websocket.js';
import type { BrowserDriver } from '../src/browser/driver.js';
import { DRIVER_CASES } from '../src/testing/driver-suite.js';
import { BidiUser } from './support/bidi-user.js';
import { startSite, type TestSite } from './support/site.js';

let site: TestSite;
let server: Awaited<ReturnType<typeof startChromedriver>>;
let address: string;
let users: BidiTransport;
let driver: BrowserDriver | undefined;

beforeAll(async () => {
  site = await startSite();
  server = await startChromedriver();
  const capabilities = { ...(await chromeCapabilities({ bidi: true })), unhandledPromptBehavior: 'ignore' };
  const body = JSON.stringify({ capabilities: { alwaysMatch: capabilities } });
  const reply = await fetch(`${server.url}/session`, { method: 'POST', body });
  const { value } = (await reply.json()) as { value: { capabilities: { webSocketUrl: string } } };
  address = value.capabilities.webSocketUrl;
  users = await connectBidiSocket(address, { timeoutMs: 60_000 });
});
afterAll(async () => {
  await users?.close();
  await server?.kill();
  await site.close();
});
afterEach(async () => {
  await driver?.close();
  driver = undefined;
});

describe('the cdp driver inside BiDi', () => {
  test.each(DRIVER_CASES)('$name', async ({ run }) => {
    const user = await BidiUser.inNewContext(users);
    const transport = await connectBidiSocket(address, { timeoutMs: 60_000 });
    driver = await openBidi({ transport, primaryContext: user.context, timeoutMs: 10_000 });
    await run({ driver, ...user.target }, site);
  });

  test('is that of Chromium, and counts neither its own page nor that of BiDi among the tabs', async () => {
    const { contexts } = (await users.send('browsingContext.getTree', {})) as { contexts: { userContext: string }[] };
    const shown = contexts.filter(({ userContext }) => userContext === 'default').length;
    driver = await connectBidi(address);
    expect([driver.engine, driver.framework]).toEqual(['chromium', 'bidi']);
    expect(await driver.tabs()).toHaveLength(shown);
  });

  test('leaves the session and its tabs to the user, and no page of its own', async () => {
    const targets = async (): Promise<string[]> => {
      const params = { method: 'Target.getTargets', params: {} };
      const answer = (await users.send('goog:cdp.sendCommand', params)) as {
        result: { targetInfos: { targetId: string }[] };
      };
      return answer.result.targetInfos.map(({ targetId }) => targetId).toSorted();
    };
    const before = await targets();
    const opened = await connectBidi(address);
    expect(await targets()).not.toEqual(before);
    await opened.close();
    await expect.poll(targets).toEqual(before);
  });
});
