/** Capture in one browser process, restore in another: what a user of the adapter sees. */
import { join } from 'node:path';
import { findChromium, launchFlags } from '@psp/core';
import { chromium, type Browser, type Page } from 'playwright';
import { afterEach, describe, expect, test } from 'vitest';
import { startSite } from '../../core/test/support/site.js';
import { PlaywrightAdapter } from '../src/index.js';
import { adapter, browser, folder, launch, site } from './fixture.js';
import { described, seed } from './seed.js';

const others: Browser[] = [];
afterEach(async () => {
  for (const other of others.splice(0)) await other.close();
});

/** Both must end in the same. */
const SPEEDS = ['eager', 'lazy'] as const;

/** A browser process besides the one that every test has. */
async function launchOther(): Promise<Browser> {
  const other = await launch();
  others.push(other);
  return other;
}

describe('capture and restore', () => {
  test.each(SPEEDS)('[PSP-RES-1] [PSP-TAB-5] another browser process has every kind of state: %s', async (speed) => {
    const page = await browser.newPage();
    const session = await adapter.createSession(page, { name: 'everything' });
    const a = await seed(page, site.origin('a.localhost'));
    const b = await seed(page, site.origin('b.localhost'));
    await page
      .context()
      .addCookies([
        { name: 'sid', value: 'secret', domain: 'b.localhost', path: '/', httpOnly: true, sameSite: 'Strict' },
      ]);
    const report = await session.capture();
    expect(report.losses).toEqual([]);
    expect(report.counts).toMatchObject({ cookies: 1, origins: 2, databases: 2, records: 10, tabs: 1 });
    await browser.close();

    const second = await launchOther();
    const newPage = await second.newPage();
    const saved = await new PlaywrightAdapter({
      storage: `file:${folder}/store`,
      keyFile: join(folder, 'key'),
    }).loadSession(session.getId());
    const restored = await saved.restore(newPage, { speed });
    expect(restored).toMatchObject({ losses: [], notDone: [] });
    expect(newPage.url()).toBe('about:blank');
    expect(await described(newPage, site.origin('b.localhost'))).toEqual(b);
    expect(await newPage.context().cookies()).toMatchObject([
      { name: 'sid', value: 'secret', httpOnly: true, sameSite: 'Strict' },
    ]);
    // The tab had left this origin when the session was captured: what was seen of its sessionStorage comes back too (PSP-TAB-5).
    expect(await described(newPage, site.origin('a.localhost'))).toEqual(a);
  });

  test('[PSP-TRAP-13] [PSP-STO-1] hosts of one name on two ports have storage of their own', async () => {
    const neighbour = await startSite();
    try {
      const page = await browser.newPage();
      const session = await adapter.createSession(page, { name: 'ports' });
      for (const at of [site, neighbour]) {
        await page.goto(`${at.origin('a.localhost')}/`);
        await page.evaluate('localStorage.setItem("origin", origin)');
      }
      expect((await session.capture()).counts.origins).toBe(2);
      const newPage = await (await browser.newContext()).newPage();
      await (await adapter.loadSession('ports')).restore(newPage);
      for (const at of [site, neighbour]) {
        await newPage.goto(`${at.origin('a.localhost')}/`);
        expect(await newPage.evaluate('localStorage.getItem("origin")')).toBe(at.origin('a.localhost'));
      }
    } finally {
      await neighbour.close();
    }
  });

  test('[PSP-TRAP-14] [PSP-CAP-2] finds origins of closed tabs and frames, of cookies and of the caller, without asking their servers', async () => {
    const context = await browser.newContext();
    const popup = await context.newPage();
    await popup.goto(`${site.origin('before.localhost')}/`);
    await popup.evaluate('localStorage.setItem("k", "v")');
    await popup.close();
    const page = await context.newPage();
    const session = await adapter.createSession(page, {
      name: 'found',
      origins: [`${site.origin('before.localhost')}/x`],
    });
    const closed = await context.newPage();
    await closed.goto(`${site.origin('closed.localhost')}/`);
    await closed.evaluate('localStorage.setItem("k", "v")');
    await closed.close();
    await page.goto(`${site.origin('history.localhost')}/`);
    await page.evaluate('localStorage.setItem("k", "v"); document.cookie = "c=1"');
    await page.goto(`${site.origin('open.localhost')}/`);
    await page.evaluate('localStorage.setItem("k", "v")');
    const requests = site.requests.length;
    const report = await session.capture();
    expect(report.counts.origins).toBe(4);
    expect(site.requests.length).toBe(requests);
  });

  test.each(SPEEDS)(
    '[PSP-TRAP-11] [PSP-CAP-3] captures the sessionStorage of every open tab; [PSP-RES-4] opens them when asked: %s',
    async (speed) => {
      const context = await browser.newContext();
      const page = await context.newPage();
      const other = await context.newPage();
      await page.goto(`${site.origin('a.localhost')}/one`);
      await other.goto(`${site.origin('a.localhost')}/two`);
      await page.evaluate('sessionStorage.setItem("tab", "one")');
      await other.evaluate('sessionStorage.setItem("tab", "two")');
      const session = await adapter.createSession(page, { name: 'tabs' });
      expect((await session.capture()).counts).toMatchObject({ tabs: 2, sessionStorage: 2 });

      const target = await browser.newContext();
      const newPage = await target.newPage();
      const saved = await adapter.loadSession('tabs');
      expect((await saved.restore(newPage, { speed })).losses).toMatchObject([
        { code: 'tab-not-restored', kind: 'tab' },
      ]);
      expect(target.pages()).toHaveLength(1);
      await saved.restore(newPage, { tabs: 'all', speed });
      await newPage.goto(`${site.origin('a.localhost')}/one`);
      expect(await newPage.evaluate('sessionStorage.getItem("tab")')).toBe('one');
      const opened = target.pages().find((candidate) => candidate !== newPage);
      await opened?.waitForURL(`${site.origin('a.localhost')}/two`);
      expect(await opened?.evaluate('sessionStorage.getItem("tab")')).toBe('two');
    },
  );

  test.each(SPEEDS)('[PSP-RES-2] replaces what the session is about and leaves the rest: %s', async (speed) => {
    const page = await browser.newPage();
    const state = await seed(page, site.origin('a.localhost'));
    await page.context().addCookies([{ name: 'sid', value: 'right', domain: 'a.localhost', path: '/' }]);
    const session = await adapter.createSession(page, { name: 'replaced' });
    await session.capture();

    const target = await browser.newPage();
    await target.goto(`${site.origin('elsewhere.localhost')}/`);
    await target.evaluate('localStorage.setItem("kept", "1"); document.cookie = "kept=1"');
    await target.goto(`${site.origin('a.localhost')}/`);
    await target.evaluate(`(async () => {
      localStorage.setItem('stale', '1'); sessionStorage.setItem('stale', '1');
      document.cookie = 'stale=1'; document.cookie = 'sid=wrong';
      await new Promise((r) => { indexedDB.open('stale').onsuccess = (e) => { e.target.result.close(); r(); }; });
    })()`);
    await (await adapter.loadSession(session.getId())).restore(target, { speed });
    expect(await described(target, site.origin('a.localhost'))).toEqual(state);
    expect(await target.evaluate('document.cookie')).toBe('sid=right');
    expect(await target.evaluate('indexedDB.databases().then((all) => all.map(({ name }) => name))')).toEqual(['app']);
    await target.goto(`${site.origin('elsewhere.localhost')}/`);
    expect(await target.evaluate('localStorage.getItem("kept") + document.cookie')).toBe('1kept=1');
  });

  test.each(SPEEDS)(
    '[PSP-TRAP-11] [PSP-RES-2] an origin that held nothing holds nothing afterwards: no other login stays there: %s',
    async (speed) => {
      const page = await browser.newPage();
      const origin = site.origin('app.localhost');
      await page.goto(`${origin}/`);
      await page.context().addCookies([{ name: 'sid', value: 'alice', domain: 'app.localhost', path: '/' }]);
      const session = await adapter.createSession(page, { name: 'cookies only' });
      expect((await session.capture()).counts).toMatchObject({ cookies: 1, origins: 1, localStorage: 0 });

      const target = await browser.newPage();
      await target.goto(`${origin}/`);
      await target.evaluate(`new Promise((r) => {
      localStorage.setItem('token', 'bob');
      indexedDB.open('bob').onsuccess = (e) => { e.target.result.close(); r(); };
    })`);
      await (await adapter.loadSession(session.getId())).restore(target, { speed });
      await target.goto(`${origin}/`);
      expect(await target.evaluate('document.cookie')).toBe('sid=alice');
      expect(await target.evaluate('localStorage.length')).toBe(0);
      expect(await target.evaluate('indexedDB.databases()')).toEqual([]);
    },
  );

  test.each(SPEEDS)('[PSP-RES-2] the user’s tab on another site is left alone, history included: %s', async (speed) => {
    const page = await browser.newPage();
    await page.goto(`${site.origin('a.localhost')}/`);
    const session = await adapter.createSession(page, { name: 'nothing for the tab' });
    await session.capture();
    const target = await browser.newPage();
    await target.goto(`${site.origin('elsewhere.localhost')}/one`);
    await target.goto(`${site.origin('elsewhere.localhost')}/two`);
    await target.evaluate('window.typed = "half a sentence"');
    await session.restore(target, { speed });
    expect(await target.evaluate('window.typed')).toBe('half a sentence');
    await target.goBack();
    expect(target.url()).toBe(`${site.origin('elsewhere.localhost')}/one`);
  });

  test('[PSP-RES-4] tabs without sessionStorage are opened at their address too', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${site.origin('a.localhost')}/one`);
    await (await context.newPage()).goto(`${site.origin('a.localhost')}/two`);
    const session = await adapter.createSession(page, { name: 'plain tabs' });
    await session.capture();
    const target = await browser.newContext();
    const newPage = await target.newPage();
    await session.restore(newPage, { tabs: 'all' });
    const opened = target.pages().find((candidate) => candidate !== newPage);
    await opened?.waitForURL(`${site.origin('a.localhost')}/two`);
    expect(target.pages()).toHaveLength(2);
  });

  test('[PSP-TRAP-23] works in a persistent context and over CDP', async () => {
    const profile = join(folder, 'profile');
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: (await findChromium()) ?? '',
      args: [...launchFlags(), '--remote-debugging-port=0'],
    });
    const page = context.pages()[0] as Page;
    const state = await seed(page, site.origin('a.localhost'));
    const session = await adapter.createSession(page, { name: 'persistent' });
    // Nobody can say where a profile has been before.
    expect((await session.capture()).losses.map(({ code }) => code)).toEqual(['origins-may-be-missing']);
    await context.close();
    const target = await browser.newPage();
    await (await adapter.loadSession('persistent')).restore(target);
    expect(await described(target, site.origin('a.localhost'))).toEqual(state);
  });

  test('[PSP-TRAP-28] [PSP-CAP-1] leaves no helper tab, and none of its listeners, behind', async () => {
    // Of its own: sessions that other tests did not close may have left tabs in the shared one.
    const quiet = await launchOther();
    const page = await quiet.newPage();
    await seed(page, site.origin('a.localhost'));
    const events: string[] = [];
    for (const name of ['page', 'request', 'response', 'serviceworker'] as const)
      page.context().on(name as 'page', () => events.push(name));
    page.on('framenavigated', () => events.push('framenavigated'));
    const session = await adapter.createSession(page, { name: 'quiet', origins: ['https://elsewhere.example'] });
    await session.capture();
    await session.close();
    expect(events).toEqual([]);
    const browserSession = await quiet.newBrowserCDPSession();
    const left = async (): Promise<string[]> => {
      const { targetInfos } = await browserSession.send('Target.getTargets');
      const kept = targetInfos.filter(({ type }) => type === 'page' || type === 'other');
      return kept.map(({ url }) => url).toSorted();
    };
    const shown = quiet.contexts().flatMap((context) => context.pages().map((each) => each.url()));
    // The browser answers that it closes a tab before the tab is gone.
    await expect.poll(left).toEqual(shown.toSorted());
  });
});
