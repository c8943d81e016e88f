/** What a user of the adapter sees: a login that moves from one browser to another, and a session that is as it was. Defines the tests. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import selenium, { type WebDriver } from 'selenium-webdriver';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DESCRIBE, SEED } from '../../core/test/support/login.js';
import { startSite, type TestSite } from '../../core/test/support/site.js';
import { SeleniumAdapter } from '../src/index.js';
import { SeleniumTransport } from '../src/transport.js';
import { begin, evaluate, type Kind } from './support.js';

let folder: string;
let adapter: SeleniumAdapter;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'psp-test-'));
  adapter = newAdapter();
});
afterEach(() => rm(folder, { recursive: true }));

function newAdapter(): SeleniumAdapter {
  return new SeleniumAdapter({
    storage: `file:${folder}/store`,
    keyFile: join(folder, 'key'),
    onNotice: () => undefined,
  });
}

export function describeAdapter(kind: Kind): void {
  describe(`capture and restore: ${kind.name}`, () => {
    defineTests(kind);
  });
}

function defineTests(kind: Kind): void {
  let site: TestSite;
  let server: { url: string; kill(): Promise<void> } | undefined;
  let user: WebDriver;

  beforeAll(async () => {
    site = await startSite();
    if (kind.missing === undefined) server = await kind.startServer();
  });
  afterAll(async () => {
    await server?.kill();
    await site.close();
  });
  beforeEach(async (test) => {
    if (server === undefined) return test.skip(kind.missing);
    user = await begin(kind, server.url);
  });
  afterEach(() => user?.quit().catch(() => undefined)); // ended by the test itself

  test('[PSP-RES-1] another browser has every kind of state', async () => {
    const session = await adapter.createSession(user, { name: 'everything' });
    await user.get(`${site.origin('app.localhost')}/`);
    await evaluate(user, SEED);
    const login = await evaluate(user, DESCRIBE);
    const report = await session.capture();
    expect(report.counts).toMatchObject({ cookies: 1, localStorage: 1, sessionStorage: 1, records: 1, tabs: 1 });
    await session.close();
    await user.quit();

    user = await begin(kind, server?.url ?? '');
    const saved = await newAdapter().loadSession(session.getId());
    expect((await saved.restore(user)).notDone).toEqual([]);
    await saved.close();
    await user.get(`${site.origin('app.localhost')}/`);
    expect(await evaluate(user, DESCRIBE)).toBe(login);
  });

  test('[PSP-CAP-1] the session is as it was: its windows, the current one, its frame and its time limits', async () => {
    await user.get(`${site.origin('first.localhost')}/`);
    const first = await user.getWindowHandle();
    await user.switchTo().newWindow('tab');
    const url = `${site.origin('a.localhost')}/frames`;
    await user.get(url);
    await evaluate(user, SEED);
    await user.manage().setTimeouts({ implicit: 1234, pageLoad: 23_456, script: 34_567 });
    const timeouts = await user.manage().getTimeouts();
    const handles = await user.getAllWindowHandles();
    const second = await user.getWindowHandle();
    const frame = await user.findElement(selenium.By.css('iframe'));
    await user.switchTo().frame(frame);
    await user.executeScript('window.mark = "the frame"');

    const session = await adapter.createSession(user, { name: 'quiet' });
    const report = await session.capture();
    expect(report.counts).toMatchObject({ tabs: 2 });
    expect(await user.executeScript('return window.mark')).toBe('the frame');
    expect([await user.getWindowHandle(), await user.getAllWindowHandles()]).toEqual([second, handles]);
    expect(await user.manage().getTimeouts()).toEqual(timeouts);
    await user.switchTo().frame(null);

    expect((await session.restore(user)).notDone).toEqual([]);
    await session.close();
    expect([await user.getWindowHandle(), await user.getAllWindowHandles()]).toEqual([second, handles]);
    expect(await user.manage().getTimeouts()).toEqual(timeouts);
    expect(await user.getCurrentUrl()).toBe(url);
    await user.switchTo().window(first);
    expect(await user.getCurrentUrl()).toBe(`${site.origin('first.localhost')}/`);
  });

  test('a session that has ended is refused at once', async () => {
    const session = await adapter.createSession(user, { name: 'ended' });
    await user.quit();
    await expect(adapter.createSession(user, { name: 'again' })).rejects.toMatchObject({ code: 'BROWSER_GONE' });
    await expect(session.capture()).rejects.toMatchObject({ code: 'BROWSER_GONE' });
    await session.close();
  });

  test('a command that is refused gives the code of the standard, whatever Selenium calls it', async () => {
    const transport = await SeleniumTransport.open(user);
    const script = { script: 'throw new Error("thrown")', args: [] };
    await expect(transport.send('POST', '/execute/sync', script)).rejects.toMatchObject({ code: 'javascript error' });
    await expect(transport.send('GET', '/alert/text')).rejects.toMatchObject({ code: 'no such alert' });
    const gone = { using: 'css selector', value: 'no-such-element' };
    await expect(transport.send('POST', '/element', gone)).rejects.toMatchObject({ code: 'no such element' });
    await expect(transport.send('GET', '/no/such/command')).rejects.toMatchObject({ code: 'unknown command' });
    const found = await transport.send('POST', '/element', { using: 'css selector', value: 'html' });
    expect(Object.values(found as object)).toEqual([expect.any(String)]);
    await user.quit();
    await expect(transport.send('GET', '/url')).rejects.toMatchObject({ code: 'BROWSER_GONE' });
  });
}
