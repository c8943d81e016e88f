/** What sites see of machine and user: captured from a real page, by origin where it belongs to one. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SessionDocument } from '@psp/protocol';
import type { BrowserContext, BrowserContextOptions, Page } from 'playwright';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { adapter, browser, openArchive, site, stored } from './fixture.js';

const A = (): string => site.origin('a.localhost');
const B = (): string => site.origin('b.localhost');

const ENVIRONMENT = {
  userAgent: 'Mozilla/5.0 (Of the test) psp/1',
  viewport: { width: 801, height: 602 },
  deviceScaleFactor: 1.5,
  locale: 'de-DE',
  timeZone: 'Asia/Tokyo',
  colorScheme: 'dark' as const,
  geolocation: { latitude: 52.5, longitude: 13.25, accuracy: 7 },
};

/** The same in Playwright's words. */
const { timeZone, ...others } = ENVIRONMENT;
const LAUNCH: BrowserContextOptions = { ...others, timezoneId: timeZone };

/** Sets permissions of a context from outside, as long as the browser runs. */
async function permit(context: BrowserContext, origin: string, states: Record<string, string>): Promise<void> {
  const page = context.pages()[0] as Page;
  const { targetInfo } = await (await context.newCDPSession(page)).send('Target.getTargetInfo');
  const session = await browser.newBrowserCDPSession();
  for (const [name, setting] of Object.entries(states)) {
    const permission = { permission: { name }, setting: setting as 'granted', origin };
    await session.send('Browser.setPermission', { ...permission, browserContextId: targetInfo.browserContextId ?? '' });
  }
}

/** In another context, one that a test may not use. */
async function captured(page: Page): Promise<SessionDocument> {
  const session = await adapter.createSession(page, { name: 'surroundings' });
  const { id } = await session.capture();
  await session.close();
  return (await (await openArchive()).open(id)).state.document;
}

/** As `captured`, of a page that tells where it is. A capture waits for that for a moment only, and the machine may be busy. */
async function capturedWhere(page: Page): Promise<SessionDocument> {
  return vi.waitFor(
    async () => {
      const document = await captured(page);
      expect(document.environment).toHaveProperty('geolocation');
      return document;
    },
    { timeout: 30_000 },
  );
}

beforeAll(() => {
  site.serve('/closed', '<title>closed</title>', { 'permissions-policy': 'camera=(), accelerometer=()' });
});

describe('a capture', () => {
  test('[PSP-ENV-1] tells what the page is told, and the permissions of each origin, open or not', async () => {
    const context = await browser.newContext(LAUNCH);
    const page = await context.newPage();
    await page.goto(`${B()}/`);
    await page.evaluate('localStorage.setItem("k", "v")');
    await page.goto(`${A()}/closed`);
    await permit(context, A(), { geolocation: 'granted', notifications: 'denied' });
    await permit(context, B(), { 'clipboard-read': 'granted', 'clipboard-write': 'denied' });
    const before = site.requests.length;
    const { environment, losses } = await capturedWhere(page);
    expect(environment).toEqual({
      ...ENVIRONMENT,
      // No denial of what the site denies to itself.
      permissions: [
        { origin: A(), name: 'geolocation', state: 'granted' },
        { origin: A(), name: 'notifications', state: 'denied' },
        { origin: B(), name: 'clipboard-read', state: 'granted' },
        { origin: B(), name: 'clipboard-write', state: 'denied' },
      ],
    });
    // The context was used before the session began.
    expect(losses.map(({ code }) => code)).toEqual(['session-storage-may-be-missing', 'origins-may-be-missing']);
    expect(site.requests.length).toBe(before);
  });

  test('[PSP-ENV-2] asks the user nothing, and has no environment where no page of a site is open', async () => {
    const page = await (await browser.newContext(LAUNCH)).newPage();
    expect(await captured(page)).not.toHaveProperty('environment');
    await page.goto(`${A()}/`);
    // Neither allowed nor refused: a position would have to be asked for.
    expect((await captured(page)).environment).toMatchObject({ userAgent: LAUNCH.userAgent });
    expect((await captured(page)).environment).not.toHaveProperty('geolocation');
    expect((await captured(page)).environment).not.toHaveProperty('permissions');
  });
});

/** The states of permissions as the page's own scripts see them. */
const statesIn = (page: Page, ...names: string[]): Promise<string[]> =>
  page.evaluate(
    (all) => Promise.all(all.map(async (name) => (await navigator.permissions.query({ name: name as 'midi' })).state)),
    names,
  );

const toldTo = (page: Page): Promise<unknown> =>
  page.evaluate(() => ({
    userAgent: navigator.userAgent,
    viewport: { width: innerWidth, height: innerHeight },
    deviceScaleFactor: devicePixelRatio,
    locale: navigator.language,
    number: (1.5).toLocaleString(),
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    colorScheme: matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light',
  }));

describe('a restore', () => {
  test('[PSP-ENV-3] sets the permissions of each origin for as long as the session is open', async () => {
    const permissions = [
      { origin: A(), name: 'geolocation', state: 'granted' as const },
      { origin: A(), name: 'camera', state: 'denied' as const },
      { origin: B(), name: 'clipboard-read', state: 'granted' as const },
    ];
    const origins = [{ origin: A(), localStorage: [], indexedDB: [] }];
    const session = await adapter.loadSession(await stored({ origins, environment: { permissions } }));
    const context = await browser.newContext();
    const page = await context.newPage();
    await permit(context, A(), { geolocation: 'granted' });
    // One of them stands already.
    expect(await session.restore(page)).toMatchObject({ losses: [], done: ['0 cookies', A(), '3 permissions'] });
    await page.goto(`${A()}/`);
    expect(await statesIn(page, 'geolocation', 'camera', 'clipboard-read')).toEqual(['granted', 'denied', 'prompt']);
    await page.goto(`${B()}/`);
    expect(await statesIn(page, 'geolocation', 'camera', 'clipboard-read')).toEqual(['prompt', 'prompt', 'granted']);
    expect((await captured(page)).environment?.permissions).toHaveLength(3);
    await session.close();
    expect(await statesIn(page, 'clipboard-read')).toEqual(['prompt']);
  });

  test('[PSP-ENV-3] does not set what stands, since the browser forgets whatever it was told of a context with whoever told some of it', async () => {
    const permissions = [{ origin: A(), name: 'geolocation', state: 'granted' as const }];
    const origins = [{ origin: A(), localStorage: [], indexedDB: [] }];
    const session = await adapter.loadSession(await stored({ origins, environment: { permissions } }));
    const context = await browser.newContext();
    const page = await context.newPage();
    await permit(context, A(), { geolocation: 'granted' });
    expect((await session.restore(page)).losses).toEqual([]);
    await session.close();
    await page.goto(`${A()}/`);
    expect(await statesIn(page, 'geolocation')).toEqual(['granted']);
  });

  test('[PSP-ENV-4] leaves the page as it is told of machine and user, unless asked; then it appears as captured', async () => {
    const session = await adapter.loadSession(await stored({ environment: ENVIRONMENT }));
    const context = await browser.newContext({ permissions: ['geolocation'] });
    const page = await context.newPage();
    await page.goto(`${A()}/`);
    const before = await toldTo(page);
    expect((await session.restore(page)).done).toEqual(['0 cookies']);
    expect(await toldTo(page)).toEqual(before);

    const report = await session.restore(page, { environment: true });
    expect(report).toMatchObject({ losses: [], done: ['0 cookies', 'environment'] });
    const { geolocation, ...view } = ENVIRONMENT;
    expect(await toldTo(page)).toEqual({ ...view, number: '1,5' });
    await page.goto(`${B()}/`);
    expect(await toldTo(page)).toEqual({ ...view, number: '1,5' });
    expect((await capturedWhere(page)).environment).toMatchObject({ ...view, geolocation });
    await session.close();
    // The browser forgets the size that Playwright gave the page, too.
    expect(await toldTo(page)).toEqual({ ...(before as object), viewport: expect.anything() });
  });

  test('[PSP-ENV-4] names what another client of the browser holds, and nothing that it holds as wanted', async () => {
    const page = await (await browser.newContext({ timezoneId: 'Asia/Tokyo', locale: 'fr-FR' })).newPage();
    const session = await adapter.loadSession(await stored({ environment: ENVIRONMENT }));
    const { losses } = await session.restore(page, { environment: true });
    expect(losses).toEqual([]);
    await page.goto(`${A()}/`);
    expect(await toldTo(page)).toMatchObject({ timeZone: 'Asia/Tokyo', locale: 'de-DE', number: '1,5' });
  });

  test('[PSP-ENV-4] sends the headers of the session with each request of the page, and names credentials', async () => {
    const seen: unknown[] = [];
    const server = createServer((request, response) => {
      if (request.url === '/page') seen.push([request.headers['x-gate'], request.headers['accept-language']]);
      response.writeHead(200, { 'content-type': 'text/html' }).end('<title>page</title>');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://h.localhost:${(server.address() as AddressInfo).port}/page`;
    const headers = [
      { name: 'X-Gate', value: 'one' },
      { name: 'x-gate', value: 'two' },
    ];
    const http = { headers, credentials: [{ username: 'user', password: 'canary' }] };
    const items = [{ name: 'k', value: 'v' }];
    const tabs = [{ url, active: true, sessionStorage: [{ origin: new URL(url).origin, items }] }];
    const session = await adapter.loadSession(
      await stored({ environment: { locale: 'de-DE', userAgent: 'u' }, http, tabs }),
    );
    const page = await (await browser.newContext()).newPage();
    await page.goto(url);
    const { losses, done } = await session.restore(page, { environment: true });
    expect(done).toContain('http headers');
    expect(losses).toMatchObject([{ code: 'environment-not-restored', item: 'http.credentials' }]);
    expect(JSON.stringify(losses)).not.toContain('canary');
    await page.waitForFunction(() => sessionStorage.getItem('k') === 'v');
    await page.goto(url);
    server.closeAllConnections();
    server.close();
    expect(seen).toEqual([
      [undefined, 'en-US,en;q=0.9'],
      ['one, two', 'de-DE'],
      ['one, two', 'de-DE'],
    ]);
  });
});

describe('launch options', () => {
  test('[PSP-ENV-8] [PSP-ENV-10] bring machine, user and HTTP access to a new context, and go from version to version', async () => {
    const server = createServer(({ headers }, response) => {
      const { authorization = '', 'x-gate': gate } = headers;
      const text = `${Buffer.from(authorization.slice(6), 'base64').toString()} ${gate}`;
      const status = authorization === '' ? 401 : 200;
      response.writeHead(status, { 'www-authenticate': 'Basic realm="r"', 'content-type': 'text/html' }).end(text);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://auth.localhost:${(server.address() as AddressInfo).port}/`;
    const http = {
      credentials: [{ origin: url, username: 'user', password: 'canary' }],
      headers: [{ name: 'X-Gate', value: 'open' }],
    };
    const page = await (await browser.newContext(LAUNCH)).newPage();
    await page.goto(`${A()}/`);
    const session = await adapter.createSession(page, { name: 'launched', http });
    await expect(session.launchOptions('playwright')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await session.capture();
    await (await adapter.loadSession('launched')).restore(page);

    const saved = await adapter.loadSession('launched');
    const { options, missing } = await saved.launchOptions('playwright');
    expect(missing).toEqual([]);
    const target = await (await browser.newContext(options)).newPage();
    expect((await saved.restore(target)).losses).toEqual([]);
    await target.goto(`${A()}/`);
    expect(await toldTo(target)).toEqual(await toldTo(page));
    await target.goto(url);
    expect(await target.textContent('body')).toBe('user:canary open');
    await saved.capture();
    server.closeAllConnections();
    server.close();
    const { document } = (await (await openArchive()).open(saved.getId())).state;
    expect(document.http).toEqual({ ...http, credentials: [{ ...http.credentials[0], origin: new URL(url).origin }] });
  });

  test('[PSP-ENV-5] HTTP access that no request could carry is refused, and not told', async () => {
    const page = await browser.newPage();
    for (const http of [
      { headers: [{ name: 'X-Gate', value: 'canary\r\nX: y' }] },
      { headers: [{ name: 'X Gate', value: 'canary' }] },
      { credentials: [{ username: 'a:canary', password: 'p' }] },
      { credentials: [{ origin: 'app.example', username: 'a', password: 'canary' }] },
      { credentials: { username: 'a', password: 'canary' } as never },
    ]) {
      const failure = adapter.createSession(page, { name: 'refused', http });
      await expect(failure).rejects.toMatchObject({ code: 'INVALID_INPUT', message: expect.stringMatching(/^http\./) });
      await expect(failure).rejects.toThrow(
        expect.objectContaining({ message: expect.not.stringContaining('canary') }),
      );
    }
  });
});
