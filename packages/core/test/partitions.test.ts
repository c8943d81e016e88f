/** Storage of frames below other sites, from one Chromium to another, by their debugging addresses and as they are by default. */
import { newSessionId } from '@psp/protocol';
import { chromium, type Page } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { connectCdp } from '../src/browser/cdp/connect.js';
import type { BrowserDriver } from '../src/browser/driver.js';
import { captureState } from '../src/capture.js';
import { restoreState } from '../src/restore.js';
import type { SessionState } from '../src/state.js';
import { embeddedPlaces, keepAt, tellAt, type EmbeddedPlace } from './support/embedded.js';
import { startChromium, type RawChromium } from './support/raw-chromium.js';
import { startSite, type TestSite } from './support/site.js';

const options = { id: newSessionId(), name: 'a session' };
const undo: (() => Promise<unknown>)[] = [];
let site: TestSite;
let places: EmbeddedPlace[];

beforeAll(async () => {
  site = await startSite();
  places = embeddedPlaces(site);
});
afterAll(() => site.close());
afterEach(async () => {
  for (const end of undo.splice(0).toReversed()) await end();
});

interface Side {
  readonly page: Page;
  readonly browser: RawChromium;
  attach(): Promise<BrowserDriver>;
}

async function start(): Promise<Side> {
  const browser = await startChromium();
  undo.push(() => browser.kill());
  const user = await chromium.connectOverCDP(browser.address);
  const page = user.contexts()[0]?.pages()[0] as Page;
  return {
    page,
    browser,
    async attach() {
      const driver = await connectCdp(browser.address, { onlyTabIsPrimary: true });
      undo.push(() => driver.close());
      return driver;
    },
  };
}

const place = (name: string): EmbeddedPlace => places.find((each) => each.name === name) as EmbeddedPlace;
const kept = (value: string) => ({ local: value, session: null, database: value });

describe('storage below other sites', () => {
  test('[PSP-STO-4] [PSP-CAP-2] [PSP-RES-1] [PSP-TRAP-24] an origin at four places comes back at each, with nothing asked of the network', async () => {
    const source = await start();
    await keepAt(source.page, places, (name) => `at ${name}`);
    const asked = site.requests.length;
    const state = await captureState(await source.attach(), options);
    // What the tab and the browser kept before anybody watched.
    const codes = new Set(state.document.losses.map(({ code }) => code));
    expect(codes).toEqual(new Set(['session-storage-may-be-missing', 'origins-may-be-missing']));
    const target = await start();
    const driver = await target.attach();
    // The user's framework hears in its own time that the tab is back.
    const back = target.page.waitForEvent('framenavigated', (frame) => frame.url() === 'about:blank');
    expect(await restoreState(driver, state)).toMatchObject({ notDone: [], losses: [] });
    await back;
    expect(site.requests.slice(asked)).toEqual([]);
    const told = await tellAt(target.page, places);
    expect(told).toEqual({
      c: kept('at c'),
      'a > b > a': kept('at a > b > a'),
      'b > c': kept('at b > c'),
      // The one that was open: its sessionStorage belongs to the tab, too.
      'a > c': { ...kept('at a > c'), session: 'at a > c' },
    });
  });

  test('[PSP-RES-2] a restore replaces what it knows below a site, and leaves what the origin has for itself and elsewhere', async () => {
    const source = await start();
    await keepAt(source.page, [place('a > c')], () => 'new');
    const state = await captureState(await source.attach(), options);
    const target = await start();
    await keepAt(target.page, places, (name) => `old ${name}`);
    await target.page.context().addCookies([{ name: 'old', value: '1', url: site.origin('c.localhost') }]);
    await target.page.goto('about:blank');
    await restoreState(await target.attach(), state, { tabs: 'none' });
    expect(
      await tellAt(
        target.page,
        places.filter(({ name }) => name.endsWith('c')),
      ),
    ).toMatchObject({
      c: { local: 'old c', database: 'old c' },
      'b > c': { local: 'old b > c', database: 'old b > c' },
      'a > c': { local: 'new', database: 'new' },
    });
    expect((await target.page.context().cookies()).map(({ name }) => name)).toEqual(['old']);
  });

  test('[PSP-CAP-2] a frame that is closed by the time of the capture was seen, though no list of the browser tells of it', async () => {
    const { page, attach } = await start();
    const driver = await attach();
    await page.goto(place('a > c').url);
    await page.frames().at(-1)?.evaluate('localStorage.setItem("k", "v")');
    await page.goto(place('c').url);
    const { document } = await captureState(driver, options);
    expect(belowOthers({ document, batches: [] })).toEqual([
      [site.origin('c.localhost'), 'http://a.localhost', [{ name: 'k', value: 'v' }]],
    ]);
    expect(document.losses).toEqual([]);
  });

  test('[PSP-LOSS-1] storage that goes away with its frame is named', async () => {
    const { page, attach } = await start();
    site.serve('/credentialless', `<iframe credentialless src="${site.origin('c.localhost')}/"></iframe>`);
    await page.goto(`${site.origin('a.localhost')}/credentialless`);
    const { document } = await captureState(await attach(), options);
    expect(document.origins.map(({ origin, partition }) => [origin, partition])).toEqual([
      [site.origin('a.localhost'), undefined],
    ]);
    expect(document.losses).toContainEqual(
      expect.objectContaining({
        code: 'partitioned-storage-not-read',
        origin: site.origin('c.localhost'),
        item: `below ${site.origin('a.localhost')}`,
      }),
    );
  });
});

function belowOthers({ document }: SessionState) {
  const below = document.origins.filter(({ partition }) => partition !== undefined);
  return below.map(({ origin, partition, localStorage }) => [origin, partition?.topLevelSite, localStorage]);
}
