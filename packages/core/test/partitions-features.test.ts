/** Storage below other sites where a browser has no place for it: what is said, and what must not be touched in its stead. */
import { newSessionId, type Cookie, type SessionDocument } from '@psp/protocol';
import { describe, expect, test } from 'vitest';
import type { Frame, Tab } from '../src/browser/driver.js';
import { captureState } from '../src/capture.js';
import { playwright } from '../src/formats/playwright.js';
import { cookiesThere, restoreCookies } from '../src/restore-cookies.js';
import { restoreState } from '../src/restore.js';
import { FakeDriver } from './support/fake-driver.js';
import { makeDocument } from './support/session-state.js';

const [SHOP, PAY] = ['https://shop.example', 'https://pay.example'];
const partition = { topLevelSite: SHOP, hasCrossSiteAncestor: true };
const items = [{ name: 'k', value: 'v' }];
const tab: Tab = { id: 'tab', url: `${SHOP}/`, title: undefined, primary: true };
const frames: Frame[] = [
  { id: 'main', origin: SHOP, url: `${SHOP}/`, firstParty: true },
  { id: 'below', origin: PAY, url: `${PAY}/`, firstParty: false },
  { id: 'again', origin: PAY, url: `${PAY}/again`, firstParty: false },
  { id: 'opaque', origin: undefined, url: `${PAY}/opaque`, firstParty: false },
];

/** A session that knows one place below a site, and nothing of what the origin has for itself. */
function session(): SessionDocument {
  return {
    ...makeDocument(),
    cookies: [],
    origins: [{ origin: PAY, partition, localStorage: items, indexedDB: [] }],
    tabs: [{ url: `${SHOP}/`, active: true, sessionStorage: [{ origin: PAY, partition, items }] }],
  };
}

const cookie = (name: string, more: Partial<Cookie>): Cookie => {
  return { name, value: 'v', domain: 'pay.example', hostOnly: true, path: '/', httpOnly: true, secure: true, ...more };
};

test('[PSP-TRAP-24] a frame below another site whose storage cannot be read is named, once for each origin', async () => {
  const driver = new FakeDriver();
  driver.tabs = async () => [tab];
  driver.frames = async () => frames;
  const { document } = await captureState(driver, { id: newSessionId(), name: 'a session' });
  expect(document.losses).toMatchObject([
    { code: 'partitioned-storage-not-read', kind: 'origin', origin: PAY, item: `below ${SHOP}` },
  ]);
  expect(driver.calls).toContain(`visit t1 ${PAY}`);
  // Nothing was found there, and a restore is not to empty it because of the frame.
  expect(document.origins.map(({ origin }) => origin)).toEqual([SHOP]);
});

describe('[PSP-STO-4] [PSP-RES-2] a session with storage below another site', () => {
  test('is restored without it, by name, where the driver has no such places', async () => {
    const driver = new FakeDriver();
    driver.tabs = async () => [tab];
    const report = await restoreState(driver, { document: session(), batches: [] });
    const where = { origin: PAY, item: `below ${SHOP}` };
    expect(report).toMatchObject({
      notDone: [],
      done: ['0 cookies', `tab ${SHOP}/`],
      losses: [
        { code: 'partitioned-storage-not-restored', kind: 'origin', ...where },
        { code: 'session-storage-partitioned', kind: 'sessionStorage', ...where },
      ],
    });
    expect(driver.calls.filter((call) => call.includes(PAY))).toEqual([]);
  });

  test('removes cookies that are sent there, and no others of its host', async () => {
    const driver = new FakeDriver();
    driver.jar.push(
      cookie('own', {}),
      cookie('there', { partitionKey: partition }),
      cookie('elsewhere', { partitionKey: { ...partition, topLevelSite: 'https://other.example' } }),
    );
    await restoreCookies(driver, session(), await cookiesThere(driver, session()));
    expect(driver.jar.map(({ name }) => name)).toEqual(['own', 'elsewhere']);
  });

  test('is exported for Playwright without it, by name', () => {
    const { text, losses } = playwright.write(session());
    expect(JSON.parse(text)).toMatchObject({ origins: [] });
    expect(losses).toMatchObject([{ code: 'format-cannot-hold', origin: `${PAY} below ${SHOP}` }, {}, {}]);
  });
});
