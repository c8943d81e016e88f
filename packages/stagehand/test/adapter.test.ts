/** What a user of Stagehand 3 sees: a session moves from one instance to another, and nothing of ours stays. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Stagehand } from '@browserbasehq/stagehand';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startChromium } from '../../core/test/support/raw-chromium.js';
import { startSite, type TestSite } from '../../core/test/support/site.js';
import { StagehandAdapter, type StagehandInstance } from '../src/index.js';
import { activePage, startStagehand } from './stagehand.js';
import { DESCRIBE, EMPTY, ownLosses, SEED, SEEDED } from './state.js';

let site: TestSite;
let folder: string;
let adapter: StagehandAdapter;
const instances: Stagehand[] = [];

async function start(options: { cdpUrl?: string } = {}): Promise<Stagehand> {
  const stagehand = await startStagehand(options);
  instances.push(stagehand);
  return stagehand;
}

beforeAll(async () => {
  site = await startSite();
});
afterAll(() => site.close());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'psp-test-'));
  adapter = new StagehandAdapter({
    storage: `file:${folder}/store`,
    keyFile: join(folder, 'key'),
    onNotice: () => undefined,
  });
});
afterEach(async () => {
  for (const stagehand of instances.splice(0)) await stagehand.close();
  await rm(folder, { recursive: true });
});

async function seeded(stagehand: Stagehand): Promise<void> {
  const page = activePage(stagehand);
  await page.goto(`${site.origin('a.localhost')}/`);
  await page.evaluate(SEED);
  expect(await page.evaluate(DESCRIBE)).toBe(SEEDED);
}

async function described(stagehand: Stagehand): Promise<unknown> {
  const page = activePage(stagehand);
  await page.goto(`${site.origin('a.localhost')}/`);
  return page.evaluate(DESCRIBE);
}

/** Every target of the browser that could be a tab, hidden ones too. */
async function targets(stagehand: Stagehand): Promise<string[]> {
  const { targetInfos } = await stagehand.context.conn.send<{ targetInfos: { type: string; url: string }[] }>(
    'Target.getTargets',
  );
  return targetInfos.filter(({ type }) => type === 'page' || type === 'other').map(({ url }) => url);
}

describe('StagehandAdapter with Stagehand 3', () => {
  test('[PSP-RES-1] another instance has every kind of state', async () => {
    const first = await start();
    const session = await adapter.createSession(first, { name: 'login' });
    await seeded(first);
    const report = await session.capture();
    expect(ownLosses(report.losses)).toEqual([]);
    expect(report.counts).toMatchObject({ cookies: 1, localStorage: 1, sessionStorage: 1, records: 1, tabs: 1 });
    await session.close();
    await first.close();

    const second = await start();
    expect(await described(second)).toBe(EMPTY);
    const restored = await (await adapter.loadSession('login')).restore(second);
    expect(restored).toMatchObject({ losses: [], notDone: [] });
    expect(await described(second)).toBe(SEEDED);
  });

  test('[PSP-RES-4] the tab on which Stagehand acts is the active one', async () => {
    const stagehand = await start();
    await activePage(stagehand).goto(`${site.origin('b.localhost')}/`);
    const acting = await stagehand.context.newPage(`${site.origin('a.localhost')}/`);
    expect(activePage(stagehand)).toBe(acting);
    await seeded(stagehand);
    await (await adapter.createSession(stagehand, { name: 'two tabs' })).capture();

    const target = await start();
    await target.context.newPage('about:blank');
    const { losses } = await (await adapter.loadSession('two tabs')).restore(target);
    expect(losses).toEqual([]);
    expect(await described(target)).toBe(SEEDED);
    expect(target.context.pages()).toHaveLength(2);
  });

  test('[PSP-CAP-1] leaves no tab behind, and Stagehand never saw one', async () => {
    const stagehand = await start();
    await seeded(stagehand);
    const before = await targets(stagehand);
    const created: string[] = [];
    const { conn } = stagehand.context;
    conn.on('Target.targetCreated', ({ targetInfo }: { targetInfo: { type: string; url: string } }) => {
      if (targetInfo.type === 'page') created.push(targetInfo.url);
    });
    const session = await adapter.createSession(stagehand, { name: 'quiet', origins: ['https://elsewhere.example'] });
    const report = await session.capture();
    expect(report.counts.localStorage).toBe(1);
    await session.close();
    expect(created).toEqual([]);
    expect(await targets(stagehand)).toEqual(before);
    expect(stagehand.context.pages()).toHaveLength(1);
    expect(await activePage(stagehand).evaluate(DESCRIBE)).toBe(SEEDED);
  });

  test('an instance that is not open, or not any more, is BROWSER_GONE', async () => {
    const stagehand = await start();
    const session = await adapter.createSession(stagehand, { name: 'closing' });
    await seeded(stagehand);
    await session.capture();
    await stagehand.close();
    await expect(session.capture()).rejects.toMatchObject({ name: 'PspError', code: 'BROWSER_GONE' });
    const gone = { name: 'PspError', code: 'BROWSER_GONE', message: expect.stringContaining('init()') };
    await expect(adapter.createSession(stagehand, { name: 'closed' })).rejects.toMatchObject(gone);
    await expect((await adapter.loadSession('closing')).restore(stagehand)).rejects.toMatchObject(gone);
  });

  test('the user closes Stagehand while a session is open, and it ends', async () => {
    const stagehand = await start();
    const session = await adapter.createSession(stagehand, { name: 'open' });
    await stagehand.close();
    expect(() => stagehand.connectURL()).toThrow(/init/);
    await session.close();
  });

  test('a browser that Stagehand only connected to goes on after both', async () => {
    const browser = await startChromium();
    try {
      const { webSocketDebuggerUrl: cdpUrl } = (await (await fetch(`${browser.address}/json/version`)).json()) as {
        webSocketDebuggerUrl: string;
      };
      const stagehand = await start({ cdpUrl });
      await seeded(stagehand);
      const session = await adapter.createSession(stagehand, { name: 'connected' });
      expect(ownLosses((await session.capture()).losses)).toEqual([]);
      await session.close();
      await stagehand.close();
      const pages = (await (await fetch(`${browser.address}/json/list`)).json()) as { type: string; url: string }[];
      const tabs = pages.filter(({ type }) => type === 'page');
      expect(tabs.map(({ url }) => url)).toEqual([`${site.origin('a.localhost')}/`]);
    } finally {
      await browser.kill();
    }
  });

  test('what is no Stagehand instance is refused by name', async () => {
    const wrong = [undefined, null, {}, 'ws://127.0.0.1:9222', { browser: null }, { context: () => undefined }];
    for (const object of wrong as unknown[]) {
      await expect(adapter.createSession(object as StagehandInstance, { name: 'wrong' })).rejects.toMatchObject({
        code: 'INVALID_INPUT',
        message: expect.stringContaining('Stagehand instance'),
      });
    }
  });
});
