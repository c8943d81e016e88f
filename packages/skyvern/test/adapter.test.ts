/** What a user of Skyvern sees, against the stand-in: a session moves from one browser session to another, and errors are clear. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { chromium, type Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startSkyvernStandIn } from '../../../matrix/skyvern-stand-in.mjs';
import { startSite, type TestSite } from '../../core/test/support/site.js';
import { SkyvernAdapter, type SkyvernAdapterOptions, type SkyvernBrowserSession } from '../src/index.js';

const apiKey = 'key-canary-1234';
const SEED = `localStorage.setItem('token', 'local'); sessionStorage.setItem('tab', 'session'); document.cookie = 'sid=cookie'`;
const DESCRIBE = `[localStorage.getItem('token'), sessionStorage.getItem('tab'), document.cookie].join(' | ')`;
const SEEDED = 'local | session | sid=cookie';

let site: TestSite;
let folder: string;
let skyvern: Awaited<ReturnType<typeof startSkyvernStandIn>>;

function adapterWith(options: SkyvernAdapterOptions): SkyvernAdapter {
  const own = { storage: `file:${folder}/store`, keyFile: join(folder, 'key'), onNotice: () => undefined };
  return new SkyvernAdapter({ ...own, ...options });
}

function adapter(options: SkyvernAdapterOptions = {}): SkyvernAdapter {
  return adapterWith({ apiKey, baseUrl: skyvern.url, timeoutMs: 10_000, ...options });
}

/** The page of a session's browser, as whoever uses Skyvern reaches it. */
async function pageOf({ address }: { address: string | null }): Promise<Page> {
  const browser = await chromium.connectOverCDP(address ?? '', { headers: { 'x-api-key': apiKey } });
  const page = browser.contexts()[0]?.pages()[0];
  if (page === undefined) throw new Error('The browser has no tab.');
  return page;
}

/** How `createSession` fails. Neither the error nor anything beneath it may hold the key. */
async function failure(session: SkyvernBrowserSession, options: SkyvernAdapterOptions = {}): Promise<unknown> {
  const error = await adapter(options)
    .createSession(session, { name: 'fails' })
    .then(
      () => undefined,
      (reason: unknown) => reason,
    );
  expect(inspect(error, { depth: 10 })).not.toContain('key-canary');
  return error;
}

beforeAll(async () => {
  site = await startSite();
});
afterAll(() => site.close());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'psp-test-'));
  skyvern = await startSkyvernStandIn({ apiKey });
});
afterEach(async () => {
  await skyvern.close();
  await rm(folder, { recursive: true });
});

describe('SkyvernAdapter with the stand-in', () => {
  test('[PSP-RES-1] another browser session has the state, sessionStorage of its tab included', async () => {
    const first = await skyvern.create();
    const page = await pageOf(first);
    await page.goto(`${site.origin('a.localhost')}/`);
    await page.evaluate(SEED);
    const session = await adapter().createSession(first.id, { name: 'login' });
    const report = await session.capture();
    // The browser was in use before PSP came, so it may hold what it does not list.
    expect(report.losses.filter(({ code }) => code !== 'origins-may-be-missing')).toEqual([]);
    expect(report.counts).toMatchObject({ cookies: 1, localStorage: 1, sessionStorage: 1, tabs: 1 });
    await session.close();
    expect(page.context().pages()).toHaveLength(1);
    expect(first.status).toBe('running');

    const second = await skyvern.create();
    const target = await pageOf(second);
    const saved = await adapter().loadSession('login');
    expect(await saved.restore({ browserSessionId: second.id })).toMatchObject({ losses: [], notDone: [] });
    await target.goto(`${site.origin('a.localhost')}/`);
    expect(await target.evaluate(DESCRIBE)).toBe(SEEDED);
    expect(target.context().pages()).toHaveLength(1);
    await saved.close();
  });

  test('waits for a browser that is being started', async () => {
    const session = await skyvern.create();
    session.status = 'created';
    const asks = (): number => skyvern.requests.filter((request) => request.startsWith('GET')).length;
    const opened = adapter().createSession(session.id, { name: 'early' });
    await expect.poll(asks).toBe(1);
    session.status = 'running';
    await (await opened).close();
    expect(asks()).toBeGreaterThan(1);
  });

  test('takes the key and the server from the environment', async () => {
    const { id } = await skyvern.create();
    process.env['SKYVERN_API_KEY'] = apiKey;
    process.env['SKYVERN_BASE_URL'] = `${skyvern.url}/`;
    try {
      await (await adapterWith({}).createSession(id, { name: 'by environment' })).close();
    } finally {
      delete process.env['SKYVERN_API_KEY'];
      delete process.env['SKYVERN_BASE_URL'];
    }
  });

  test('a browser that is not running in time is a TIMEOUT that names the status', async () => {
    const session = await skyvern.create();
    session.status = 'created';
    const message = expect.stringContaining('status created');
    expect(await failure(session.id, { timeoutMs: 2000 })).toMatchObject({ code: 'TIMEOUT', message });
  });

  test('a session that has ended is BROWSER_GONE', async () => {
    const session = await skyvern.create();
    for (const status of ['completed', 'failed', 'timeout'] as const) {
      session.status = status;
      const message = expect.stringContaining(status);
      expect(await failure(session.id)).toMatchObject({ code: 'BROWSER_GONE', message });
    }
  });

  test('a session whose browser dies while it is open is BROWSER_GONE', async () => {
    const { id, browser } = await skyvern.create();
    const session = await adapter().createSession(id, { name: 'dies' });
    await browser.kill();
    await expect(session.capture()).rejects.toMatchObject({ name: 'PspError', code: 'BROWSER_GONE' });
    await session.close();
  });

  test('an unknown session is NOT_FOUND', async () => {
    expect(await failure('pbs_unknown')).toMatchObject({ code: 'NOT_FOUND' });
  });

  test('a wrong key is told, by the API and by the browser', async () => {
    const session = await skyvern.create();
    const refused = { code: 'INVALID_INPUT', message: expect.stringContaining('refused the API key') };
    expect(await failure(session.id, { apiKey: 'key-canary-wrong' })).toMatchObject(refused);
    // The stand-in's API goes on with one key while its browsers want another.
    const other = await startSkyvernStandIn({ apiKey: 'another' });
    try {
      session.address = (await other.create()).address;
      expect(await failure(session.id)).toMatchObject(refused);
    } finally {
      await other.close();
    }
  });

  test('what is no session, key or server is refused before anybody is asked', async () => {
    const wrong = [undefined, null, 7, '', '../browser_profiles', 'a b', {}, { browserSessionId: 7 }];
    for (const session of wrong as SkyvernBrowserSession[]) {
      expect(await failure(session)).toMatchObject({ code: 'INVALID_INPUT' });
    }
    for (const key of ['', 'key-canary\n', 'key-canary é']) {
      expect(await failure('pbs_1', { apiKey: key })).toMatchObject({ code: 'INVALID_INPUT' });
    }
    for (const baseUrl of ['', 'localhost:8000', 'ftp://host', 'http://me:key-canary@host']) {
      expect(await failure('pbs_1', { baseUrl })).toMatchObject({ code: 'INVALID_INPUT' });
    }
    expect(skyvern.requests).toEqual([]);
  });
});
