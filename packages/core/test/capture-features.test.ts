/** Captures over browsers that can do less: what is asked of them, what is left alone, and what is said about it. */
import { newSessionId, PspError, type Cookie } from '@psp/protocol';
import { describe, expect, test } from 'vitest';
import type { BrowserFeatures, Tab } from '../src/browser/driver.js';
import { captureState } from '../src/capture.js';
import { FakeDriver } from './support/fake-driver.js';

const options = { id: newSessionId(), name: 'a session' };
const tab: Tab = { id: 'tab', url: 'https://a.example/page?q', title: undefined, primary: true };
const items = [{ name: 'k', value: 'v' }];

/** One tab with an item in each storage, and two origins of its history. */
function driverWith(features: Partial<BrowserFeatures>): FakeDriver {
  const driver = new FakeDriver();
  driver.features = { ...driver.features, ...features };
  driver.tabs = async () => [tab];
  driver.frames = async () => [{ id: 'main', origin: 'https://a.example', url: tab.url, firstParty: true }];
  driver.history = async () => ['https://before.example/'];
  const { evaluate } = driver;
  driver.evaluate = async (at, frame, source, argument) => {
    const request = JSON.parse(argument) as { do: string; localStorage: boolean; sessionStorage: boolean };
    driver.calls.push(`${request.do} ${at.id} ${frame.origin} ${request.localStorage} ${request.sessionStorage}`);
    const reply = JSON.parse(await evaluate(at, frame, source, argument)) as object;
    const localStorage = request.localStorage ? { localStorage: items } : {};
    return JSON.stringify({ ...reply, ...localStorage, ...(request.sessionStorage ? { sessionStorage: items } : {}) });
  };
  return driver;
}

/** How cookies were asked for. */
function notePlaces(driver: FakeDriver): (readonly string[] | undefined)[] {
  const asked: (readonly string[] | undefined)[] = [];
  driver.cookies = async (places) => {
    asked.push(places);
    return { cookies: [...driver.jar], losses: [] };
  };
  return asked;
}

const cookie: Cookie = {
  name: 'c',
  value: 'v',
  domain: 'guessed.example',
  hostOnly: true,
  path: '/',
  httpOnly: true,
  secure: true,
};

describe('cookies', () => {
  test('are asked for once, of no place, where the browser lists all', async () => {
    const driver = driverWith({});
    const asked = notePlaces(driver);
    await captureState(driver, options);
    expect(asked).toEqual([undefined]);
  });

  test('are asked for by the places that the tabs tell, where the browser lists them by place', async () => {
    const driver = driverWith({ allCookies: false });
    const asked = notePlaces(driver);
    await captureState(driver, { ...options, origins: ['https://given.example'] });
    expect(asked).toHaveLength(1);
    expect(asked[0]?.toSorted()).toEqual(['https://a.example/', 'https://before.example/', 'https://given.example/']);
  });

  test('are asked for of given origins only, where a place takes a request', async () => {
    const driver = driverWith({ allCookies: false, offlineVisit: false });
    const asked = notePlaces(driver);
    await captureState(driver, { ...options, origins: ['https://given.example'] });
    expect(asked).toEqual([['https://given.example/']]);
  });
});

describe('origins', () => {
  test('[PSP-CAP-6] none is visited that takes a request, unless the caller names it; those that were seen are named', async () => {
    const driver = driverWith({ offlineVisit: false });
    driver.jar.push(cookie);
    const { document } = await captureState(driver, { ...options, origins: ['https://given.example'] });
    expect(driver.calls.filter((call) => call.startsWith('visit'))).toEqual(['visit t1 https://given.example']);
    const losses = document.losses.filter(({ kind }) => kind === 'origin');
    expect(losses).toMatchObject([{ code: 'origin-not-open', kind: 'origin', origin: 'https://before.example' }]);
    expect(losses[0]?.advice).toContain('origins');
    expect(document.origins.map(({ origin }) => origin)).toEqual(['https://a.example', 'https://given.example']);
  });

  test('[PSP-CAP-2] those that the browser lists are read; one that is empty is no part of the session', async () => {
    const driver = driverWith({});
    const { evaluate } = driver;
    driver.discoverOrigins = async () => ({
      origins: ['https://listed.example', 'https://empty.example'],
      places: [],
      missing: undefined,
    });
    driver.evaluate = async (at, frame, source, argument) =>
      frame.origin === 'https://empty.example'
        ? JSON.stringify({ localStorage: [], databases: [], batches: [], rest: [], losses: [] })
        : evaluate(at, frame, source, argument);
    const { document } = await captureState(driver, options);
    expect(document.origins.map(({ origin }) => origin)).toEqual([
      'https://a.example',
      'https://before.example',
      'https://listed.example',
    ]);
    expect(document.losses.filter(({ kind }) => kind === 'origin')).toEqual([]);
  });

  test('[PSP-CAP-7] those that the browser does not list are named as a whole, with what to do', async () => {
    const driver = driverWith({});
    driver.discoverOrigins = async () => ({ origins: [], places: [], missing: 'origins of yesterday' });
    const { document } = await captureState(driver, options);
    const losses = document.losses.filter(({ kind }) => kind === 'origin');
    expect(losses).toMatchObject([{ code: 'origins-may-be-missing', kind: 'origin', detail: 'origins of yesterday' }]);
    expect(losses[0]?.advice).toContain('origins');
  });

  test('[PSP-CAP-7] lists that cannot be read are named; the capture goes on', async () => {
    const driver = driverWith({});
    driver.discoverOrigins = async () => Promise.reject(new PspError('TIMEOUT', 'no answer'));
    const { document } = await captureState(driver, options);
    expect(document.losses.filter(({ kind }) => kind === 'origin')).toMatchObject([
      { code: 'origins-may-be-missing', detail: expect.stringContaining('no answer') },
    ]);
    expect(document.origins).toHaveLength(2);
  });

  test('storage that tabs share is read in a blank document where tabs cannot', async () => {
    const driver = driverWith({ databasesInTabs: false });
    const { document } = await captureState(driver, options);
    const dumps = driver.calls.filter((call) => call.startsWith('dump') && call.includes('https://a.example'));
    expect(dumps).toEqual(['dump tab https://a.example false true', 'dump t1 https://a.example true false']);
    expect(document.tabs).toMatchObject([{ sessionStorage: [{ origin: 'https://a.example', items }] }]);
    expect(document.origins[0]).toMatchObject({ origin: 'https://a.example', localStorage: items });
  });
});

describe('sessionStorage of origins that a tab has left', () => {
  const missing = async (driver: FakeDriver): Promise<unknown[]> =>
    (await captureState(driver, options)).document.losses.filter(({ code }) => code.startsWith('session-storage'));

  test('[PSP-TAB-5] is said to be missing where the history names them and nobody can tell', async () => {
    const item = 'https://a.example/page';
    expect(await missing(driverWith({}))).toMatchObject([
      { code: 'session-storage-may-be-missing', kind: 'sessionStorage', origin: 'https://before.example', item },
    ]);
  });

  test('is not where the tab has such a page open in a frame, nor where no history is told', async () => {
    const open = driverWith({});
    const { frames } = open;
    const below = { id: 'below', origin: 'https://before.example', url: 'https://before.example/', firstParty: true };
    open.frames = async (at) => [...(await frames(at)), below];
    expect(await missing(open)).toEqual([]);
    const silent = driverWith({ history: false });
    silent.history = async () => [];
    expect(await missing(silent)).toEqual([]);
  });
});

test.each([1, 2, 3])('as many helpers as the driver can use: %s', async (helpers) => {
  const driver = driverWith({ helpers });
  driver.visited = () => ['b', 'c', 'd', 'e'].map((name) => `https://${name}.example`);
  await captureState(driver, options);
  expect(driver.calls.filter((call) => call.startsWith('openHelper'))).toHaveLength(helpers);
});
