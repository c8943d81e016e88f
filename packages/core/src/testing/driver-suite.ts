/** The suite of the browser contract: every driver passes it, ours and others'. It needs a browser and a site to visit. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { cookieIdentity, PspError, type Cookie } from '@psp/protocol';
import type { BrowserDriver, Tab } from '../browser/driver.js';

/** What a case works with: a driver, and the user's own way to drive the same browser. */
export interface DriverTarget {
  readonly driver: BrowserDriver;
  /** Loads an address in the user's tab. */
  goto(url: string): Promise<void>;
  /** Evaluates an expression in the user's tab, as its page's own scripts would. */
  evaluate(expression: string): Promise<unknown>;
}

/** A site with the same pages on any host name: `/` empty, `/frames`, `/patched`. */
export interface DriverSite {
  /** `http://NAME:PORT`; NAME ends in `.localhost` or is an address of this machine. */
  origin(host: string): string;
  /** Requests seen so far: `GET http://host:port/path`. */
  readonly requests: readonly string[];
}

export interface DriverCase {
  readonly name: string;
  run(target: DriverTarget, site: DriverSite): Promise<void>;
}

const TIMEOUT = { timeoutMs: 10_000 };

/** The cases, in no special order; each gets a fresh browser context. */
export const DRIVER_CASES: readonly DriverCase[] = [
  {
    name: 'lists the tabs of the user, not the helpers',
    async run({ driver, goto }, site) {
      await goto(`${site.origin('a.localhost')}/`);
      const before = await driver.tabs();
      const helper = await driver.openHelper();
      const during = await driver.tabs();
      await driver.closeTab(helper);
      assert.deepEqual(
        before.map(({ url, title }) => ({ url, title })),
        [{ url: `${site.origin('a.localhost')}/`, title: 'a page' }],
      );
      assert.deepEqual(during, before);
    },
  },
  {
    name: 'lists frames with their origins, opaque ones without, partitioned ones marked',
    async run({ driver, goto }, site) {
      await goto(`${site.origin('a.localhost')}/frames`);
      const frames = await eventually(
        () => driver.tabs().then(async ([tab]) => driver.frames(tab as Tab, TIMEOUT)),
        (found) => found.length === 5 && found.every(({ url }) => url !== '' && url !== 'about:blank'),
      );
      assert.equal(frames[0]?.origin, site.origin('a.localhost'));
      const origins = frames.map((frame) => frame.origin);
      assert.equal(origins.filter((origin) => origin === undefined).length, 1, 'the sandboxed frame is opaque');
      const below = frames.find((frame) => frame.origin === site.origin('below.a.localhost'));
      assert.equal(below?.firstParty, true);
    },
  },
  {
    name: '[PSP-CAP-5] runs page code out of reach of the page',
    async run({ driver, goto }, site) {
      await goto(`${site.origin('a.localhost')}/patched`);
      const [tab] = await driver.tabs();
      const [frame] = await driver.frames(tab as Tab, TIMEOUT);
      assert.ok(tab !== undefined && frame !== undefined);
      const source = 'async (text) => JSON.stringify([text, localStorage.getItem("k")])';
      const hostile = '");alert(1);//</script>\u2028\u0000`${alert(1)}`';
      const answer = await driver.evaluate(tab, frame, source, hostile, TIMEOUT);
      assert.deepEqual(JSON.parse(answer), [hostile, 'v']);
    },
  },
  {
    name: 'gives up on a page that does not answer',
    async run({ driver, goto }, site) {
      await goto(`${site.origin('a.localhost')}/`);
      const [tab] = await driver.tabs();
      const [frame] = await driver.frames(tab as Tab, TIMEOUT);
      assert.ok(tab !== undefined && frame !== undefined);
      const silent = driver.evaluate(tab, frame, 'async () => new Promise(() => {})', '', { timeoutMs: 200 });
      await assert.rejects(silent, isCode('TIMEOUT'));
      assert.equal(await driver.evaluate(tab, frame, 'async () => "again"', '', TIMEOUT), 'again');
    },
  },
  {
    name: '[PSP-COOKIE-5] sets and reads back every attribute of a cookie',
    async run({ driver }) {
      const cookies = cookieKinds().filter(
        (cookie) => cookie.partitionKey === undefined || driver.features.partitionedCookies,
      );
      for (const cookie of cookies) assert.deepEqual(await driver.setCookie(cookie), { ok: true }, cookie.name);
      const read = new Map((await driver.cookies()).cookies.map((cookie) => [cookieIdentity(cookie), cookie]));
      for (const cookie of cookies) assert.deepEqual(roundExpiry(read.get(cookieIdentity(cookie))), cookie);
    },
  },
  {
    name: 'tells of a refused cookie without losing the others',
    async run({ driver }) {
      const good = cookie({ name: 'good' });
      const bad = cookie({ name: 'bad', value: 'a;b' });
      const outcomes = [await driver.setCookie(bad), await driver.setCookie(good)];
      assert.equal(outcomes[0]?.ok, false);
      assert.equal(outcomes[1]?.ok, true);
      const names = (await driver.cookies()).cookies.map(({ name }) => name);
      assert.deepEqual(names, ['good']);
    },
  },
  {
    name: 'deletes one cookie of several that differ in path, domain or partition only',
    async run({ driver }) {
      const all = [
        cookie({}),
        cookie({ path: '/p' }),
        cookie({ hostOnly: false }),
        ...cookieKinds().filter((c) => c.partitionKey),
      ];
      for (const each of all) await driver.setCookie(each);
      const before = (await driver.cookies()).cookies.length;
      await driver.deleteCookie(cookie({ hostOnly: false }));
      const left = (await driver.cookies()).cookies;
      assert.equal(left.length, before - 1);
      assert.ok(!left.some((each) => !each.hostOnly && each.partitionKey === undefined));
    },
  },
  {
    name: 'visits an origin without network, in the storage of its real pages',
    async run({ driver, goto, evaluate }, site) {
      const origin = site.origin('offline.localhost');
      const helper = await driver.openHelper();
      for (const visited of [origin, 'https://never.example', 'http://never.example:81']) {
        const frame = await driver.visitOffline(helper, visited, TIMEOUT);
        const source = 'async (value) => { localStorage.setItem("k", value); return location.origin; }';
        assert.equal(await driver.evaluate(helper, frame, source, 'from psp', TIMEOUT), visited);
      }
      await driver.closeTab(helper);
      assert.deepEqual(
        site.requests.filter((request) => request.includes('offline.localhost')),
        [],
      );
      await goto(`${origin}/`);
      assert.equal(await evaluate('localStorage.getItem("k")'), 'from psp');
    },
  },
  {
    name: 'writes into the tab of the user and gives it back with one entry of history',
    async run({ driver, goto, evaluate }, site) {
      const url = `${site.origin('a.localhost')}/`;
      await goto(url);
      const [tab] = await driver.tabs();
      assert.ok(tab !== undefined);
      const frame = await driver.visitOffline(tab, site.origin('b.localhost'), TIMEOUT);
      await driver.evaluate(tab, frame, 'async () => { sessionStorage.setItem("s", "1"); return ""; }', '', TIMEOUT);
      await driver.release(tab, url, TIMEOUT);
      assert.deepEqual(await driver.history(tab), [url]);
      // The user's framework hears of the last navigation in its own time.
      const here = await eventually(
        () => evaluate('location.href').catch((error: Error) => error.message),
        (address) => address === url,
      );
      assert.equal(here, url);
      await goto(`${site.origin('b.localhost')}/`);
      assert.equal(await evaluate('sessionStorage.getItem("s")'), '1');
    },
  },
  {
    name: 'knows the origins visited since it opened, frames and popups included',
    async run({ driver, goto, evaluate }, site) {
      await goto(`${site.origin('a.localhost')}/frames`);
      await goto(`${site.origin('b.localhost')}/`);
      await evaluate(
        `new Promise((done) => { const w = open("${site.origin('popup.localhost')}/"); setTimeout(() => { w.close(); done(); }, 500); })`,
      );
      const wanted = ['a.localhost', 'below.a.localhost', 'b.localhost', 'popup.localhost'].map((host) =>
        site.origin(host),
      );
      const visited = await eventually(
        async () => driver.visited(),
        (found) => wanted.every((origin) => found.includes(origin)),
      );
      for (const origin of wanted) assert.ok(visited.includes(origin), origin);
    },
  },
  {
    name: 'leaves the browser as it was found',
    async run({ driver, goto, evaluate }, site) {
      const url = `${site.origin('a.localhost')}/`;
      await goto(url);
      await evaluate('window.mark = 1');
      await driver.visitOffline(await driver.openHelper(), site.origin('b.localhost'), TIMEOUT);
      await driver.close();
      await driver.close();
      assert.equal(await evaluate('window.mark'), 1);
    },
  },
];

function cookie(fields: Partial<Cookie>): Cookie {
  return {
    name: 'c',
    value: 'v',
    domain: 'site.example',
    hostOnly: true,
    path: '/',
    httpOnly: false,
    secure: true,
    priority: 'medium',
    sourceScheme: 'secure',
    sourcePort: 443,
    ...fields,
  };
}

function cookieKinds(): Cookie[] {
  const expires = Math.floor(Date.now() / 1000) + 3600;
  const partition = (hasCrossSiteAncestor: boolean): Partial<Cookie> => ({
    sameSite: 'none',
    partitionKey: { topLevelSite: 'https://top.example', hasCrossSiteAncestor },
  });
  return [
    cookie({ name: 'plain' }),
    cookie({ name: 'domain', hostOnly: false }),
    cookie({ name: 'sub', domain: 'sub.site.example', hostOnly: false }),
    cookie({ name: 'path', path: '/deep/path' }),
    cookie({ name: 'expires', expires }),
    cookie({ name: 'http-only', httpOnly: true }),
    cookie({ name: 'strict', sameSite: 'strict' }),
    cookie({ name: 'lax', sameSite: 'lax' }),
    cookie({ name: 'none', sameSite: 'none' }),
    cookie({ name: '__Host-id' }),
    cookie({ name: '__Secure-id', hostOnly: false }),
    cookie({ name: 'low', priority: 'low' }),
    cookie({ name: 'high', priority: 'high' }),
    cookie({ name: 'insecure', secure: false, sourceScheme: 'non-secure', sourcePort: 8080 }),
    cookie({ name: 'address', domain: '127.0.0.1' }),
    cookie({ name: '', value: 'without a name' }),
    cookie({ name: 'empty', value: '' }),
    cookie({ name: 'quoted', value: '"a=b, c"' }),
    cookie({ name: 'long', value: 'x'.repeat(4000) }),
    cookie({ name: 'chips', ...partition(false) }),
    cookie({ name: 'chips', ...partition(true) }),
  ];
}

/** Browsers keep the expiry to the microsecond; the cases ask for whole seconds. */
function roundExpiry(read: Cookie | undefined): Cookie | undefined {
  return read?.expires === undefined ? read : { ...read, expires: Math.round(read.expires) };
}

function isCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof PspError && error.code === code;
}

/** Waits for what the browser does in its own time; gives the last value, so that an assertion can show it. */
async function eventually<T>(read: () => Promise<T>, good: (value: T) => boolean): Promise<T> {
  let value = await read();
  for (let tries = 0; tries < 100 && !good(value); tries++) {
    await sleep(50);
    value = await read();
  }
  return value;
}
