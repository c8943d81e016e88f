/** Lazy restores whose parts fail, come late or come at once: whoever waits goes on, and settle tells the truth. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { PspError, type SessionDocument } from '@psp/protocol';
import { describe, expect, test } from 'vitest';
import type { HoldOptions } from '../src/browser/hold.js';
import { beginRestore, type Restoration } from '../src/restore.js';
import type { RecordBatch } from '../src/state.js';
import { failureOf } from './support/failure.js';
import { FakeDriver, gone } from './support/fake-driver.js';
import { makeDocument } from './support/session-state.js';

const [A, B, C] = ['https://a.example', 'https://b.example', 'https://c.example'] as const;
const store = { name: 's', keyPath: null, autoIncrement: false, indexes: [], records: [] };

function documentOf(origins: readonly string[] = [A, B, C]): SessionDocument {
  const states = origins.map((origin) => {
    return { origin, localStorage: [], indexedDB: [{ name: 'd', version: 1, stores: [store] }] };
  });
  return { ...makeDocument(), cookies: [], tabs: [], origins: states };
}

function batch(origin: number, mebibytes = 0): RecordBatch {
  return { at: [origin, 0, 0], count: 1, json: Buffer.from(`[${' '.repeat(mebibytes * 1024 * 1024)}]`) };
}

/** Holds nothing by itself: a test wants an origin by `want`, as a page would. */
class HoldingDriver extends FakeDriver {
  readonly released: string[] = [];
  unheld: string[] = [];
  atHand: Set<string> | undefined = new Set();
  ended = 0;
  #options: HoldOptions | undefined;

  override hold = {
    hold: async (options: HoldOptions) => {
      this.#options = options;
      const release = async (origin: string): Promise<void> => void this.released.push(origin);
      const end = async (): Promise<void> => void (this.ended += 1);
      return { unheld: Promise.resolve(this.unheld), atHand: Promise.resolve(this.atHand), release, end };
    },
  };

  constructor() {
    super();
    this.features = { ...this.features, hold: true };
  }

  async want(origin: string): Promise<void> {
    await this.#options?.onFirst(origin);
  }

  visits(origin: string): number {
    return this.calls.filter((call) => call.startsWith('visit') && call.endsWith(` ${origin}`)).length;
  }
}

function begin(
  driver: FakeDriver,
  batches: Iterable<RecordBatch> | AsyncIterable<RecordBatch> = [batch(0), batch(1), batch(2)],
  document = documentOf(),
): Promise<Restoration> {
  return beginRestore(driver, { document, batches }, { speed: 'lazy' });
}

describe('a lazy restore', () => {
  test('[PSP-RES-7] writes what is wanted, once, and the rest when it is settled', async () => {
    const driver = new HoldingDriver();
    const restoration = await begin(driver);
    expect(restoration.report()).toMatchObject({ done: ['0 cookies'], pending: [A, B, C] });
    await Promise.all([driver.want(B), driver.want(B)]);
    expect(driver.released).toEqual([B]);
    expect(restoration.report()).toMatchObject({ done: ['0 cookies', B], pending: [A, C] });
    const settling = restoration.settle();
    await Promise.all([driver.want(C), driver.want('https://other.example')]);
    expect(await settling).toMatchObject({ pending: [], notDone: [] });
    expect([A, B, C].map((origin) => driver.visits(origin))).toEqual([1, 1, 1]);
    expect([...driver.puts.values()]).toEqual([1, 1, 1]);
    expect(driver.ended).toBe(1);
    await driver.want(A);
    expect(await restoration.settle()).toMatchObject({ pending: [] });
    expect(driver.calls.filter((call) => call.startsWith('close'))).toHaveLength(2);
  });

  test('has its first helper tab ready, and leaves none that comes too late', async () => {
    const opened = (driver: FakeDriver): number => driver.calls.filter((call) => call.startsWith('openHelper')).length;
    const waiting = new HoldingDriver();
    const restoration = await begin(waiting);
    expect(opened(waiting)).toBe(0);
    await nextTurn();
    expect(opened(waiting)).toBe(1);
    await restoration.settle();
    const hasty = new HoldingDriver();
    await (await begin(hasty)).settle();
    await nextTurn();
    expect(hasty.calls.filter((call) => call.startsWith('close'))).toHaveLength(opened(hasty));
  });

  test('an origin in parts, first-party and below other sites, goes on when all are written', async () => {
    const driver = new HoldingDriver();
    const restoration = await begin(driver, [batch(0), batch(2)], documentOf([A, B, A]));
    await driver.want(A);
    expect(driver.visits(A)).toBe(2);
    expect(driver.puts.get(A)).toBe(2);
    expect(driver.released).toEqual([A]);
    await restoration.settle();
  });

  test('[PSP-RES-5] an origin that fails lets its page go on, and settle tells', async () => {
    const driver = new HoldingDriver();
    const restoration = await begin(driver);
    const { visitBlank } = driver;
    driver.visitBlank = async (tab, origin) => {
      if (origin === A) throw new PspError('BROWSER_UNREACHABLE', 'the browser would not');
      return visitBlank(tab, origin);
    };
    await driver.want(A);
    expect(driver.released).toEqual([A]);
    const { code, report } = await failureOf(restoration.settle());
    expect(code).toBe('RESTORE_INCOMPLETE');
    expect(report).toMatchObject({ pending: [], notDone: [A], losses: [{ code: 'origin-failed', origin: A }] });
    expect(report.done).toEqual(['0 cookies', B, C]);
  });

  test('a helper tab that crashes while a page waits costs nothing', async () => {
    const driver = new HoldingDriver();
    const { evaluate } = driver;
    let crashed: string | undefined;
    driver.evaluate = async (tab, frame, source, argument) => {
      crashed ??= tab.id;
      if (tab.id === crashed) throw gone('tab');
      return evaluate(tab, frame, source, argument);
    };
    const restoration = await begin(driver);
    await driver.want(A);
    expect(driver.puts.get(A)).toBe(1);
    expect(await restoration.settle()).toMatchObject({ losses: [], notDone: [] });
  });

  test('[PSP-RES-5] without helper tabs, pages go on and settle throws', async () => {
    const driver = new HoldingDriver();
    driver.openHelper = async () => Promise.reject(new PspError('TIMEOUT', 'Target.createTarget: no answer'));
    const restoration = await begin(driver);
    await Promise.all([driver.want(A), driver.want(B)]);
    const error = await failureOf(restoration.settle());
    expect(error).toMatchObject({ code: 'RESTORE_INCOMPLETE', cause: { code: 'TIMEOUT' }, report: { pending: [] } });
    expect(error.report.notDone.toSorted()).toEqual([A, B, C]);
    expect(driver.ended).toBeGreaterThan(0);
  });

  test('[PSP-RES-5] a stream that fails ends it before it returns, and nothing is held', async () => {
    const driver = new HoldingDriver();
    async function* broken(): AsyncGenerator<RecordBatch> {
      yield batch(0);
      throw new PspError('CORRUPT', 'part 3: changed');
    }
    const { cause, report } = await failureOf(begin(driver, broken()));
    expect(cause).toMatchObject({ code: 'CORRUPT' });
    expect(report).toMatchObject({ pending: [], notDone: [A, B, C] });
    expect(driver.ended).toBe(1);
    await driver.want(A);
    expect(driver.puts.size).toBe(0);
  });

  test('what no request announces, and what is too large to keep, is written before it returns', async () => {
    const driver = new HoldingDriver();
    driver.unheld = [B];
    const large = [0, 0, 0, 0].map((origin) => batch(origin, 3));
    const [D, document] = ['https://d.example', documentOf([A, B, C, 'https://d.example'])] as const;
    document.environment = { permissions: [{ origin: D, name: 'notifications', state: 'granted' }] };
    const restoration = await begin(driver, [...large, batch(1), batch(2)], document);
    expect(
      restoration
        .report()
        .done.filter((part) => part.startsWith('https:'))
        .toSorted(),
    ).toEqual([A, B, D]);
    expect(restoration.report().pending).toEqual([C]);
    expect(driver.puts.get(A)).toBe(4);
    await restoration.settle();
  });

  test('a tab that does not tell its frames may hold any of them: all is written before it returns', async () => {
    const driver = new HoldingDriver();
    driver.atHand = undefined;
    expect((await begin(driver)).report()).toMatchObject({ done: ['0 cookies', A, B, C], pending: [] });
  });

  test('a browser that cannot hold, or will not, is restored at once', async () => {
    const refusing = new HoldingDriver();
    refusing.hold = { hold: async () => Promise.reject(new PspError('UNSUPPORTED', 'Fetch.enable: not allowed')) };
    for (const driver of [new FakeDriver(), refusing]) {
      expect((await begin(driver)).report()).toMatchObject({ done: ['0 cookies', A, B, C], pending: [] });
    }
  });
});
