/** A whole session from Chromium to a browser of classic WebDriver and back. What does not come through is named, never silent. Defines the tests. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { chromium } from 'playwright';
import { newSessionId } from '@psp/protocol';
import { connectCdp } from '../../src/browser/cdp/connect.js';
import { connectWebDriver } from '../../src/browser/webdriver/open.js';
import { captureState, type CapturedState } from '../../src/capture.js';
import { restoreState } from '../../src/restore.js';
import { startChromium, type RawChromium } from './raw-chromium.js';
import { startSite, type TestSite } from './site.js';
import { beginSession, type WebDriverUser } from './webdriver-user.js';

/** The Blob is for browsers that can keep one. */
const seed = (hasBlob: boolean): string => `(async () => {
  localStorage.setItem('token', 'local \\ud83d\\ude00');
  sessionStorage.setItem('tab', 'session');
  document.cookie = 'plain=1; path=/';
  document.cookie = 'domain=2; path=/; domain=a.localhost; max-age=3600; samesite=lax';
  document.cookie = 'deep=3; path=/deep/path';
  const open = indexedDB.open('db', 3);
  open.onupgradeneeded = () => open.result.createObjectStore('s', { autoIncrement: true }).createIndex('i', 'when');
  const db = await new Promise((done, fail) => { open.onsuccess = () => done(open.result); open.onerror = fail; });
  const work = db.transaction('s', 'readwrite');
  work.objectStore('s').add({ when: new Date(5), map: new Map([[1n, new Set(['x'])]]), bytes: new Uint8Array([1, 2]), gap: -0 });
  if (${hasBlob}) work.objectStore('s').add({ blob: new Blob(['text'], { type: 'text/plain' }) });
  await new Promise((done) => (work.oncomplete = done));
  db.close();
})()`;

/** What stands in the page, in words. */
const TELL = `(async () => {
  const open = indexedDB.open('db');
  const db = await new Promise((done) => (open.onsuccess = () => done(open.result)));
  const request = db.transaction('s').objectStore('s').getAll();
  const [first = {}, second] = await new Promise((done) => (request.onsuccess = () => done(request.result)));
  db.close();
  const { when, map, bytes, gap } = first;
  return JSON.stringify([localStorage.token, sessionStorage.tab, db.version, +when, map && map.get(1n).has('x'),
    bytes && bytes.join(), Object.is(gap, -0), second && (await second.blob.text())]);
})()`;

const WHERE = 'location.href';

export interface SessionBrowser {
  readonly name: string;
  start(): Promise<{ url: string; kill(): Promise<void> }>;
  capabilities(): object;
  readonly hasBlob: boolean;
}

export function describeSession(one: SessionBrowser): void {
  describe(`a session goes from Chromium to ${one.name} and back`, () => {
    defineTests(one);
  });
}

function defineTests({ start, capabilities, hasBlob }: SessionBrowser): void {
  const told = ['local \u{1f600}', 'session', 3, 5, true, '1,2', true, hasBlob ? 'text' : null];
  let site: TestSite;
  let server: Awaited<ReturnType<SessionBrowser['start']>>;
  let user: WebDriverUser;
  let browser: RawChromium;
  let url: string;

  beforeAll(async () => {
    site = await startSite();
    url = `${site.origin('a.localhost')}/`;
    site.serve('/login', '<title>login</title>', { 'set-cookie': 'secret=4; Path=/; HttpOnly; SameSite=Strict' });
    server = await start();
  });
  afterAll(async () => {
    await server.kill();
    await site.close();
  });
  beforeEach(async () => {
    browser = await startChromium();
    user = await beginSession(server.url, capabilities());
  });
  afterEach(async () => {
    await user.end();
    await browser.kill();
  });

  /** With the user's page at the address, first by us, then in a Chromium of its own. */
  async function withChromium<T>(work: (evaluate: (text: string) => Promise<unknown>) => Promise<T>): Promise<T> {
    const framework = await chromium.connectOverCDP(browser.address);
    const page = framework.contexts()[0]?.pages()[0];
    if (page === undefined) throw new Error('The browser has no tab.');
    await page.goto(`${url}login`);
    await page.goto(url);
    return work((text) => page.evaluate(text));
  }

  async function captureChromium(): Promise<CapturedState> {
    const driver = await connectCdp(browser.address);
    try {
      return await captureState(driver, { id: newSessionId(), name: 'there' });
    } finally {
      await driver.close();
    }
  }

  test('with each kind of state, or the name of what was lost', async () => {
    const sent = await withChromium(async (evaluate) => {
      await evaluate(seed(hasBlob));
      return captureChromium();
    });
    expect(sent.document.cookies.map(({ name }) => name).toSorted()).toEqual(['deep', 'domain', 'plain', 'secret']);

    const { sessionId } = user;
    await user.goto(url);
    const driver = await connectWebDriver(server.url, { sessionId, capabilities: user.capabilities });
    const report = await restoreState(driver, sent);
    expect(report.notDone).toEqual([]);
    expect(report.losses.map(({ code }) => code)).toEqual(['cookie-attributes-dropped']);
    expect(await user.evaluate(WHERE)).toBe(url);
    expect(JSON.parse(String(await user.evaluate(TELL)))).toEqual(told);
    expect(await user.shownTabs()).toBe(1);

    const origins = [site.origin('a.localhost')];
    const back = await captureState(driver, { id: newSessionId(), name: 'back', origins });
    await driver.close();
    expect(back.document.losses.map(({ code }) => code).toSorted()).toEqual([
      'cookies-may-be-missing',
      'origins-may-be-missing',
    ]);
    // Cookies are listed by page: that of a path below has no page that shows it.
    expect(back.document.cookies.map(({ name }) => name).toSorted()).toEqual(['domain', 'plain', 'secret']);
    const secret = back.document.cookies.find(({ name }) => name === 'secret');
    expect(secret).toMatchObject({ value: '4', httpOnly: true, hostOnly: true, sameSite: 'strict' });
    const domain = back.document.cookies.find(({ name }) => name === 'domain');
    expect(domain).toMatchObject({ domain: 'a.localhost', hostOnly: false, expires: expect.any(Number) });

    await browser.kill();
    browser = await startChromium();
    await withChromium(async (evaluate) => {
      const target = await connectCdp(browser.address);
      expect((await restoreState(target, back, { tabs: 'none' })).notDone).toEqual([]);
      await target.close();
      expect(JSON.parse(String(await evaluate(TELL)))).toEqual(told.with(1, null));
      expect(await evaluate('document.cookie.split("; ").sort().join()')).toBe('domain=2,plain=1');
    });
  });
}
