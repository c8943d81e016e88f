/** What goes wrong in a browser while it is captured: one clear error or a named loss, in time, with nothing half written. */
import { readdir } from 'node:fs/promises';
import { captureState, type BrowserDriver } from '@psp/core';
import { newSessionId, type Loss } from '@psp/protocol';
import type { Page } from 'playwright';
import { describe, expect, test } from 'vitest';
import { openPlaywrightDriver } from '../src/adapter.js';
import { adapter, browser, folder, openArchive, page, site } from './fixture.js';

const PAST = new Set(['origins-may-be-missing', 'session-storage-may-be-missing']);

/** All but that nobody knows where a tab has been before the session began: these tests begin with pages that are open. */
function besidesPast(losses: readonly Loss[]): Loss[] {
  return losses.filter(({ code }) => !PAST.has(code));
}

/** The driver of the page, which does something of the test's own right after it has listed the frames of a tab. */
async function driverThat(afterFrames: (url: string) => Promise<unknown>): Promise<BrowserDriver> {
  const driver = await openPlaywrightDriver(page, 10_000);
  const frames = driver.frames.bind(driver);
  driver.frames = async (tab, options) => {
    const found = await frames(tab, options);
    await afterFrames(tab.url);
    return found;
  };
  return driver;
}

/** Crashes the tab for real, over a connection of the test's own. */
async function crash(targetId: string): Promise<void> {
  const session = await browser.newBrowserCDPSession();
  const { sessionId } = await session.send('Target.attachToTarget', { targetId, flatten: false });
  const crashed = new Promise<void>((resolve) => session.on('Target.targetCrashed', () => resolve()));
  await session.send('Target.setDiscoverTargets', { discover: true });
  const message = JSON.stringify({ id: 1, method: 'Page.crash', params: {} });
  await session.send('Target.sendMessageToTarget', { sessionId, message });
  await crashed;
}

describe('while capturing', () => {
  test('[PSP-CAP-4] a browser that dies gives BROWSER_GONE and stores nothing', async () => {
    await page.goto(`${site.origin('a.localhost')}/`);
    await page.evaluate('localStorage.setItem("k", "v")');
    const origins = Array.from({ length: 20 }, (_, index) => `https://o${index}.example`);
    const session = await adapter.createSession(page, { name: 'dies', origins });
    let closing: Promise<void> | undefined;
    const capture = session.capture({
      onProgress: ({ step, done }) => {
        if (step === 'origins' && done === 3) closing = browser.close();
      },
    });
    await expect(capture).rejects.toMatchObject({ code: 'BROWSER_GONE' });
    await closing;
    expect((await (await openArchive()).list()).items).toEqual([]);
    expect((await readdir(folder, { recursive: true })).filter((name) => name.includes(session.getId()))).toEqual([]);
  });

  test('[PSP-CAP-4] a page with an open dialog loses its sessionStorage by name, and nothing else', async () => {
    await page.goto(`${site.origin('a.localhost')}/`);
    await page.evaluate('localStorage.setItem("k", "v"); sessionStorage.setItem("s", "v")');
    const dialog = page.waitForEvent('dialog');
    await page.evaluate('setTimeout(() => alert("hello"))');
    const session = await adapter.createSession(page, { name: 'dialog' });
    const opened = await dialog;
    const report = await session.capture({ timeoutMs: 1000 });
    expect(report.counts).toMatchObject({ localStorage: 1, tabs: 1, sessionStorage: 0 });
    expect(besidesPast(report.losses)).toMatchObject([
      { code: 'tab-blocked', kind: 'tab', item: `${site.origin('a.localhost')}/` },
    ]);
    expect(report.losses[0]?.advice).toContain('dialog');
    await opened.dismiss();
    const again = await session.capture();
    expect(again.counts).toMatchObject({ localStorage: 1, sessionStorage: 1 });
    expect(besidesPast(again.losses)).toEqual([]);
  });

  test('a page whose script runs on is named, and its origin is read in another way', async () => {
    await page.goto(`${site.origin('a.localhost')}/`);
    await page.evaluate('localStorage.setItem("k", "v"); setTimeout(() => { for (;;); })');
    const session = await adapter.createSession(page, { name: 'busy' });
    const report = await session.capture({ timeoutMs: 1000 });
    expect(besidesPast(report.losses)).toMatchObject([{ code: 'tab-blocked' }]);
    expect(report.counts).toMatchObject({ localStorage: 1 });
  });

  test('a crashed tab is named, and its origin is read in another way', async () => {
    await page.goto(`${site.origin('a.localhost')}/`);
    await page.evaluate('localStorage.setItem("k", "v")');
    const session = await adapter.createSession(page, { name: 'crashed' });
    const crash = page.waitForEvent('crash');
    page.goto('chrome://crash').catch(() => undefined);
    await crash;
    const report = await session.capture({ timeoutMs: 2000 });
    expect(besidesPast(report.losses)).toMatchObject([{ code: 'tab-crashed', kind: 'tab' }]);
    expect(report.counts).toMatchObject({ localStorage: 1 });
  });

  test('an origin whose database is held back by another page is named; the others are there', async () => {
    await page.goto(`${site.origin('held.localhost')}/`);
    await page.evaluate(`(async () => {
      const open = (version) => indexedDB.open('held', version);
      window.held = await new Promise((r) => { open(1).onsuccess = (event) => r(event.target.result); });
      open(2).onblocked = () => (window.blocked = true);
    })()`);
    await page.waitForFunction('window.blocked');
    const other = await page.context().newPage();
    await other.goto(`${site.origin('free.localhost')}/`);
    await other.evaluate('localStorage.setItem("k", "v")');
    const session = await adapter.createSession(other, { name: 'held' });
    const report = await session.capture({ timeoutMs: 1000 });
    expect(besidesPast(report.losses)).toMatchObject([
      { code: 'database-blocked', origin: site.origin('held.localhost'), item: 'held' },
    ]);
    expect(report.counts).toMatchObject({ localStorage: 1 });
  });

  test('a tab that closes and a frame that goes while they are read are no losses', async () => {
    const url = `${site.origin('a.localhost')}/frames`;
    await page.goto(url);
    await page.evaluate('sessionStorage.setItem("k", "v")');
    const other = await page.context().newPage();
    await other.goto(`${site.origin('b.localhost')}/`);
    await other.evaluate('localStorage.setItem("k", "v")');
    const driver = await driverThat((of) =>
      of === url ? page.evaluate('document.querySelectorAll("iframe").forEach((one) => one.remove())') : other.close(),
    );
    const { document } = await captureState(driver, { id: newSessionId(), name: 'closing' });
    await driver.close();
    expect(besidesPast(document.losses)).toEqual([]);
    expect(document.tabs).toMatchObject([{ url, sessionStorage: [{ origin: site.origin('a.localhost') }] }]);
    const state = { origin: site.origin('b.localhost'), localStorage: [{ name: 'k', value: 'v' }], indexedDB: [] };
    expect(document.origins).toContainEqual(expect.objectContaining(state));
  });

  test('a page that goes elsewhere while it is read is captured where it went', async () => {
    await page.goto(`${site.origin('a.localhost')}/`);
    await page.evaluate('localStorage.setItem("k", "of a"); sessionStorage.setItem("k", "of a")');
    const next = `${site.origin('b.localhost')}/next`;
    let moved = false;
    const driver = await driverThat(async () => {
      if (moved) return;
      moved = true;
      await page.goto(next);
      await page.evaluate('localStorage.setItem("k", "of b"); sessionStorage.setItem("k", "of b")');
    });
    const { document } = await captureState(driver, { id: newSessionId(), name: 'moving' });
    await driver.close();
    expect(besidesPast(document.losses)).toEqual([]);
    const of = (host: string) => ({
      origin: site.origin(`${host}.localhost`),
      items: [{ name: 'k', value: `of ${host}` }],
    });
    expect(document.tabs).toMatchObject([{ url: next, sessionStorage: [of('b'), of('a')] }]);
    expect(document.origins.map(({ origin, localStorage }) => ({ origin, items: localStorage }))).toEqual([
      of('a'),
      of('b'),
    ]);
  });

  test('a helper tab that crashes costs no origin', async () => {
    const hosts = Array.from({ length: 6 }, (_, index) => `h${index}.localhost`);
    for (const host of hosts) {
      await page.goto(`${site.origin(host)}/`);
      await page.evaluate('localStorage.setItem("k", "v")');
    }
    await page.goto('about:blank');
    const driver = await openPlaywrightDriver(page, 10_000);
    const visit = driver.visitBlank.bind(driver);
    let visits = 0;
    driver.visitBlank = async (tab, origin, options) => {
      const frame = await visit(tab, origin, options);
      visits += 1;
      if (visits === 3) await crash(tab.id);
      return frame;
    };
    const origins = hosts.map((host) => site.origin(host));
    const { document } = await captureState(driver, { id: newSessionId(), name: 'crashing', origins });
    await driver.close();
    expect(besidesPast(document.losses)).toEqual([]);
    expect(document.origins.map(({ localStorage }) => localStorage.length)).toEqual(hosts.map(() => 1));
  });

  test('a closed page is refused at once', async () => {
    await page.close();
    await expect(adapter.createSession(page, { name: 'closed' })).rejects.toMatchObject({ code: 'BROWSER_GONE' });
    await expect(adapter.createSession({} as Page, { name: 'not a page' })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });
  });
});
