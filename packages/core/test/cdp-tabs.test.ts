/** What tabs of a real Chromium remember: their history, and sessionStorage of origins that they have left. */
import { fromWireString } from '@psp/protocol';
import type { Page } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { BrowserDriver } from '../src/browser/driver.js';
import type { TabHistory } from '../src/browser/tab-memory.js';
import { startSite, type TestSite } from './support/site.js';
import { primaryOf, startUserTabs, type UserTabs } from './support/user-tabs.js';

const OPTIONS = { timeoutMs: 10_000 };

let site: TestSite;
let user: UserTabs;
let a: string;
let b: string;

beforeAll(async () => {
  [site, user] = await Promise.all([startSite(), startUserTabs()]);
  [a, b] = [site.origin('a.localhost'), site.origin('b.localhost')];
});
afterEach(() => user.clear());
afterAll(async () => {
  await user.close();
  await site.close();
});

/** Addresses that the site is asked for while `work` is done. */
async function asked(work: () => Promise<unknown>): Promise<string[]> {
  const before = site.requests.length;
  await work();
  return site.requests.slice(before).map((request) => request.replace('GET ', ''));
}

const historyOf = (index: number, ...urls: string[]): TabHistory => {
  return { entries: urls.map((url, at) => ({ url, title: `<entry> & ${at}` })), index };
};

/** What stands in the page. A page that goes elsewhere meanwhile is asked again by whoever polls. */
const shown = (page: Page, more = 'history.length'): Promise<unknown> =>
  page.evaluate(`\`\${location.href} \${document.title} \${${more}}\``).catch(() => undefined);

async function entriesOf(driver: BrowserDriver): Promise<TabHistory> {
  return driver.tabMemory.entries(await primaryOf(driver), OPTIONS);
}

describe('the history of a tab', () => {
  async function restored(history: TabHistory): Promise<{ page: Page; driver: BrowserDriver }> {
    const page = await user.open();
    const driver = await user.join(page);
    await driver.tabMemory.restoreEntries(await primaryOf(driver), history, OPTIONS);
    return { page, driver };
  }

  test('[PSP-TAB-3] four entries of two origins, in their middle: one page is asked for, back and forward load the others', async () => {
    const page = await user.open();
    // What the cache holds is not to be shown: it may be the page of another login.
    await page.goto(`${b}/two`);
    const driver = await user.join(page);
    const history = historyOf(1, `${a}/one`, `${b}/two`, `${a}/three#part`, `${a}/four?q=1`);
    const requests = await asked(async () =>
      driver.tabMemory.restoreEntries(await primaryOf(driver), history, OPTIONS),
    );
    expect(requests).toEqual([`${b}/two`]);
    expect((await entriesOf(driver)).index).toBe(1);
    expect((await entriesOf(driver)).entries.map(({ url }) => url)).toEqual(history.entries.map(({ url }) => url));
    expect((await entriesOf(driver)).entries[3]?.title).toBe('<entry> & 3');
    await expect.poll(() => shown(page)).toBe(`${b}/two a page 4`);
    expect(await asked(() => page.goBack())).toEqual([`${a}/one`]);
    // A page that the browser kept comes back without a load.
    await page.goForward({ waitUntil: 'commit' });
    expect(await asked(() => page.goForward())).toEqual([`${a}/three`]);
    expect(await asked(() => page.goForward())).toEqual([`${a}/four?q=1`]);
    await expect.poll(() => shown(page)).toBe(`${a}/four?q=1 a page 4`);
  });

  test('[PSP-TAB-3] one entry, the last one, and neighbours with the same address', async () => {
    const one = await restored(historyOf(0, `${a}/one#x`));
    await expect.poll(() => shown(one.page)).toBe(`${a}/one#x a page 1`);
    expect(await entriesOf(one.driver)).toMatchObject({ entries: [{ url: `${a}/one#x` }], index: 0 });
    const kind = 'performance.getEntriesByType("navigation")[0].type';
    const last = await restored(historyOf(1, `${a}/one`, `${b}/two`));
    await expect.poll(() => shown(last.page, kind)).toBe(`${b}/two a page navigate`);
    const urls = [`${a}/same`, `${a}/same`, `${a}/same#x`, `${a}/same#y`];
    const same = await restored(historyOf(3, ...urls));
    expect((await entriesOf(same.driver)).entries.map(({ url }) => url)).toEqual(urls);
    await expect.poll(() => shown(same.page)).toBe(`${a}/same#y a page 4`);
    await same.page.goBack();
    await expect.poll(() => shown(same.page)).toBe(`${a}/same#x a page 4`);
  });

  test('an entry that gives no document is said, and the tab does not stay on a page of ours', async () => {
    site.serve('/none', '', {}, 204);
    const page = await user.open();
    const driver = await user.join(page);
    const tab = await primaryOf(driver);
    const history = historyOf(1, `${a}/one`, `${a}/none`);
    await expect(driver.tabMemory.restoreEntries(tab, history, OPTIONS)).rejects.toMatchObject({
      code: 'BROWSER_UNREACHABLE',
    });
    await driver.abandon(tab, 'about:blank');
    await expect.poll(() => shown(page)).toMatch(/^about:blank /);
  });
});

describe('sessionStorage that a tab has left', () => {
  async function seenOf(driver: BrowserDriver): Promise<Record<string, Record<string, string>>> {
    const areas = driver.tabMemory.seenSessionStorage(await primaryOf(driver));
    return Object.fromEntries(
      areas.map(({ origin, items }) => [
        new URL(origin).hostname,
        Object.fromEntries(items.map(({ name, value }) => [fromWireString(name), fromWireString(value)])),
      ]),
    );
  }

  test('[PSP-TAB-5] is known in its last state, any string included', async () => {
    const page = await user.open();
    const driver = await user.join(page);
    await page.goto(`${a}/`);
    await page.evaluate(`sessionStorage.setItem('gone', '1'); sessionStorage.clear(); sessionStorage.setItem('k', 'old');
      sessionStorage.setItem('k', 'new'); sessionStorage.setItem('half \\ud800', '\\udc00'); sessionStorage.setItem('length', '');
      sessionStorage.setItem('removed', '1'); sessionStorage.removeItem('removed'); localStorage.setItem('local', '1')`);
    await page.goto(`${b}/`);
    await expect
      .poll(() => seenOf(driver))
      .toEqual({ 'a.localhost': { k: 'new', 'half \ud800': '\udc00', length: '' }, 'b.localhost': {} });
  });

  test('[PSP-TAB-5] of frames below counts where it is first-party, and each tab has its own', async () => {
    const page = await user.open();
    const driver = await user.join(page);
    await page.goto(`${site.origin('a.localhost')}/frames`);
    for (const frame of page.frames().filter((one) => one.url().startsWith('http')))
      await frame.evaluate('sessionStorage.setItem("at", location.hostname)');
    const other = await page.context().newPage();
    await other.goto(`${a}/`);
    await page.goto(`${b}/`);
    await expect
      .poll(() => seenOf(driver))
      .toEqual({
        'a.localhost': { at: 'a.localhost' },
        'below.a.localhost': { at: 'below.a.localhost' },
        'b.localhost': {},
      });
    const tab = (await driver.tabs())[1];
    expect(driver.tabMemory.seenSessionStorage(tab as never)).toEqual([{ origin: a, items: [] }]);
  });

  test('[PSP-TAB-5] an origin that the tab had left before is not known until it is shown again', async () => {
    const page = await user.open();
    await page.goto(`${a}/`);
    await page.evaluate('sessionStorage.setItem("before", "1")');
    await page.goto(`${b}/`);
    await page.evaluate('sessionStorage.setItem("here", "1")');
    const driver = await user.join(page);
    expect(await seenOf(driver)).toEqual({ 'b.localhost': { here: '1' } });
    await page.goBack({ waitUntil: 'commit' });
    await expect.poll(() => seenOf(driver)).toEqual({ 'b.localhost': { here: '1' }, 'a.localhost': { before: '1' } });
  });

  test('[PSP-TAB-5] a window that a page opens begins with a copy', async () => {
    const page = await user.open();
    const driver = await user.join(page);
    await page.goto(`${a}/`);
    await page.evaluate('sessionStorage.setItem("copied", "1")');
    const popup = page.waitForEvent('popup');
    await page.evaluate(`void open("${b}/")`);
    await (await popup).waitForURL(`${b}/`);
    await page.evaluate('sessionStorage.setItem("later", "1")');
    const tab = (await driver.tabs()).find(({ url }) => url === `${b}/`);
    await expect
      .poll(() => driver.tabMemory.seenSessionStorage(tab as never))
      .toEqual([
        { origin: a, items: [{ name: 'copied', value: '1' }] },
        { origin: b, items: [] },
      ]);
  });
});
