/** Restores that cannot finish: they end, and tell the truth about what stands in the browser. */
import { PspError, type SessionDocument, type TabState } from '@psp/protocol';
import { describe, expect, test } from 'vitest';
import type { Tab } from '../src/browser/driver.js';
import type { TabHistory } from '../src/browser/tab-memory.js';
import { restoreState } from '../src/restore.js';
import type { RecordBatch } from '../src/state.js';
import { failureOf } from './support/failure.js';
import { FakeDriver, gone } from './support/fake-driver.js';
import { makeDocument } from './support/session-state.js';

const ORIGINS = ['https://a.example', 'https://b.example', 'https://c.example'];
const store = { name: 's', keyPath: null, autoIncrement: false, indexes: [], records: [] };

function documentOf(fields: Partial<SessionDocument> = {}): SessionDocument {
  const origins = ORIGINS.map((origin) => {
    return { origin, localStorage: [], indexedDB: [{ name: 'd', version: 1, stores: [store] }] };
  });
  return { ...makeDocument(), cookies: [], tabs: [], origins, ...fields };
}

function batch(origin: number, mebibytes = 3): RecordBatch {
  return { at: [origin, 0, 0], count: 1, json: Buffer.from(`[${' '.repeat(mebibytes * 1024 * 1024)}]`) };
}

describe('a restore', () => {
  test('[PSP-RES-5] ends when no helper tab can be opened while a large origin waits for its records', async () => {
    const driver = new FakeDriver();
    driver.openHelper = async () => Promise.reject(new PspError('TIMEOUT', 'Target.createTarget: no answer'));
    const batches = [0, 0, 0, 0, 0, 1, 2].map((origin) => batch(origin));
    const error = await failureOf(restoreState(driver, { document: documentOf(), batches }));
    expect(error).toMatchObject({ code: 'RESTORE_INCOMPLETE', cause: { code: 'TIMEOUT' } });
    expect(error.report).toMatchObject({ done: ['0 cookies'], notDone: ORIGINS });
  });

  test('[PSP-RES-5] a stream that fails ends it: origins whose records are unknown are neither emptied nor called done', async () => {
    const driver = new FakeDriver();
    async function* broken(): AsyncGenerator<RecordBatch> {
      for (let count = 0; count < 5; count++) yield batch(0);
      throw new PspError('CORRUPT', 'part 3: changed');
    }
    const error = await failureOf(restoreState(driver, { document: documentOf(), batches: broken() }));
    expect(error).toMatchObject({ code: 'RESTORE_INCOMPLETE', cause: { code: 'CORRUPT' } });
    expect(error.report).toMatchObject({ done: ['0 cookies'], notDone: ORIGINS });
    expect([...driver.puts.keys()]).toEqual([ORIGINS[0]]);
  });

  test('a helper tab that crashes costs nothing: its origin is written again from its first record', async () => {
    const driver = new FakeDriver();
    const { evaluate } = driver;
    let crashed: string | undefined;
    driver.evaluate = async (tab, frame, source, argument) => {
      if (frame.origin === ORIGINS[1]) crashed ??= tab.id;
      if (tab.id === crashed) throw gone('tab');
      return evaluate(tab, frame, source, argument);
    };
    const batches = [batch(0, 0), batch(1, 0), batch(1, 0), batch(2, 0)];
    const report = await restoreState(driver, { document: documentOf(), batches });
    expect(report).toMatchObject({ notDone: [], losses: [] });
    expect([...driver.puts].toSorted()).toEqual([
      [ORIGINS[0], 1],
      [ORIGINS[1], 2],
      [ORIGINS[2], 1],
    ]);
  });

  test('a large origin whose helper tab crashes in its midst fails by name, and the others are done', async () => {
    const driver = new FakeDriver();
    const { evaluate } = driver;
    driver.evaluate = async (tab, frame, source, argument) => {
      const text = await evaluate(tab, frame, source, argument);
      if ((driver.puts.get(ORIGINS[0] ?? '') ?? 0) >= 4 && frame.origin === ORIGINS[0]) throw gone('tab');
      return text;
    };
    const batches = [0, 0, 0, 0, 0, 1, 2].map((origin) => batch(origin));
    const { report } = await failureOf(restoreState(driver, { document: documentOf(), batches }));
    expect(report.notDone).toEqual([ORIGINS[0]]);
    expect(report.losses).toMatchObject([{ code: 'origin-failed', origin: ORIGINS[0] }]);
    expect(driver.puts.get(ORIGINS[2] ?? '')).toBe(1);
  });

  test('[PSP-RES-5] a context that is gone ends it, though its browser goes on', async () => {
    const driver = new FakeDriver();
    driver.visitBlank = async () => {
      driver.cookies = async () => Promise.reject(gone('context'));
      throw new PspError('BROWSER_GONE', 'The context closed.');
    };
    const { report, cause } = await failureOf(restoreState(driver, { document: documentOf(), batches: [] }));
    expect(cause).toMatchObject({ code: 'BROWSER_GONE', message: 'The context is gone or moved.' });
    expect(report.notDone).toEqual(ORIGINS);
    expect(report.losses).toEqual([]);
  });

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, '5' as unknown as number])(
    'a time limit of %s is refused before anything is touched',
    async (timeoutMs) => {
      const driver = new FakeDriver();
      const error = await failureOf(restoreState(driver, { document: documentOf(), batches: [] }, { timeoutMs }));
      expect(error.code).toBe('INVALID_INPUT');
      expect(driver.calls).toEqual([]);
    },
  );
});

describe('the tabs of a restore', () => {
  const items = [{ name: 'k', value: 'v' }];
  const url = 'https://a.example/x';
  const user: Tab = { id: 'user', url: 'https://elsewhere.example/', title: undefined, primary: true };

  function withTab(state: Partial<TabState>): { driver: FakeDriver; document: SessionDocument } {
    const driver = new FakeDriver();
    driver.tabs = async () => [user];
    const document = documentOf({ origins: [], tabs: [{ url, active: true, sessionStorage: [], ...state }] });
    return { driver, document };
  }

  test('the user’s tab that gets nothing is not touched', async () => {
    const { driver, document } = withTab({});
    await restoreState(driver, { document, batches: [] });
    expect(driver.calls).toEqual([]);
  });

  test.each(['primary', 'all'] as const)('a tab that fails goes back to its address and is named: %s', async (mode) => {
    const { driver, document } = withTab({ sessionStorage: [{ origin: 'https://a.example', items }] });
    if (mode === 'all') driver.tabs = async () => [];
    driver.evaluate = async () => Promise.reject(new PspError('TIMEOUT', 'no answer'));
    const { report } = await failureOf(restoreState(driver, { document, batches: [] }, { tabs: mode }));
    expect(report.losses).toMatchObject([{ code: 'tab-failed', kind: 'tab', item: url, detail: 'no answer' }]);
    expect(report.losses[0]?.advice).not.toContain('tabs: "all"');
    expect(report.notDone).toEqual([`tab ${url}`]);
    expect(driver.calls.at(-1)).toBe(mode === 'primary' ? `abandon user ${user.url}` : `abandon t1 ${url}`);
  });

  test('[PSP-TAB-7] a browser that takes no history opens the page of the tab, and says so where there is more', async () => {
    const entries = ['https://a.example/w', url, 'https://a.example/y'].map((at) => ({ url: at }));
    const { driver, document } = withTab({ history: { entries, index: 1 } });
    document.tabs.push({
      url: 'https://b.example/',
      sessionStorage: [],
      history: { entries: [{ url: 'https://b.example/' }], index: 0 },
    });
    const { losses } = await restoreState(driver, { document, batches: [] }, { tabs: 'all' });
    expect(losses).toMatchObject([
      { code: 'history-not-restored', kind: 'tab', item: url, detail: expect.stringContaining('3') },
    ]);
    expect(driver.calls).toEqual([`release user ${url}`, 'openTab t1', 'release t1 https://b.example/']);
  });

  test('a history of more entries than a browser keeps is cut around the page that the tab shows', async () => {
    const entries = Array.from({ length: 80 }, (_, at) => ({ url: `https://a.example/${at}` }));
    const { driver, document } = withTab({ url: 'https://a.example/70', history: { entries, index: 70 } });
    driver.features = { ...driver.features, tabMemory: true };
    const given: TabHistory[] = [];
    const restoreEntries = async (_: Tab, history: TabHistory): Promise<void> => void given.push(history);
    Object.assign(driver, { tabMemory: { ...driver.tabMemory, restoreEntries, bringToFront: async () => undefined } });
    const { losses } = await restoreState(driver, { document, batches: [] }, { tabs: 'all' });
    expect(given).toEqual([{ entries: entries.slice(30), index: 40 }]);
    expect(losses).toMatchObject([{ code: 'history-entry-left-out', detail: '30 entries' }]);
  });

  test('a tab that cannot be opened is named, and the next one is tried', async () => {
    const { driver, document } = withTab({});
    const { openTab } = driver;
    driver.tabs = async () => [];
    driver.openTab = async () => {
      driver.openTab = openTab;
      throw new PspError('TIMEOUT', 'no answer');
    };
    document.tabs.push({ url: 'https://b.example/', sessionStorage: [] });
    const { report } = await failureOf(restoreState(driver, { document, batches: [] }, { tabs: 'all' }));
    expect(report.notDone).toEqual([`tab ${url}`]);
    expect(report.done).toContain('tab https://b.example/');
  });
});

describe('cookies of another login', () => {
  test('[PSP-RES-2] those that only a tab’s host is sent go too', async () => {
    const driver = new FakeDriver();
    const cookie = { name: 'sid', value: 'alice', path: '/', httpOnly: true, secure: true };
    const other = { ...cookie, value: 'bob', hostOnly: true };
    driver.jar.push(...['app.a.example', 'frame.example', 'kept.example'].map((domain) => ({ ...other, domain })));
    const sessionStorage = [{ origin: 'https://frame.example', items: [] }];
    const document = documentOf({
      origins: [],
      cookies: [{ ...cookie, domain: 'a.example', hostOnly: false }],
      tabs: [{ url: 'https://app.a.example/', sessionStorage }],
    });
    await restoreState(driver, { document, batches: [] }, { tabs: 'none' });
    expect(driver.jar.map(({ domain }) => domain).toSorted()).toEqual(['a.example', 'kept.example']);
  });
});
