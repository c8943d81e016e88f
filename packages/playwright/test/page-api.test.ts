/** The driver suite over Playwright's public API, on Firefox; and what this driver leaves as it was, and what it tells. */
import type { EventEmitter } from 'node:events';
import { DRIVER_CASES } from '@psp/core/testing';
import type { Cookie } from '@psp/protocol';
import type { Dialog, Route } from 'playwright-1.64';
import { firefox as firefoxOfToday } from 'playwright';
import { describe, expect, test } from 'vitest';
import { browser, context, openDriver, page, primaryOf, site, TIMEOUT } from './firefox.js';
import { FIREFOX } from './firefox-launch.js';

describe('the driver by Playwright’s public API', () => {
  test.each(DRIVER_CASES)('$name', async ({ run }) => {
    let dialog: Dialog | undefined;
    page.on('dialog', (opened) => (dialog = opened));
    const target = {
      driver: await openDriver(),
      goto: async (url: string) => void (await page.goto(url)),
      evaluate: (expression: string) => page.evaluate(expression),
      shownTabs: async () => context.pages().length,
      dialogOpen: async () => dialog !== undefined,
      async closeDialog() {
        // Playwright tells of no dialog that closed; this throws where somebody else closed it.
        await dialog?.dismiss();
        dialog = undefined;
      },
    };
    await run(target, site);
  });

  test('works in one context and does not see another', async () => {
    const other = await browser.newContext();
    await (await other.newPage()).goto(`${site.origin('other.localhost')}/`);
    await other.addCookies([{ name: 'other', value: '1', url: site.origin('other.localhost') }]);
    const driver = await openDriver();
    expect((await driver.cookies()).cookies).toEqual([]);
    expect((await driver.tabs()).map(({ url }) => url)).toEqual(['about:blank']);
    await other.close();
    expect(driver.visited()).toEqual([]);
  });

  test('is told by Playwright’s newest version, too, once that can open a context in this Firefox', async () => {
    const today = await firefoxOfToday.launch(FIREFOX);
    try {
      // When this fails the pair works: run these tests with that version.
      await expect(today.newContext()).rejects.toThrow('setMediaFeaturesOverride');
    } finally {
      await today.close();
    }
  });
});

describe('what is the user’s', () => {
  test('[PSP-CAP-1] routes see and serve none of our pages, and work on afterwards', async () => {
    const seen: string[] = [];
    const note = (who: string) => (route: Route) => {
      seen.push(`${who} ${route.request().url()}`);
      return route.fallback();
    };
    await context.route('**/*', note('context'));
    await page.route('**/mine', (route) => route.fulfill({ body: '<title>mine</title>', contentType: 'text/html' }));
    await page.route('**/*', note('page'));
    const here = `${site.origin('a.localhost')}/mine`;
    await page.goto(here);
    seen.length = 0;
    const driver = await openDriver();
    const helper = await driver.openHelper();
    await driver.visitBlank(helper, site.origin('unseen.localhost'), TIMEOUT);
    const tab = await primaryOf(driver);
    // What the page itself asks for meanwhile is the user's.
    await page.evaluate('void setInterval(() => fetch("/polled").catch(() => undefined), 10)');
    await driver.visitBlank(tab, site.origin('unseen.localhost'), TIMEOUT);
    expect(await page.title()).toBe('psp');
    expect(seen.filter((request) => !request.endsWith('/polled'))).toEqual([]);
    await driver.release(tab, here, TIMEOUT);
    await driver.close();
    await page.goto(here);
    expect(await page.title()).toBe('mine');
    expect(seen).toContain(`page ${here}`);
    expect(seen.filter((request) => request.includes('__psp_blank__'))).toEqual([]);
    expect(site.requests.filter((request) => request.includes('unseen.localhost'))).toEqual([]);
  });

  test('[PSP-CAP-1] listeners are as many as before', async () => {
    const count = (): number[] => [
      ...['page', 'close'].map((event) => emitter(context).listenerCount(event)),
      ...['framenavigated', 'dialog', 'crash', 'close', 'popup'].map((event) => emitter(page).listenerCount(event)),
    ];
    const before = count();
    const driver = await openDriver();
    await driver.visitBlank(await primaryOf(driver), site.origin('a.localhost'), TIMEOUT);
    await driver.close();
    expect(count()).toEqual(before);
  });

  test('dialogs that nobody listens to are closed by Playwright as ever', async () => {
    await page.goto(`${site.origin('a.localhost')}/`);
    await openDriver();
    expect(await page.evaluate('confirm("?")')).toBe(false);
  });

  test('the history of a tab does not grow, and the server is asked as by a link of its own', async () => {
    const url = `${site.origin('a.localhost')}/two?q#part`;
    await context.addCookies([
      { name: 'strict', value: '1', domain: 'a.localhost', path: '/', sameSite: 'Strict' },
      { name: 'unset', value: '1', domain: 'a.localhost', path: '/' },
    ]);
    await page.goto(`${site.origin('a.localhost')}/one`);
    await page.goto(url);
    const driver = await openDriver();
    const tab = await primaryOf(driver);
    await driver.visitBlank(tab, site.origin('b.localhost'), TIMEOUT);
    await driver.visitBlank(tab, site.origin('c.localhost'), TIMEOUT);
    const asked = page.waitForRequest(url.replace('#part', ''));
    await driver.release(tab, url, TIMEOUT);
    const headers = await (await asked).allHeaders();
    expect(headers).toMatchObject({ cookie: 'strict=1; unset=1', 'sec-fetch-site': 'same-origin' });
    expect(headers).not.toHaveProperty('referer');
    expect(page.url()).toBe(url);
    expect(await page.evaluate('history.length')).toBe(2);
    await page.evaluate('history.back()');
    await expect.poll(() => page.evaluate('location.pathname')).toBe('/one');
  });

  test('a tab that stood on about:blank stands there again, with no site’s origin', async () => {
    const driver = await openDriver();
    const tab = await primaryOf(driver);
    await driver.visitBlank(tab, site.origin('b.localhost'), TIMEOUT);
    await driver.release(tab, 'about:blank', TIMEOUT);
    expect(page.url()).toBe('about:blank');
    expect(await page.evaluate('self.origin')).toBe('null');
    expect((await driver.frames(tab, TIMEOUT)).map(({ origin }) => origin)).toEqual([undefined]);
  });
});

describe('a page that Firefox brought back from its cache', () => {
  test('is where it is, not where Playwright believes it to be', async () => {
    const [a, b] = ['a.localhost', 'b.localhost'].map((host) => site.origin(host));
    await page.goto(`${a}/`);
    await page.goto(`${b}/`);
    await page.evaluate('void history.back()');
    await expect.poll(() => page.evaluate('location.origin')).toBe(a);
    // Once this is no longer so, the driver may ask Playwright.
    expect(page.url()).toBe(`${b}/`);
    const driver = await openDriver();
    const tab = await primaryOf(driver);
    expect(tab).toMatchObject({ url: `${a}/`, title: 'a page' });
    expect(await driver.frames(tab, TIMEOUT)).toMatchObject([{ url: `${a}/`, origin: a }]);
  });
});

describe('cookies', () => {
  const base: Cookie = {
    name: 'c',
    value: 'v',
    domain: 'a.localhost',
    hostOnly: true,
    path: '/',
    httpOnly: false,
    secure: false,
  };

  test('a SameSite that may be unset is not told, unless we set it ourselves; and is set as unset', async () => {
    site.serve('/set', '', { 'set-cookie': ['lax=1; SameSite=Lax', 'unset=1', 'strict=1; SameSite=Strict'] });
    await page.goto(`${site.origin('a.localhost')}/set`);
    const driver = await openDriver();
    await driver.setCookie({ ...base, name: 'set-lax', sameSite: 'lax' });
    await driver.setCookie({ ...base, name: 'set-unset' });
    const { cookies, losses } = await driver.cookies();
    expect(Object.fromEntries(cookies.map(({ name, sameSite }) => [name, sameSite]))).toEqual({
      lax: undefined,
      unset: undefined,
      strict: 'strict',
      'set-lax': 'lax',
      'set-unset': undefined,
    });
    expect(losses).toMatchObject([{ code: 'cookie-attributes-dropped', detail: expect.stringContaining('2 cookies') }]);

    site.serve('/form', `<form method="post" action="${site.origin('a.localhost')}/posted"></form>`);
    await page.goto(`${site.origin('127.0.0.1')}/form`);
    const posted = page.waitForRequest('**/posted');
    await page.evaluate('document.forms[0].submit()');
    // Firefox sends unset ones with a post from another site, and lax ones not.
    expect((await (await posted).allHeaders()).cookie).toBe('unset=1; set-unset=v');
  });

  test('those that differ by partition alone are told once, and named', async () => {
    const origin = site.origin('a.localhost');
    site.serve('/plain', '', { 'set-cookie': 'k=plain; Secure; SameSite=None' });
    site.serve('/chips', '', { 'set-cookie': 'k=chips; Secure; SameSite=None; Partitioned' });
    site.serve('/embeds', `<iframe src="${origin}/chips"></iframe>`);
    const driver = await openDriver();
    await page.goto(`${origin}/plain`);
    await page.goto(`${site.origin('b.localhost')}/embeds`);
    const { cookies, losses } = await driver.cookies();
    expect(cookies.map(({ name }) => name)).toEqual(['k']);
    expect(losses).toMatchObject([{ code: 'cookie-partition-opaque', item: 'k (a.localhost/)' }]);
    const partitionKey = { topLevelSite: 'https://b.example', hasCrossSiteAncestor: true };
    const refused = await driver.setCookie({ ...base, secure: true, sameSite: 'none', partitionKey });
    expect(refused).toMatchObject({ ok: false, reason: expect.stringContaining('partitioned') });
  });

  test('[PSP-TRAP-21] those of a site that was only seen below others are left out, and named', async () => {
    site.serve('/chips', '', { 'set-cookie': 'k=chips; Secure; SameSite=None; Partitioned' });
    site.serve('/embeds', `<iframe src="${site.origin('a.localhost')}/chips"></iframe>`, { 'set-cookie': 'own=1' });
    await page.goto(`${site.origin('b.localhost')}/embeds`);
    const driver = await openDriver();
    const names = async (): Promise<string[]> => (await driver.cookies()).cookies.map(({ name }) => name);
    expect(await names()).toEqual(['own']);
    // Also after the frame is gone, and no longer once the site was seen itself.
    await page.goto(`${site.origin('b.localhost')}/`);
    expect(await names()).toEqual(['own']);
    expect((await driver.cookies()).losses).toMatchObject([
      { code: 'cookie-partition-opaque', item: 'k (a.localhost/)' },
      { code: 'cookie-attributes-dropped' },
    ]);
    await page.goto(`${site.origin('a.localhost')}/`);
    expect((await names()).toSorted()).toEqual(['k', 'own']);
  });

  test('what Firefox drops or changes is told, and the value is in no message', async () => {
    const driver = await openDriver();
    const outcomes = [
      { ...base, name: 'long', value: 'x'.repeat(5000) },
      { ...base, name: '', value: 'nameless' },
      { ...base, name: 'none', sameSite: 'none' } as const,
      { ...base, name: 'broken', value: 'a;b' },
      { ...base, name: 'umlaut', value: 'ä' },
      { ...base, name: 'time', expires: -2, value: 'secret' },
    ].map((cookie) => driver.setCookie(cookie));
    const told = await Promise.all(outcomes);
    expect(told.map(({ ok }) => ok)).toEqual([false, false, false, false, false, false]);
    expect(told.every(({ reason = '' }) => reason !== '' && !/xxx|nameless|a;b|secret/.test(reason))).toBe(true);
    const far = Math.floor(Date.now() / 1000) + 10 * 365 * 86_400;
    await driver.setCookie({ ...base, name: 'far', expires: far });
    const kept = (await driver.cookies()).cookies.find(({ name }) => name === 'far');
    expect((kept?.expires ?? 0) - Date.now() / 1000).toBeLessThan(401 * 86_400);
  });
});

describe('origins that may be missing', () => {
  test('none in a context where nobody had been when the driver opened', async () => {
    const driver = await openDriver();
    await page.goto(`${site.origin('a.localhost')}/`);
    expect(await driver.discoverOrigins(TIMEOUT)).toEqual({ origins: [], places: [], missing: undefined });
    expect(driver.visited()).toEqual([site.origin('a.localhost')]);
  });

  test.each([
    ['a page on a site', async () => void (await page.goto(`${site.origin('a.localhost')}/`))],
    [
      'a page that has been on a site',
      async () => {
        await page.goto(`${site.origin('a.localhost')}/`);
        await page.goto('about:blank');
      },
    ],
    ['a cookie', () => context.addCookies([{ name: 'c', value: '1', url: site.origin('a.localhost') }])],
  ])('said in words where there was %s', async (_, prepare) => {
    await prepare();
    const driver = await openDriver();
    expect(await driver.discoverOrigins(TIMEOUT)).toMatchObject({
      origins: [],
      places: [],
      missing: expect.stringMatching(/\w+/),
    });
  });
});

/** What Playwright's objects are, besides what their types tell. */
function emitter(object: unknown): EventEmitter {
  return object as EventEmitter;
}
