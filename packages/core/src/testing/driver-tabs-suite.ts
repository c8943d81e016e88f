/** Cases of the driver suite about the user's tabs: what is told of them, and that they stay as they are. */
import assert from 'node:assert/strict';
import type { Tab } from '../browser/driver.js';
import { eventually, isCode, mainFrame, TIMEOUT, type DriverCase } from './driver-case.js';

/** What the page's own scripts can see of whoever has been here. */
const SCENE = `JSON.stringify([
  document.documentElement.outerHTML, document.documentElement.attributes.length,
  Reflect.ownKeys(window).map(String).sort(), Reflect.ownKeys(document).map(String).sort(),
  history.length, location.href, localStorage.length, sessionStorage.length,
])`;

export const TAB_CASES: readonly DriverCase[] = [
  {
    name: '[PSP-RES-9] goes to an address in the tab of the user, and says when nothing is there',
    async run({ driver, goto }, site) {
      await goto(`${site.origin('a.localhost')}/`);
      const [tab] = await driver.tabs();
      await driver.goto(tab as Tab, `${site.origin('b.localhost')}/?there`, TIMEOUT);
      const there = `${site.origin('b.localhost')}/?there`;
      assert.equal(
        await eventually(
          async () => (await driver.frames(tab as Tab, TIMEOUT))[0]?.url,
          (url) => url === there,
        ),
        there,
      );
      const nowhere = driver.goto(tab as Tab, 'http://127.0.0.1:1/?canary', TIMEOUT);
      await assert.rejects(
        nowhere,
        (error) => isCode('BROWSER_UNREACHABLE')(error) && !String(error).includes('canary'),
      );
    },
  },
  {
    name: 'lists the tabs of the user, not the helpers',
    async run({ driver, goto, evaluate, shownTabs }, site) {
      await goto(`${site.origin('a.localhost')}/`);
      const [before, shown] = [await driver.tabs(), await shownTabs()];
      const helper = await driver.openHelper();
      const during = await driver.tabs();
      // Time in which the framework would hear of a tab that shows.
      await evaluate('new Promise((done) => setTimeout(done, 500))');
      const { hiddenHelper } = driver.features;
      const shownMeanwhile = await eventually(shownTabs, (count) => count > shown === !hiddenHelper);
      await driver.closeTab(helper);
      assert.deepEqual(
        before.map(({ url, title }) => ({ url, title })),
        [{ url: `${site.origin('a.localhost')}/`, title: 'a page' }],
      );
      assert.deepEqual(during, before);
      assert.equal(shownMeanwhile, hiddenHelper ? shown : shown + 1, `hiddenHelper is ${hiddenHelper}`);
      assert.equal(await eventually(shownTabs, (count) => count === shown), shown);
    },
  },
  {
    name: '[PSP-TRAP-27] lists frames with their origins, opaque ones without, partitioned ones marked',
    async run({ driver, goto }, site) {
      await goto(`${site.origin('a.localhost')}/frames`);
      const frames = await eventually(
        () => driver.tabs().then(async ([tab]) => driver.frames(tab as Tab, TIMEOUT)),
        (found) => found.length === 5 && found.every(({ url }) => url !== '' && url !== 'about:blank'),
      );
      assert.equal(frames[0]?.origin, site.origin('a.localhost'));
      const origins = frames.map((frame) => frame.origin);
      assert.equal(origins.filter((origin) => origin === undefined).length, 1, 'the sandboxed frame is opaque');
      const below = frames.find((frame) => frame.origin === site.origin('below.a.localhost'));
      assert.equal(below?.firstParty, true);
    },
  },
  {
    name: '[PSP-TRAP-27] [PSP-CAP-5] runs page code out of reach of the page',
    async run({ driver, goto }, site) {
      await goto(`${site.origin('a.localhost')}/patched`);
      const { tab, frame } = await mainFrame(driver);
      const source = 'async (text) => JSON.stringify([text, localStorage.getItem("k")])';
      const hostile = '");alert(1);//</script>\u2028\u0000`${alert(1)}`';
      const answer = await driver.evaluate(tab, frame, source, hostile, TIMEOUT);
      assert.deepEqual(JSON.parse(answer), [hostile, 'v']);
    },
  },
  {
    name: '[PSP-TRAP-27] [PSP-CAP-5] runs page code under a policy that forbids all',
    async run({ driver, goto, evaluate }, site) {
      await goto(`${site.origin('a.localhost')}/`);
      await evaluate('localStorage.setItem("k", "v")');
      await goto(`${site.origin('a.localhost')}/strict`);
      const { tab, frame } = await mainFrame(driver);
      const source = 'async (text) => text + localStorage.getItem("k")';
      assert.equal(await driver.evaluate(tab, frame, source, 'read ', TIMEOUT), 'read v');
    },
  },
  {
    name: 'gives up on a page that does not answer',
    async run({ driver, goto }, site) {
      await goto(`${site.origin('a.localhost')}/`);
      const { tab, frame } = await mainFrame(driver);
      const silent = driver.evaluate(tab, frame, 'async () => new Promise(() => {})', '', { timeoutMs: 200 });
      await assert.rejects(silent, isCode('TIMEOUT'));
      assert.equal(await driver.evaluate(tab, frame, 'async () => "again"', '', TIMEOUT), 'again');
    },
  },
  {
    name: '[PSP-CAP-1] leaves no element, global or entry of history in a tab that it reads',
    async run({ driver, goto, evaluate }, site) {
      await goto(`${site.origin('a.localhost')}/`);
      await evaluate(`void (window.changes = 0, new MutationObserver((all) => (window.changes += all.length))
        .observe(document, { subtree: true, childList: true, attributes: true, characterData: true }))`);
      const before = await evaluate(SCENE);
      const { tab, frame } = await mainFrame(driver);
      await driver.history(tab);
      const source = 'async () => { var leak = 1; return String(localStorage.length + sessionStorage.length + leak); }';
      assert.equal(await driver.evaluate(tab, frame, source, '', TIMEOUT), '1');
      assert.equal(await evaluate(SCENE), before);
      if (driver.features.isolatedWorld) assert.equal(await evaluate('window.changes'), 0, 'not even for a moment');
    },
  },
  {
    name: 'knows the origins visited since it opened, frames and popups included',
    async run({ driver, goto, evaluate }, site) {
      await goto(`${site.origin('a.localhost')}/frames`);
      await goto(`${site.origin('b.localhost')}/`);
      if (!driver.features.visited) {
        assert.deepEqual(driver.visited(), []);
        return;
      }
      await evaluate(`void (window.popup = open("${site.origin('popup.localhost')}/"))`);
      const wanted = ['a.localhost', 'below.a.localhost', 'b.localhost', 'popup.localhost'].map((host) =>
        site.origin(host),
      );
      // A frame that was gone before the browser told whether it has a partition is looked for with the browser's lists.
      const known = async (): Promise<string[]> => {
        const { origins } = await driver.discoverOrigins(TIMEOUT);
        return [...driver.visited(), ...origins];
      };
      const visited = await eventually(known, (found) => wanted.every((origin) => found.includes(origin)));
      for (const origin of wanted) assert.ok(visited.includes(origin), origin);
      await evaluate('popup.close()');
      await eventually(driver.tabs.bind(driver), (tabs) => tabs.length === 1);
      const still = await known();
      for (const origin of wanted) assert.ok(still.includes(origin), `${origin}, still`);
    },
  },
  {
    name: 'tells the history of a tab, or nothing',
    async run({ driver, goto }, site) {
      const urls = ['a.localhost', 'b.localhost'].map((host) => `${site.origin(host)}/`);
      for (const url of urls) await goto(url);
      const [tab] = await driver.tabs();
      const history = await driver.history(tab as Tab);
      assert.deepEqual(history.slice(-urls.length), driver.features.history ? urls : []);
    },
  },
  {
    name: '[PSP-CAP-1] leaves the browser as it was found',
    async run({ driver, goto, evaluate, shownTabs }, site) {
      const url = `${site.origin('a.localhost')}/`;
      await goto(url);
      await evaluate('window.mark = 1');
      const shown = await shownTabs();
      await driver.visitBlank(await driver.openHelper(), site.origin('b.localhost'), TIMEOUT);
      await driver.openHelper();
      await driver.close();
      await driver.close();
      assert.equal(await evaluate('window.mark'), 1);
      assert.equal(await eventually(shownTabs, (count) => count === shown), shown);
    },
  },
];
