/** One store between Playwright's browsers and versions: what is captured in one is restored in another, and what is lost is named. */
import { findChromium, launchFlags } from '@psp/core';
import {
  chromium as chromiumBefore,
  firefox,
  type Browser as BrowserBefore,
  type Page as PageBefore,
} from 'playwright-1.64';
import { afterEach, describe, expect, test } from 'vitest';
import { FIREFOX } from './firefox-launch.js';
import { adapter, page, site } from './fixture.js';
import { described, seed, type AnyPage } from './seed.js';

const others: BrowserBefore[] = [];
afterEach(async () => {
  for (const other of others.splice(0)) await other.close();
});

async function openPage(browser: BrowserBefore): Promise<PageBefore> {
  others.push(browser);
  return (await browser.newContext()).newPage();
}

/** Everything of one origin and two kinds of cookie, as the page and the server see it. */
async function login(at: AnyPage): Promise<unknown> {
  site.serve('/login', '', {
    'set-cookie': [
      'sid=secret; HttpOnly; SameSite=Strict',
      'lax=1; SameSite=Lax; Max-Age=3600',
      'unset=1; Domain=a.localhost',
    ],
  });
  await at.goto(`${site.origin('a.localhost')}/login`);
  return seed(at, site.origin('a.localhost'));
}

const COOKIES = { sid: 'secret', lax: '1', unset: '1' };

/** The server's view. */
async function sent(at: AnyPage): Promise<unknown> {
  const asked = at.waitForRequest('**/asked');
  await at.goto(`${site.origin('a.localhost')}/asked`);
  const { cookie = '' } = await (await asked).allHeaders();
  return Object.fromEntries(cookie.split('; ').map((pair) => pair.split('=')));
}

/** Half a character in a key of localStorage becomes U+FFFD in Firefox, by itself, once no page of the origin is open. */
function asFirefoxKeeps(state: unknown): unknown {
  return JSON.parse(JSON.stringify(state).replace('"LONE"', '"%EF%BF%BD"'));
}

describe('Playwright’s Chromium and Firefox share a store', () => {
  test('Chromium to Firefox: all state, and the attributes that Firefox does not keep are named', async () => {
    const session = await adapter.createSession(page, { name: 'from chromium' });
    const before = await login(page);
    expect((await session.capture()).losses).toEqual([]);
    const target = await openPage(await firefox.launch(FIREFOX));
    const report = await (await adapter.loadSession('from chromium')).restore(target);
    expect(report.notDone).toEqual([]);
    expect(report.losses).toMatchObject([
      { code: 'cookie-attributes-dropped', detail: expect.stringContaining('sourcePort of 3') },
    ]);
    expect(report.losses[0]?.detail).not.toContain('sameSite');
    expect(await described(target, site.origin('a.localhost'))).toEqual(asFirefoxKeeps(before));
    expect(await sent(target)).toEqual(COOKIES);
    expect(target.context().pages()).toEqual([target]);
  });

  test('Firefox to Chromium: all state, and what Playwright does not tell is named', async () => {
    const source = await openPage(await firefox.launch(FIREFOX));
    const session = await adapter.createSession(source, { name: 'from firefox' });
    const before = await login(source);
    const captured = await session.capture();
    expect(captured.counts).toMatchObject({
      cookies: 3,
      origins: 1,
      databases: 1,
      records: 5,
      tabs: 1,
      sessionStorage: 1,
    });
    expect(captured.losses).toMatchObject([
      { code: 'cookie-attributes-dropped', detail: expect.stringContaining('2 cookies') },
    ]);
    await session.close();
    const report = await (await adapter.loadSession('from firefox')).restore(page);
    expect(report).toMatchObject({ losses: [], notDone: [] });
    expect(await described(page, site.origin('a.localhost'))).toEqual(before);
    expect(await sent(page)).toEqual(COOKIES);
    expect((await page.context().cookies()).find(({ name }) => name === 'sid')).toMatchObject({
      httpOnly: true,
      sameSite: 'Strict',
    });
  });
});

describe('the version of Playwright before this one', () => {
  test('captures and restores in Chromium as this one does', async () => {
    const launch = async (): Promise<BrowserBefore> =>
      chromiumBefore.launch({ executablePath: (await findChromium()) ?? '', args: launchFlags() });
    const source = await openPage(await launch());
    const session = await adapter.createSession(source, { name: 'before' });
    const before = await login(source);
    expect((await session.capture()).losses).toEqual([]);
    const target = await openPage(await launch());
    expect(await (await adapter.loadSession('before')).restore(target)).toMatchObject({ losses: [], notDone: [] });
    expect(await described(target, site.origin('a.localhost'))).toEqual(before);
    expect(await sent(target)).toEqual(COOKIES);
  });
});
