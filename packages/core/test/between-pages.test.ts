/** What a tab is asked while it is between two pages. A fake tab, since no real one stays there for as long as a test needs. */
import { PspError } from '@psp/protocol';
import { describe, expect, test } from 'vitest';
import { BlankTab } from '../src/browser/cdp/blank.js';
import { readHistory } from '../src/browser/cdp/tab-history.js';
import type { Target } from '../src/browser/cdp/target.js';
import { CdpRefusal, type CdpEvent } from '../src/browser/cdp/transport.js';

const PAGE = 'https://a.example/';

/** Refuses the first calls of `method` in Chromium's words, and moves wherever it is told to. */
function fakeTab(method: string, times: number, words = 'Not attached to an active page') {
  const calls: string[] = [];
  const listeners = new Set<(event: CdpEvent) => void>();
  const send = async (name: string, params: { url?: string }): Promise<unknown> => {
    calls.push(name);
    if (name === method && calls.filter((call) => call === method).length <= times) {
      throw new PspError('BROWSER_GONE', 'refused', { cause: new CdpRefusal(method, words) });
    }
    const frame = { id: 't', url: params.url };
    if (name === 'Page.navigate')
      for (const listener of listeners) listener({ method: 'Page.frameNavigated', params: { frame }, sessionId: 's' });
    return { entries: [{ url: PAGE, title: 'a' }], currentIndex: 0 };
  };
  const onEvent = (listener: (event: CdpEvent) => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  return { calls, target: { id: 't', send, onEvent } as unknown as Target };
}

describe('a tab between two pages', () => {
  test('forgets its history as soon as there is a page again', async () => {
    const { calls, target } = fakeTab('Page.resetNavigationHistory', 2);
    await new BlankTab(target).end(PAGE, 1000);
    expect(calls.filter((call) => call === 'Page.resetNavigationHistory')).toHaveLength(3);
  });

  test('tells its history as soon as there is a page again', async () => {
    const { target } = fakeTab('Page.getNavigationHistory', 2);
    expect(await readHistory(target, 1000)).toEqual({ entries: [{ url: PAGE, title: 'a' }], index: 0 });
  });

  test('is not waited for when there is no tab any more, nor for ever', async () => {
    const closed = fakeTab('Page.getNavigationHistory', 2, 'No target with given id found');
    await expect(readHistory(closed.target, 1000)).rejects.toMatchObject({ code: 'BROWSER_GONE' });
    expect(closed.calls).toHaveLength(1);
    const lost = fakeTab('Page.getNavigationHistory', Infinity);
    await expect(readHistory(lost.target, 20)).rejects.toMatchObject({ code: 'BROWSER_GONE' });
  });
});
