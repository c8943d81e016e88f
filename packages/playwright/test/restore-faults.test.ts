/** What goes wrong in a browser while it is restored: told by name, with what stands and what does not. */
import { Session, type RestoreReport } from '@psp/core';
import { newSessionId, PspError, type Cookie } from '@psp/protocol';
import type { Page } from 'playwright';
import { describe, expect, test } from 'vitest';
import { openPlaywrightDriver } from '../src/adapter.js';
import { adapter, browser, launch, openArchive, page, site, stored } from './fixture.js';

function cookie(fields: Partial<Cookie>): Cookie {
  const base = { name: 'c', value: 'v', domain: 'a.example', hostOnly: true, path: '/', httpOnly: false, secure: true };
  return { ...base, ...fields };
}

describe('while restoring', () => {
  test('[PSP-TRAP-15] [PSP-TRAP-17] [PSP-RES-3] one bad cookie never costs the others, and each change is told', async () => {
    const farAway = Math.floor(Date.now() / 1000) + 10 * 365 * 86_400;
    const id = await stored({
      cookies: [
        cookie({ name: 'good' }),
        cookie({ name: '__Host-wrong', hostOnly: false }),
        cookie({ name: 'long', value: 'x'.repeat(5000) }),
        cookie({ name: 'none', sameSite: 'none', secure: false }),
        cookie({ name: 'far', expires: farAway }),
        cookie({ name: 'expired', expires: 1 }),
      ],
    });
    const report = await (await adapter.loadSession(id)).restore(page);
    const told = Object.fromEntries(report.losses.map(({ item, code }) => [item?.split(' ')[0], code]));
    expect(told).toEqual({
      '__Host-wrong': 'cookie-refused',
      long: 'cookie-refused',
      none: 'cookie-refused',
      far: 'cookie-altered',
      expired: 'cookie-expired',
    });
    expect((await page.context().cookies()).map(({ name }) => name).toSorted()).toEqual(['far', 'good']);
    expect(JSON.stringify(report)).not.toContain('xxxxx');
  });

  test('[PSP-RES-5] a browser that dies is told with what was and was not done, and the stored session stays', async () => {
    const origins = Array.from({ length: 20 }, (_, index) => {
      return { origin: `https://o${index}.example`, localStorage: [{ name: 'k', value: 'v' }], indexedDB: [] };
    });
    const id = await stored({ cookies: [cookie({})], origins });
    const before = await (await openArchive()).metadata(id);
    let closing: Promise<void> | undefined;
    const restore = (await adapter.loadSession(id)).restore(page, {
      onProgress: ({ step, done }) => {
        if (step === 'origins' && done === 3) closing = browser.close();
      },
    });
    const error = await restore.then(
      () => undefined,
      (reason: unknown) => reason as { code: string; message: string; report: { done: string[]; notDone: string[] } },
    );
    await closing;
    expect(error).toMatchObject({ code: 'RESTORE_INCOMPLETE' });
    expect(error?.report.done[0]).toBe('1 cookies');
    expect([...(error?.report.done ?? []), ...(error?.report.notDone ?? [])]).toHaveLength(21);
    expect(error?.report.notDone).toContain('https://o19.example');
    expect(await (await openArchive()).metadata(id)).toEqual(before);
  });

  test('a database that another page holds open in another shape is named and stays whole; the other state is there', async () => {
    const store = { name: 's', keyPath: null, autoIncrement: false, indexes: [], records: [{ key: 'new', value: 1 }] };
    const database = { name: 'held', version: 2, stores: [store, { ...store, name: 't' }] };
    const origin = site.origin('a.localhost');
    const id = await stored({
      origins: [{ origin, localStorage: [{ name: 'k', value: 'v' }], indexedDB: [database] }],
    });
    const holder = await page.context().newPage();
    await holder.goto(`${origin}/`);
    await holder.evaluate(`new Promise((r) => {
      const open = indexedDB.open('held', 1);
      open.onupgradeneeded = () => open.result.createObjectStore('s').put(0, 'old');
      open.onsuccess = () => { window.held = open.result; r(); };
    })`);
    const report = await (await adapter.loadSession(id)).restore(page, { timeoutMs: 1000 });
    expect(report.losses).toMatchObject([{ code: 'database-blocked', origin, item: 'held' }]);
    await page.goto(`${origin}/`);
    expect(await page.evaluate('localStorage.getItem("k")')).toBe('v');
    const keys = `new Promise((r) => { held.transaction('s').objectStore('s').getAllKeys().onsuccess = (e) => r(e.target.result); })`;
    expect(await holder.evaluate(keys)).toEqual(['old']);
  });

  test('a tab that fails goes back to its address, is named, and works on', async () => {
    const url = `${site.origin('a.localhost')}/`;
    const opaque = { origin: 'https://never.example', items: [{ name: 'k', value: 'v' }] };
    const id = await stored({ tabs: [{ url, active: true, sessionStorage: [opaque] }] });
    await page.goto(url);
    await page.evaluate('sessionStorage.setItem("mine", "1")');
    const session = new Session<Page>(
      {
        archive: await openArchive(),
        openDriver: async () => {
          const driver = await openPlaywrightDriver(page, 10_000);
          driver.evaluate = async () => Promise.reject(new PspError('TIMEOUT', 'the page does not answer'));
          return driver;
        },
      },
      { metadata: { id, name: '', tags: [] } },
    );
    const error = await session.restore(page).then(
      () => undefined,
      (reason: unknown) => reason as { report: RestoreReport },
    );
    expect(error?.report.losses).toMatchObject([{ code: 'tab-failed', kind: 'tab', item: url }]);
    await session.close();
    await page.waitForURL(url);
    expect(await page.evaluate('sessionStorage.getItem("mine")')).toBe('1');
    await page.goto(`${site.origin('b.localhost')}/`);
    expect(await page.title()).toBe('a page');
  });

  test('[PSP-TRAP-31] [PSP-RES-5] what a restore left unfinished is captured by nobody until a restore has succeeded', async () => {
    const id = await stored({ tabs: [], origins: [{ origin: 'https://a.example', localStorage: [], indexedDB: [] }] });
    const session = await adapter.loadSession(id);
    await browser.close();
    await expect(session.restore(page)).rejects.toMatchObject({ code: 'BROWSER_GONE' });
    // Nothing had begun, and there is no page.
    await expect(session.capture()).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('no page yet'),
    });
    const second = await launch();
    const context = await second.newContext();
    const failing = session.restore(await context.newPage(), {
      onProgress: ({ step }) => {
        if (step === 'cookies') void context.close();
      },
    });
    await expect(failing).rejects.toMatchObject({ code: 'RESTORE_INCOMPLETE' });
    await expect(session.capture()).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('did not finish'),
    });
    await session.restore(await second.newPage());
    expect((await session.capture()).version).toBe(2);
    await second.close();
  });

  test('a wrong id, a deleted session and an ambiguous name are refused before the browser is touched', async () => {
    const id = await stored({});
    await expect(adapter.loadSession(newSessionId())).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(adapter.loadSession('../../etc/passwd')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await stored({});
    await expect(adapter.loadSession('made by hand')).rejects.toMatchObject({ code: 'AMBIGUOUS' });
    const session = await adapter.loadSession(id);
    await (await openArchive()).remove(id);
    await expect(session.restore(page)).rejects.toMatchObject({ code: 'DELETED' });
    await expect(adapter.loadSession(id)).rejects.toMatchObject({ code: 'DELETED' });
  });
});
