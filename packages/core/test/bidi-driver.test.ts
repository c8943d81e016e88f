/** The driver suite over WebDriver BiDi with a real Firefox. Each case has a user context ("container") of its own. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startFirefox } from '../../../matrix/browsers/firefox.mjs';
import { openBidi } from '../src/browser/bidi/open.js';
import type { BidiTransport } from '../src/browser/bidi/transport.js';
import { connectBidiSocket } from '../src/browser/bidi/websocket.js';
import type { BrowserDriver } from '../src/browser/driver.js';
import { DRIVER_CASES } from '../src/testing/driver-suite.js';
import { BidiUser } from './support/bidi-user.js';
import { startSite, type TestSite } from './support/site.js';

let site: TestSite;
let browser: Awaited<ReturnType<typeof startFirefox>>;
let session: BidiTransport;
let driver: BrowserDriver | undefined;

beforeAll(async () => {
  site = await startSite();
  browser = await startFirefox();
  session = await connectBidiSocket(browser.address, { timeoutMs: 60_000 });
});
afterAll(async () => {
  await session?.close();
  await browser?.kill();
  await site.close();
});
afterEach(async () => {
  await driver?.close();
  driver = undefined;
});

async function withUser(): Promise<{ driver: BrowserDriver; user: BidiUser }> {
  const user = await BidiUser.inNewContext(session);
  driver = await openBidi({ transport: user.shared, primaryContext: user.context, timeoutMs: 10_000 });
  return { driver, user };
}

describe('the bidi driver', () => {
  test.each(DRIVER_CASES)('$name', async ({ run }) => {
    const opened = await withUser();
    await run({ driver: opened.driver, ...opened.user.target }, site);
  });

  test('is that of Firefox, works in the user context of the tab, and knows the tab', async () => {
    const { driver: opened, user } = await withUser();
    expect([opened.engine, opened.framework]).toEqual(['firefox', 'a test']);
    expect(await opened.version()).toMatchObject({ browserVersion: expect.stringMatching(/^\d/) });
    expect(await opened.tabs()).toMatchObject([{ id: user.context, primary: true }]);
  });
});
