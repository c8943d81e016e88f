/** A login from Chromium over CDP into Firefox over BiDi, and back again: all kinds of state, and not a request to the site. */
import { newSessionId } from '@psp/protocol';
import { chromium } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startFirefox } from '../../../matrix/browsers/firefox.mjs';
import { openBidi } from '../src/browser/bidi/open.js';
import { connectBidiSocket } from '../src/browser/bidi/websocket.js';
import { connectCdp } from '../src/browser/cdp/connect.js';
import type { BrowserDriver } from '../src/browser/driver.js';
import { captureState, type CapturedState } from '../src/capture.js';
import { restoreState } from '../src/restore.js';
import { BidiUser } from './support/bidi-user.js';
import { startChromium } from './support/raw-chromium.js';
import { startSite, type TestSite } from './support/site.js';

/** What a site keeps; values that JSON does not know, and names that trip careless tools. */
const SEED = `(async () => {
  localStorage.setItem('token', 'T\\ud800');
  localStorage.setItem('length', 'a trap');
  sessionStorage.setItem('tab', 'S');
  document.cookie = 'script=visible; path=/';
  const open = indexedDB.open('app', 3);
  open.onupgradeneeded = () => {
    open.result.createObjectStore('things').put('first', [1, new Date(7)]);
    open.result.createObjectStore('numbered', { keyPath: 'id', autoIncrement: true }).createIndex('when', 'when');
  };
  const db = await new Promise((done) => (open.onsuccess = () => done(open.result)));
  const work = db.transaction(['things', 'numbered'], 'readwrite');
  const shared = { name: 'shared' };
  const value = {
    map: new Map([['k', { big: 10n }], [shared, new Set([1, shared])]]),
    blob: new Blob(['hello'], { type: 'text/x' }),
    file: new File(['f'], 'a.txt', { type: 'text/y', lastModified: 5 }),
    date: new Date(1234), bytes: new Float32Array([1.5, -0]), boxed: Object(5), proto: JSON.parse('{"__proto__": 1}'),
    error: new RangeError('no'), pattern: /a+/gi, gap: [1, , 3], none: undefined, nan: NaN,
  };
  value.self = value;
  work.objectStore('things').put(value, 'value');
  for (let count = 0; count < 3; count++) work.objectStore('numbered').put({ when: new Date(count) });
  work.objectStore('numbered').delete(3);
  await new Promise((done) => (work.oncomplete = done));
  db.close();
})()`;

/** All of it in words, as the page sees it. */
const READ = `(async () => {
  const done = (request) => new Promise((good, bad) => {
    request.onsuccess = () => good(request.result);
    request.onerror = () => bad(request.error);
  });
  const db = await done(indexedDB.open('app'));
  const work = db.transaction(['things', 'numbered'], 'readwrite');
  const [things, numbered] = [work.objectStore('things'), work.objectStore('numbered')];
  const v = await done(things.get('value'));
  const first = await done(things.get([1, new Date(7)]));
  const ids = await done(numbered.index('when').getAllKeys());
  const next = await done(numbered.add({}));
  work.abort();
  const [[, inner], [object, set]] = v.map;
  const found = {
    version: db.version, first, ids, next,
    map: [v.map.size, String(inner.big), object.name, set.has(object), set.has(1)],
    blob: [v.blob.type, await v.blob.text()],
    file: [v.file.name, v.file.type, v.file.lastModified, await v.file.text()],
    date: [v.date instanceof Date, +v.date], bytes: [v.bytes.constructor.name, v.bytes[0], Object.is(v.bytes[1], -0)],
    boxed: [typeof v.boxed, +v.boxed], proto: Object.keys(v.proto), error: [v.error.name, v.error.message],
    pattern: String(v.pattern), gap: [v.gap.length, 1 in v.gap], none: 'none' in v && v.none === undefined,
    nan: Number.isNaN(v.nan), self: v.self === v,
    local: [localStorage.getItem('token') === 'T\\ud800', localStorage.getItem('length'), localStorage.length],
    session: { ...sessionStorage }, cookies: document.cookie.split('; ').sort(),
  };
  db.close();
  return found;
})()`;

const EXPECTED = {
  version: 3,
  first: 'first',
  ids: [1, 2],
  next: 4,
  map: [2, '10', 'shared', true, true],
  blob: ['text/x', 'hello'],
  file: ['a.txt', 'text/y', 5, 'f'],
  date: [true, 1234],
  bytes: ['Float32Array', 1.5, true],
  boxed: ['object', 5],
  proto: ['__proto__'],
  error: ['RangeError', 'no'],
  pattern: '/a+/gi',
  gap: [3, false],
  none: true,
  nan: true,
  self: true,
  local: [true, 'a trap', 2],
  session: { tab: 'S' },
  cookies: ['lax=1', 'script=visible'],
};

const LONG = { timeoutMs: 60_000 };

let site: TestSite;
let firefox: Awaited<ReturnType<typeof startFirefox>>;
let sourceChromium: Awaited<ReturnType<typeof startChromium>>;
let targetChromium: Awaited<ReturnType<typeof startChromium>>;
const open: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  site = await startSite();
  site.serve('/login', '<title>welcome</title>', {
    'set-cookie': [
      'sid=secret; HttpOnly; Path=/; SameSite=Strict',
      'lax=1; SameSite=Lax',
      'unset=1; HttpOnly; Max-Age=9000',
    ],
  });
  [firefox, sourceChromium, targetChromium] = await Promise.all([startFirefox(), startChromium(), startChromium()]);
});
afterAll(async () => {
  for (const each of open.splice(0).toReversed()) await each.close();
  await Promise.all([firefox?.kill(), sourceChromium?.kill(), targetChromium?.kill()]);
  await site.close();
});

function closing<T extends { close(): Promise<void> }>(opened: T): T {
  open.push(opened);
  return opened;
}

async function capturedFrom(driver: BrowserDriver): Promise<CapturedState> {
  return captureState(driver, { id: newSessionId(), name: 'a login', ...LONG });
}

/** Restores, and gives the losses. Nothing may reach the site meanwhile. */
async function restoredInto(driver: BrowserDriver, state: CapturedState): Promise<string[]> {
  const asked = site.requests.length;
  const report = await restoreState(driver, state, LONG);
  expect(site.requests.slice(asked)).toEqual([]);
  return report.losses.map(({ code }) => code);
}

/** What was lost, but for the general word that browsers do not list all origins. */
const lossesOf = ({ document }: CapturedState): unknown[] =>
  document.losses.filter(({ code }) => code !== 'origins-may-be-missing');

/** The cookies in an order, without what no site can see. */
const jarOf = ({ document }: CapturedState): unknown[] =>
  document.cookies
    .map(({ name, value, domain, hostOnly, httpOnly, sameSite, expires }) => {
      const expiry = expires === undefined ? undefined : Math.round(expires);
      return { name, value, domain, hostOnly, httpOnly, sameSite, expiry };
    })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));

test('a session goes from Chromium to Firefox and back, whole and offline', async () => {
  const origin = site.origin('app.localhost');
  const first = closing(await chromium.connectOverCDP(sourceChromium.address))
    .contexts()[0]
    ?.pages()[0];
  await first?.goto(`${origin}/login`);
  await first?.evaluate(SEED);
  expect(await first?.evaluate(READ)).toEqual(EXPECTED);
  const source = closing(await connectCdp(sourceChromium.address, { onlyTabIsPrimary: true }));
  const fromChromium = await capturedFrom(source);
  expect(lossesOf(fromChromium)).toEqual([]);

  const user = await BidiUser.atFirstTab(closing(await connectBidiSocket(firefox.address, LONG)));
  const middle = closing(await openBidi({ transport: user.shared, primaryContext: user.context, ...LONG }));
  expect((await middle.discoverOrigins(LONG)).missing).toContain('--remote-allow-system-access');
  // What Firefox does not keep of a cookie is named, and no site sees it.
  expect(await restoredInto(middle, fromChromium)).toEqual(['cookie-attributes-dropped']);
  await user.goto(`${origin}/`);
  expect(await user.evaluate(READ)).toEqual(EXPECTED);

  const fromFirefox = await capturedFrom(middle);
  expect(lossesOf(fromFirefox)).toEqual([]);
  expect(fromFirefox.document.source).toMatchObject({ engine: 'firefox' });
  expect(jarOf(fromFirefox)).toEqual(jarOf(fromChromium));
  const target = closing(await connectCdp(targetChromium.address, { onlyTabIsPrimary: true }));
  expect(await restoredInto(target, fromFirefox)).toEqual([]);
  // Only now: a client that was there before hears of the navigations of the restore in its own time, and would give up its own.
  const second = closing(await chromium.connectOverCDP(targetChromium.address))
    .contexts()[0]
    ?.pages()[0];
  await second?.goto(`${origin}/`);
  expect(await second?.evaluate(READ)).toEqual(EXPECTED);
});

test('a Firefox that lets us look into it lists origins that no tab has open, and gives tabs back with one entry', async () => {
  const seeing = await startFirefox({ flags: ['--remote-allow-system-access'] });
  try {
    const session = await connectBidiSocket(seeing.address, LONG);
    const user = await BidiUser.atFirstTab(session);
    const origins = ['one.localhost', 'two.localhost'].map((host) => site.origin(host));
    for (const at of origins) {
      await user.goto(`${at}/`);
      await user.evaluate('localStorage.setItem("k", "v")');
    }
    await user.goto('about:blank');
    const driver = await openBidi({ transport: user.shared, primaryContext: user.context, ...LONG });
    expect(driver.features.history).toBe(true);
    await expect.poll(async () => (await driver.discoverOrigins(LONG)).origins).toEqual(origins);
    expect((await driver.discoverOrigins(LONG)).missing).toBeUndefined();
    const [tab] = await driver.tabs();
    if (tab === undefined) throw new Error('The browser has no tab.');
    expect(await driver.history(tab)).toEqual(expect.arrayContaining(origins.map((at) => `${at}/`)));
    await driver.visitBlank(tab, 'https://a.example', LONG);
    await driver.release(tab, `${origins[0]}/`, LONG);
    expect(await driver.history(tab)).toEqual([`${origins[0]}/`]);
    await driver.close();
    await session.close();
  } finally {
    await seeing.kill();
  }
});
