/** Helper tabs that cannot be opened, that crash, and that are given back. */
import { PspError } from '@psp/protocol';
import { describe, expect, test } from 'vitest';
import type { Tab } from '../src/browser/driver.js';
import { HelperPool } from '../src/helper-pool.js';
import { FakeDriver, gone } from './support/fake-driver.js';

const failure = new PspError('TIMEOUT', 'no answer');

describe('a pool of helper tabs', () => {
  test('opens no more tabs than items want, and closes them', async () => {
    const driver = new FakeDriver();
    const pool = new HelperPool(driver);
    await pool.forEach(['a', 'b', 'c'], (item, withTab) =>
      withTab(async (tab) => void driver.calls.push(`${item} in ${tab.id}`)),
    );
    await pool.close();
    expect(driver.calls.filter((call) => call.startsWith('openHelper'))).toHaveLength(2);
    expect(driver.calls.filter((call) => call.startsWith('close')).toSorted()).toEqual(['close t1', 'close t2']);
    const lazy = new FakeDriver();
    await new HelperPool(lazy).forEach(['a', 'b'], async () => undefined);
    expect(lazy.calls).toEqual([]);
  });

  test('a tab that ends is replaced, its item begins anew, and the items that follow are done', async () => {
    const driver = new FakeDriver();
    const dead = new Set<string>();
    const done: string[] = [];
    const inTab = async ({ id }: Tab, item: string): Promise<void> => {
      if (item === 'crash' && dead.size === 0) dead.add(id);
      if (dead.has(id)) throw gone('tab');
      done.push(item);
    };
    const pool = new HelperPool(driver);
    await pool.forEach(['a', 'crash', 'b', 'c', 'd'], (item, withTab) => withTab((tab) => inTab(tab, item)));
    expect(done.toSorted()).toEqual(['a', 'b', 'c', 'crash', 'd']);
  });

  test('an item that ends two tabs fails, and so does one that cannot begin anew', async () => {
    const driver = new FakeDriver();
    const failed: string[] = [];
    const runs: string[] = [];
    const pool = new HelperPool(driver);
    await pool.forEach(['once', 'bad', 'good'], async (item, withTab) => {
      const work = async (): Promise<void> => {
        runs.push(item);
        if (item !== 'good') throw gone('tab');
      };
      await withTab(work, () => item !== 'once').catch((error: PspError) => failed.push(`${item} ${error.code}`));
    });
    expect(runs.toSorted()).toEqual(['bad', 'bad', 'good', 'once']);
    expect(failed.toSorted()).toEqual(['bad BROWSER_GONE', 'once BROWSER_GONE']);
  });

  test('another failure keeps its tab, and its item is not repeated', async () => {
    const driver = new FakeDriver();
    let runs = 0;
    const work = async (): Promise<void> => {
      runs += 1;
      throw failure;
    };
    await new HelperPool(driver).forEach(['a'], (_, withTab) => withTab(work).catch(() => undefined));
    expect({ runs, calls: driver.calls }).toEqual({ runs: 1, calls: ['openHelper t1'] });
  });

  test('where no tab can be had, it ends with the reason, even when the work takes it for a failure of its item', async () => {
    const driver = new FakeDriver();
    driver.openHelper = async () => Promise.reject(failure);
    const begun: string[] = [];
    const all = new HelperPool(driver).forEach(['a', 'b', 'c', 'd'], async (item, withTab) => {
      begun.push(item);
      await withTab(async () => undefined).catch(() => undefined);
    });
    await expect(all).rejects.toBe(failure);
    expect(begun).toEqual(['a', 'b']);
  });

  test('the first failure ends the walk and lets go of the source', async () => {
    let closed = false;
    const begun: number[] = [];
    async function* source(): AsyncGenerator<number> {
      try {
        for (let item = 0; ; item++) yield item;
      } finally {
        closed = true;
      }
    }
    const all = new HelperPool(new FakeDriver()).forEach(source(), async (item) => {
      begun.push(item);
      if (item === 3) throw failure;
    });
    await expect(all).rejects.toBe(failure);
    expect(closed).toBe(true);
    expect(begun.length).toBeLessThanOrEqual(5);
  });
});
