/** A window of tabs from one Chromium context into another: capture and restore of what tabs remember. */
import { newSessionId, type TabState } from '@psp/protocol';
import type { Page } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { captureState } from '../src/capture.js';
import type { CapturedState } from '../src/capture.js';
import type { RestoreReport } from '../src/restore-report.js';
import { restoreState } from '../src/restore.js';
import { startSite, type TestSite } from './support/site.js';
import { startUserTabs, type UserTabs } from './support/user-tabs.js';

const CANARY = 'canary-3b1f';

const FORM = `<title>form</title><body style="height: 4000px">
<input id="text" value="given"><input name="twice"><input name="twice"><form><input name="twice"></form>
<textarea id="area">one
two</textarea><input type="checkbox" id="box" checked><input type="radio" name="r" value="1" checked><input type="radio" name="r" value="2">
<select id="one"><option>a<option>b<option>c</select><select id="many" multiple><option selected>a<option>b</select>
<p><input></p><input type="range" id="untouched" min="0" max="10"><input type="color">
<input type="password" id="password"><input type="hidden" id="hidden"><input autocomplete="section-x one-time-code" id="code">
<input id="shown-password" value=""><input name="userPass"><input id="dots" style="-webkit-text-security: disc"><input autocomplete="cc-number">
<input readonly id="computed"><script>
window.events = [];
for (const type of ['input', 'change', 'click']) addEventListener(type, (event) => events.push(type + ' ' + (event.target.id || event.target.name)), true);
</script>`;

/** What a user puts in: secrets last. */
const TYPED = `(() => {
  const [first, second, third] = document.getElementsByName('twice');
  text.value = 'typed \\ud800'; second.value = 'second'; third.value = 'third'; area.value = 'one\\ntwo\\nthree';
  box.checked = false; document.getElementsByName('r')[1].checked = true; one.selectedIndex = 2; many.options[1].selected = true;
  document.querySelector('p input').value = 'nameless';
  for (const secret of ['password', 'hidden', 'code', 'shown-password', 'dots', 'computed']) document.getElementById(secret).value = '${CANARY}';
  document.getElementsByName('userPass')[0].value = document.querySelector('[autocomplete^=cc]').value = '${CANARY}';
})()`;

const HELD = `JSON.stringify([...document.querySelectorAll('input, textarea, select')].map((one) =>
  one.type === 'checkbox' || one.type === 'radio' ? one.checked : one.multiple ? [...one.options].map((o) => o.selected) : one.value))`;

let site: TestSite;
let user: UserTabs;
let a: string;
let b: string;

beforeAll(async () => {
  [site, user] = await Promise.all([startSite(), startUserTabs()]);
  [a, b] = [site.origin('a.localhost'), site.origin('b.localhost')];
  site.serve('/form', FORM);
  site.serve('/long', '<title>long</title><body style="height: 9000px; width: 5000px">');
});
afterEach(() => user.clear());
afterAll(async () => {
  await user.close();
  await site.close();
});

async function captureOf(page: Page): Promise<CapturedState> {
  return captureState(await user.join(page), { id: newSessionId(), name: 'window' });
}

/** Into a context of its own. */
async function restored(state: CapturedState): Promise<{ page: Page; report: RestoreReport }> {
  const page = await user.open();
  const report = await restoreState(await user.join(page), state, { tabs: 'all' });
  return { page, report };
}

const urlsOf = (page: Page): string[] =>
  page
    .context()
    .pages()
    .map((one) => one.url());

/** A session that holds nothing but these tabs. */
function stateOf(...tabs: TabState[]): CapturedState {
  const document = {
    format: 'psp-session' as const,
    version: 1,
    id: newSessionId(),
    name: 'made by hand',
    tags: [],
    capturedAt: new Date().toISOString(),
    cookies: [],
    origins: [],
    tabs,
    losses: [],
  };
  return { document, batches: [] };
}

describe('a window', () => {
  test('[PSP-TAB-1] [PSP-TAB-8] two tabs come back in order, each with its history, its storage and its place on the page', async () => {
    const page = await user.open();
    const driver = await user.join(page);
    await page.goto(`${a}/one`);
    await page.evaluate('sessionStorage.setItem("k", "left \\udc00")');
    await page.goto(`${b}/two`);
    await page.evaluate('sessionStorage.setItem("k", "here")');
    await page.goto(`${a}/long`);
    await page.goto(`${b}/four`);
    await page.goBack({ waitUntil: 'commit' });
    await page.goBack({ waitUntil: 'commit' });
    const other = await page.context().newPage();
    await other.goto(`${a}/long`);
    await other.evaluate('scrollTo(70, 1500)');
    const state = await captureState(driver, { id: newSessionId(), name: 'window' });
    expect(state.document.losses.filter(({ code }) => code !== 'origins-may-be-missing')).toEqual([]);
    expect(state.document.tabs).toMatchObject([
      { url: `${b}/two`, active: true, history: { index: 1 }, scroll: { x: 0, y: 0 }, forms: [] },
      { url: `${a}/long`, history: { index: 0 }, scroll: { x: 70, y: 1500 } },
    ]);
    expect(state.document.tabs[0]?.history?.entries.map(({ url }) => url)).toEqual([
      `${a}/one`,
      `${b}/two`,
      `${a}/long`,
      `${b}/four`,
    ]);
    const before = site.requests.length;
    const { page: again, report } = await restored(state);
    expect(report.losses).toEqual([]);
    expect(site.requests.slice(before)).toEqual([`GET ${b}/two`, `GET ${a}/long`]);
    await expect.poll(() => urlsOf(again)).toEqual([`${b}/two`, `${a}/long`]);
    expect(await again.evaluate('sessionStorage.k + document.visibilityState + history.length')).toBe('herevisible4');
    expect(await again.context().pages()[1]?.evaluate('[scrollX, scrollY, history.length].join()')).toBe('70,1500,1');
    await again.goBack();
    expect(await again.evaluate('[location.pathname, document.title, sessionStorage.k]')).toEqual([
      '/one',
      'a page',
      'left \udc00',
    ]);
  });

  test('[PSP-TAB-5] an origin that was left after PSP was attached is never said to be missing, nor one that gave no page', async () => {
    const page = await user.open();
    const driver = await user.join(page);
    await page.goto(`${a}/`);
    await page.goto('http://refused.localhost:65500/').catch(() => undefined);
    await page.waitForURL('chrome-error://chromewebdata/');
    await page.goto(`${b}/`);
    const { document } = await captureState(driver, { id: newSessionId(), name: 'window' });
    expect(document.tabs[0]?.history?.entries).toHaveLength(3);
    expect(document.losses.filter(({ code }) => code.startsWith('session'))).toEqual([]);
  });

  test('[PSP-TAB-5] an origin that was left before PSP was attached is said', async () => {
    const page = await user.open();
    await page.goto(`${a}/`);
    await page.evaluate('sessionStorage.setItem("k", "v")');
    await page.goto(`${b}/`);
    const { document } = await captureOf(page);
    expect(document.losses.filter(({ code }) => code.startsWith('session'))).toMatchObject([
      { code: 'session-storage-may-be-missing', kind: 'sessionStorage', origin: a, item: `${b}/` },
    ]);
  });

  test('[PSP-TAB-1] pages that are none of a site are left out of the history, by name', async () => {
    const page = await user.open();
    const driver = await user.join(page);
    await page.goto(`${a}/one`);
    await page.goto('data:text/html,secret');
    await page.goto(`${a}/two`);
    const { document } = await captureState(driver, { id: newSessionId(), name: 'window' });
    expect(document.tabs[0]?.history).toMatchObject({ entries: [{ url: `${a}/one` }, { url: `${a}/two` }], index: 1 });
    expect(document.losses.filter(({ kind }) => kind === 'tab')).toMatchObject([
      { code: 'history-entry-left-out', item: `${a}/two`, detail: expect.stringMatching(/^1 of . entries: data:$/) },
    ]);
  });

  test('[PSP-TAB-9] addresses that are none of a site are not opened', async () => {
    const entries = [{ url: 'file:///etc/hostname' }, { url: `${a}/two` }];
    const state = stateOf(
      { url: `${a}/two`, active: true, history: { entries, index: 1 }, sessionStorage: [] },
      { url: 'file:///etc/hostname', sessionStorage: [] },
    );
    const { page, report } = await restored(state);
    // Playwright hears of tabs and addresses later than the driver.
    await expect.poll(() => urlsOf(page)).toEqual([`${a}/two`]);
    expect(report.losses).toMatchObject([{ code: 'history-entry-left-out' }, { code: 'history-entry-left-out' }]);
  });

  test('[PSP-RES-2] stale sessionStorage of the session’s other origins goes from the user’s tab', async () => {
    const page = await user.open();
    const driver = await user.join(page);
    for (const at of [a, b, site.origin('kept.localhost')]) {
      await page.goto(`${at}/`);
      await page.evaluate('sessionStorage.setItem("stale", "1")');
    }
    const state = stateOf({
      url: `${b}/`,
      active: true,
      sessionStorage: [{ origin: a, items: [{ name: 'k', value: 'v' }] }],
    });
    await restoreState(driver, state);
    const held: unknown[] = [];
    // Playwright hears of it later than the driver.
    await page.waitForURL(`${site.origin('kept.localhost')}/`);
    await page.waitForLoadState();
    for (const at of [a, b, site.origin('kept.localhost')]) {
      await page.goto(`${at}/`);
      held.push(await page.evaluate('Object.keys(sessionStorage).join()'));
    }
    expect(held).toEqual(['k', '', 'stale']);
  });
});

describe('forms', () => {
  test('[PSP-TAB-4] [PSP-TAB-6] come back as the user left them, with events, and hold no secret', async () => {
    const page = await user.open();
    await page.goto(`${a}/form?q=1`);
    await page.evaluate(TYPED);
    const state = await captureOf(page);
    expect(JSON.stringify(state.document)).not.toContain(CANARY);
    expect(state.document.tabs[0]?.forms?.map(({ field }) => field)).toEqual([
      '#text',
      '-/1=twice',
      '0/0=twice',
      '#area',
      '#box',
      '-/1=r',
      '#one',
      '#many',
      '/1/10/0',
    ]);
    const held = JSON.parse(await page.evaluate(HELD)) as unknown[];
    const { page: again, report } = await restored(state);
    expect(report.losses).toEqual([]);
    expect(JSON.parse(await again.evaluate(HELD))).toEqual(held.map((value) => (value === CANARY ? '' : value)));
    expect(await again.evaluate('events.slice(0, 2).concat(events.filter((one) => /box|one/.test(one)))')).toEqual([
      'input text',
      'change text',
      'click box',
      'input box',
      'change box',
      'input one',
      'change one',
    ]);
  });

  test('[PSP-TAB-6] fields that are gone or refuse are named, without their values, and nothing is filled into another page', async () => {
    site.serve(
      '/other',
      `<title>other</title><input id="a"><input id="strict" oninput="this.value = ''"><input id="b" type="password">`,
    );
    const forms = ['#a', '#strict', '#b', '#gone'].map((field) => ({ field, value: CANARY }));
    const { page, report } = await restored(stateOf({ url: `${a}/other`, sessionStorage: [], forms }));
    expect(await page.evaluate('[a.value, strict.value, b.value]')).toEqual([CANARY, '', '']);
    expect(report.losses.map(({ code, item }) => [code, item])).toEqual(
      ['#strict', '#b', '#gone'].map((field) => ['form-value-not-restored', `${a}/other ${field}`]),
    );
    expect(JSON.stringify(report)).not.toContain(CANARY);
    site.serve('/moved', `<script>location.replace('/login')</script>`);
    site.serve('/login', `<title>login</title><input id="a">`);
    const moved = await restored(
      stateOf({ url: `${a}/moved`, sessionStorage: [], scroll: { x: 0, y: 5 }, forms: forms.slice(0, 1) }),
    );
    await expect.poll(() => moved.page.url()).toBe(`${a}/login`);
    expect(await moved.page.evaluate('a.value')).toBe('');
    expect(moved.report.losses.map(({ code }) => code)).toEqual(['form-value-not-restored', 'scroll-not-restored']);
  });
});
