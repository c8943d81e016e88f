/** Cases of the driver suite about blank documents: of any origin, in helper tabs and in the user's. */
import assert from 'node:assert/strict';
import type { BrowserDriver, Frame, Tab } from '../browser/driver.js';
import { eventually, isCode, TIMEOUT, type DriverCase, type DriverTarget } from './driver-case.js';

const FETCH = 'async (path) => fetch(path).then((response) => response.text()).catch((error) => error.name)';

/** Origins that no name server knows: whoever opens them asked the network for nothing. */
const UNREACHABLE = ['https://never.example', 'http://never.example:81'];

export const VISIT_CASES: readonly DriverCase[] = [
  {
    name: 'visits an origin without a line of its code, in the storage of its real pages',
    async run({ driver, goto, evaluate }, site) {
      const { offlineVisit } = driver.features;
      const origin = site.origin('offline.localhost');
      const helper = await driver.openHelper();
      for (const visited of [origin, ...(offlineVisit ? UNREACHABLE : [])]) {
        assert.equal(await writeBlank(driver, helper, visited), visited);
      }
      await driver.closeTab(helper);
      const requests = site.requests.filter((request) => request.includes('offline.localhost'));
      if (offlineVisit) assert.deepEqual(requests, []);
      else assert.ok(requests.length > 0 && !requests.includes(`GET ${origin}/`), 'it loads a quiet resource');
      await goto(`${origin}/`);
      assert.equal(await evaluate('localStorage.getItem("k")'), 'from psp');
    },
  },
  {
    name: 'writes into the tab of the user and gives it back where it was',
    async run({ driver, goto, evaluate }, site) {
      const url = `${site.origin('a.localhost')}/`;
      await goto(url);
      const [tab] = await driver.tabs();
      assert.ok(tab !== undefined);
      const frame = await driver.visitBlank(tab, site.origin('b.localhost'), TIMEOUT);
      await driver.evaluate(tab, frame, 'async () => { sessionStorage.setItem("s", "1"); return ""; }', '', TIMEOUT);
      await driver.release(tab, url, TIMEOUT);
      assert.deepEqual(await driver.history(tab), driver.features.history ? [url] : []);
      assert.equal(await address({ evaluate }, url), url);
      await goto(`${site.origin('b.localhost')}/`);
      assert.equal(await evaluate('sessionStorage.getItem("s")'), '1');
    },
  },
  {
    name: 'gives the tab of the user back after a failure',
    async run({ driver, goto, evaluate }, site) {
      const url = `${site.origin('a.localhost')}/`;
      await goto(url);
      const [tab] = await driver.tabs();
      assert.ok(tab !== undefined);
      await driver.visitBlank(tab, site.origin('b.localhost'), TIMEOUT);
      await driver.abandon(tab, url);
      assert.equal(await address({ evaluate }, url), url);
      assert.equal(await evaluate('fetch(location.href).then((response) => response.status)'), 200);
    },
  },
  {
    name: '[PSP-TRAP-25] never lets a service worker answer in its place, and leaves it registered',
    async run({ driver, goto, evaluate }, site) {
      const origin = site.origin('worker.localhost');
      await goto(`${origin}/worker`);
      if ((await evaluate('window.worker')) === 'none') {
        assert.equal(driver.engine, 'webkit', 'only WebKit may lack service workers on localhost');
        return;
      }
      const answered = `${origin}/answered-by-worker`;
      await goto(answered);
      assert.equal(await evaluate('localStorage.getItem("ran")'), '/answered-by-worker', 'the worker answers');
      await evaluate('localStorage.removeItem("ran")');
      const helper = await driver.openHelper();
      const blank = await writeBlank(driver, helper, origin).catch((error: { code?: string }) => error.code);
      await driver.closeTab(helper);
      assert.ok(blank === origin || blank === 'BROWSER_UNREACHABLE', `it visits or refuses, found ${blank}`);
      assert.equal(await evaluate('localStorage.getItem("ran")'), null, 'no code of the site ran');
      assert.equal(
        await evaluate('navigator.serviceWorker.getRegistration().then((found) => found?.scope)'),
        `${origin}/`,
      );
      await goto(answered);
      assert.equal(await evaluate('localStorage.getItem("ran")'), '/answered-by-worker', 'the worker answers again');
    },
  },
  {
    name: 'lays data out for a blank page in a helper tab alone, while it is offered, or not at all',
    async run({ driver, goto }, site) {
      const origin = site.origin('offered.localhost');
      await goto(`${site.origin('a.localhost')}/`);
      const [tab] = await driver.tabs();
      assert.ok(tab !== undefined);
      const [main] = await driver.frames(tab, TIMEOUT);
      assert.equal(main && driver.offer?.(main, Buffer.from('[]')), undefined, 'the tab of the user fetches nothing');
      const helper = await driver.openHelper();
      const frame = await driver.visitBlank(helper, origin, TIMEOUT);
      const body = JSON.stringify([{ key: '\u00e9 \u{1f600}', value: { json: '"\\' } }]);
      const offer = driver.offer?.(frame, Buffer.from(body));
      assert.equal(offer !== undefined, driver.offer !== undefined && driver.features.hiddenHelper);
      if (offer !== undefined) {
        const fetched = (): Promise<string> => driver.evaluate(helper, frame, FETCH, offer.path, TIMEOUT);
        assert.equal(await fetched(), body);
        offer.end();
        assert.equal(await fetched(), 'TypeError');
      }
      await driver.closeTab(helper);
      if (driver.features.offlineVisit)
        assert.deepEqual(
          site.requests.filter((request) => request.includes('offered.localhost')),
          [],
        );
    },
  },
  {
    name: 'does not take its own visits for those of the user',
    async run({ driver, goto }, site) {
      await goto(`${site.origin('a.localhost')}/`);
      const helper = await driver.openHelper();
      await driver.visitBlank(helper, site.origin('b.localhost'), TIMEOUT);
      await driver.closeTab(helper);
      const seen = driver.features.visited ? [site.origin('a.localhost')] : [];
      assert.deepEqual(driver.visited(), seen);
    },
  },
  {
    name: '[PSP-STO-4] visits an origin below another site, in the storage of its real frames there',
    async run({ driver, goto }, site) {
      const partition = { topLevelSite: 'http://a.localhost', hasCrossSiteAncestor: true };
      const [above, origin] = [site.origin('a.localhost'), site.origin('third.localhost')];
      await goto(`${above}/frames`);
      const [tab] = await driver.tabs();
      assert.ok(tab !== undefined);
      const third = (frames: Frame[]): Frame | undefined => frames.find((frame) => frame.origin === origin);
      const real = third(
        await eventually(
          () => driver.frames(tab, TIMEOUT),
          (frames) => third(frames) !== undefined,
        ),
      );
      assert.ok(real !== undefined);
      if (!driver.features.partitionedStorage) {
        assert.equal(real.partition, undefined);
        return;
      }
      const helper = await driver.openHelper();
      const asked = site.requests.length;
      const visit = (): Promise<Frame> => driver.visitBlank(helper, origin, { ...TIMEOUT, partition });
      // A browser can be started so that frames below other sites have the storage that their origin has for itself.
      if (real.firstParty) await assert.rejects(visit(), isCode('BROWSER_UNREACHABLE'));
      else {
        assert.deepEqual(real.partition, partition);
        const blank = await visit();
        assert.deepEqual([blank.origin, blank.firstParty, blank.partition], [origin, false, partition]);
        await driver.evaluate(helper, blank, SET_ITEM, 'below', TIMEOUT);
        assert.equal(await driver.evaluate(tab, real, GET_ITEM, '', TIMEOUT), 'below');
        const own = await driver.visitBlank(helper, above, { ...TIMEOUT, partition });
        assert.deepEqual([own.origin, own.partition], [above, partition]);
        assert.equal(await driver.evaluate(helper, own, GET_ITEM, '', TIMEOUT), 'null');
        await driver.evaluate(helper, own, SET_ITEM, 'own', TIMEOUT);
      }
      for (const first of [above, origin]) {
        const frame = await driver.visitBlank(helper, first, TIMEOUT);
        assert.equal(await driver.evaluate(helper, frame, GET_ITEM, '', TIMEOUT), 'null', 'storage of its own');
      }
      await driver.closeTab(helper);
      assert.equal(site.requests.length, asked, 'the network was asked for nothing');
    },
  },
  {
    name: '[PSP-TRAP-28] looks for origins without a trace in the browser of the user',
    async run({ driver, goto, evaluate, shownTabs }, site) {
      const origin = site.origin('a.localhost');
      await goto(`${origin}/`);
      await evaluate('localStorage.setItem("k", "v")');
      const [shown, asked, tabs] = [await shownTabs(), site.requests.length, await driver.tabs()];
      const { origins, missing } = await driver.discoverOrigins(TIMEOUT);
      for (const found of origins) assert.equal(found, new URL(found).origin);
      // The origin is new: it may not be listed yet, and is known to be visited then, or said to be missing perhaps.
      const known = [...origins, ...driver.visited()].includes(origin);
      assert.ok(known || (missing !== undefined && missing !== ''), 'what may be missing is said');
      assert.deepEqual(await driver.tabs(), tabs);
      assert.equal(await shownTabs(), shown);
      assert.equal(site.requests.length, asked);
    },
  },
];

const SET_ITEM = 'async (value) => { localStorage.setItem("k", value); return ""; }';
const GET_ITEM = 'async () => String(localStorage.getItem("k"))';

/** Puts an item into the localStorage of a blank document, and gives the origin that the document tells. */
async function writeBlank(driver: BrowserDriver, tab: Tab, origin: string): Promise<string> {
  const frame = await driver.visitBlank(tab, origin, TIMEOUT);
  const source = 'async (value) => { localStorage.setItem("k", value); return location.origin; }';
  return driver.evaluate(tab, frame, source, 'from psp', TIMEOUT);
}

/** Where the user's tab stands. The user's framework hears of the last navigation in its own time. */
function address({ evaluate }: Pick<DriverTarget, 'evaluate'>, wanted: string): Promise<unknown> {
  return eventually(
    () => evaluate('location.href').catch((error: Error) => error.message),
    (found) => found === wanted,
  );
}
