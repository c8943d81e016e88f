/** Captures while pages close, move and crash: what is no loss, what is one, and what ends the capture. */
import { newSessionId, PspError } from '@psp/protocol';
import { describe, expect, test } from 'vitest';
import type { Frame, Tab } from '../src/browser/driver.js';
import { captureState } from '../src/capture.js';
import { ELSEWHERE, FakeDriver, gone } from './support/fake-driver.js';

const options = { id: newSessionId(), name: 'a session' };
const tab: Tab = { id: 'tab', url: 'https://a.example/', title: undefined, primary: true };
const frame = (id: string, origin: string): Frame => ({ id, origin, url: `${origin}/`, firstParty: true });
const main = frame('main', 'https://a.example');
const below = frame('below', 'https://below.a.example');

/** A tab whose frames hold one item of sessionStorage each; `failing` frames throw in turn what they have, then answer. */
function withTab(failing: Record<string, PspError[]> = {}): FakeDriver {
  const driver = new FakeDriver();
  driver.tabs = async () => [tab];
  driver.frames = async () => [main, below];
  driver.evaluate = async (_tab, { id, origin }, _source, argument) => {
    const error = failing[id]?.shift();
    if (error !== undefined) throw error;
    const { sessionStorage } = JSON.parse(argument) as { sessionStorage: boolean };
    const items = [{ name: 'k', value: origin }];
    const header = { localStorage: [], databases: [], batches: [], rest: [], losses: [] };
    return JSON.stringify({ ...header, ...(sessionStorage ? { sessionStorage: items } : {}) });
  };
  return driver;
}

const crash = new PspError('BROWSER_GONE', 'The tab crashed.');
const blocked = new PspError('TIMEOUT', 'no answer');

async function capturedOf(driver: FakeDriver) {
  const { document } = await captureState(driver, { ...options, timeoutMs: 1000 });
  return {
    areas: document.tabs.map(({ url, sessionStorage }) => [url, ...sessionStorage.map(({ origin }) => origin)]),
    losses: document.losses.map(({ code, origin, item }) => [code, origin, item]),
    origins: document.origins.map(({ origin }) => origin),
  };
}

describe('a tab that changes while it is read', () => {
  test('a frame below the page that vanishes is no loss, and its origin is read in another way', async () => {
    expect(await capturedOf(withTab({ below: [gone('frame')] }))).toEqual({
      areas: [[tab.url, main.origin]],
      losses: [],
      origins: [main.origin, below.origin],
    });
  });

  test('a frame that crashes or does not answer is named, and the page is captured', async () => {
    for (const [error, code] of [
      [crash, 'tab-crashed'],
      [blocked, 'tab-blocked'],
    ] as const) {
      // Asked twice: the second time without the databases.
      const captured = await capturedOf(withTab({ below: [error, error] }));
      expect(captured.areas).toEqual([[tab.url, main.origin]]);
      expect(captured.losses).toEqual([[code, below.origin, tab.url]]);
    }
  });

  test('a page that moves is read again where it went', async () => {
    const driver = withTab({ main: [gone('frame')] });
    const urls = [tab.url, 'https://a.example/next'];
    driver.tabs = async () => [{ ...tab, url: urls.shift() ?? '' }];
    expect(await capturedOf(driver)).toMatchObject({
      areas: [['https://a.example/next', main.origin, below.origin]],
      losses: [],
    });
  });

  test('[PSP-CAP-8] a page that is of another origin by now gives nothing of it', async () => {
    const driver = withTab();
    const { evaluate } = driver;
    const asked: unknown[] = [];
    driver.evaluate = async (of, at, source, argument) => {
      if (of.id !== tab.id || at.id !== 'main') return evaluate(of, at, source, argument);
      asked.push((JSON.parse(argument) as { origin: string }).origin);
      return JSON.stringify(ELSEWHERE);
    };
    expect(await capturedOf(driver)).toMatchObject({
      areas: [[tab.url, below.origin]],
      losses: [['tab-failed', main.origin, tab.url]],
      origins: [main.origin, below.origin],
    });
    expect(new Set(asked)).toEqual(new Set([main.origin]));
  });

  test('a page that moves all the time is named, with what to do', async () => {
    const driver = withTab({ main: [gone('frame'), gone('frame')] });
    const { document } = await captureState(driver, options);
    expect(document.losses).toMatchObject([{ code: 'tab-failed', kind: 'tab', item: tab.url }]);
    expect(document.losses[0]?.advice).toContain('elsewhere');
    expect(document.tabs).toMatchObject([{ url: tab.url, sessionStorage: [{ origin: below.origin }] }]);
  });

  test('a tab that closes is left out without a loss; its origin is read in another way', async () => {
    const driver = withTab({ main: [gone('frame')] });
    const lists = [[tab], []];
    driver.tabs = async () => lists.shift() ?? [];
    expect(await capturedOf(driver)).toEqual({ areas: [], losses: [], origins: [main.origin, below.origin] });
  });

  test('[PSP-CAP-4] a context that is gone ends the capture, though its browser goes on', async () => {
    const driver = withTab({ main: [gone('frame')] });
    const answers = [{ cookies: [], losses: [] }];
    driver.cookies = async () => answers.shift() ?? Promise.reject(gone('context'));
    await expect(captureState(driver, options)).rejects.toMatchObject({ code: 'BROWSER_GONE' });
  });
});

describe('which origins are part of the session', () => {
  test('empty ones where the user has been or the caller points; not those that a cookie hints at', async () => {
    const driver = new FakeDriver();
    driver.visited = () => ['https://visited.example'];
    driver.jar.push({
      name: 'c',
      value: 'v',
      domain: 'c.example',
      hostOnly: true,
      path: '/',
      httpOnly: true,
      secure: true,
    });
    const { document } = await captureState(driver, { ...options, origins: ['https://given.example'] });
    expect(document.origins).toEqual(
      ['https://given.example', 'https://visited.example'].map((origin) => ({
        origin,
        localStorage: [],
        indexedDB: [],
      })),
    );
    expect(driver.calls.filter((call) => call.endsWith(' https://c.example'))).toHaveLength(1);
  });

  test('not those that would not tell what they hold: a restore must not empty them', async () => {
    const driver = new FakeDriver();
    driver.visited = () => ['https://denied.example'];
    const loss = { code: 'storage-denied', kind: 'localStorage' };
    driver.evaluate = async () => JSON.stringify({ localStorage: [], batches: [], rest: [], losses: [loss] });
    const { document } = await captureState(driver, options);
    expect(document).toMatchObject({ origins: [], losses: [{ ...loss, origin: 'https://denied.example' }] });
  });
});

test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, null as unknown as number])(
  'a time limit of %s is refused',
  async (timeoutMs) => {
    const captured = captureState(new FakeDriver(), { ...options, timeoutMs });
    await expect(captured).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('timeoutMs'),
    });
  },
);
