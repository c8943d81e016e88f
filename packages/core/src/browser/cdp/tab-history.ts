/**
 * The history of a tab over CDP: how it is told, and how it is made anew. Each entry is made by a blank page of ours, so that no site is
 * asked for it; when the user goes back to one, its page is loaded. Knows nothing of storage.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { PspError } from '@psp/protocol';
import type { HistoryEntry, TabHistory } from '../tab-memory.js';
import { onceOnPage } from './between-pages.js';
import type { BlankTab } from './blank.js';
import { callIn } from './page-code.js';
import type { Target } from './target.js';

const POLL_MS = 5;

/**
 * Gives the entry its address. A navigation there would make no entry of its own where the address is that of the entry before, or
 * differs in the fragment only.
 */
const RENAME = `async (url) => {
  history.replaceState(null, '', url);
  return location.href;
}`;

export async function readHistory(target: Target, timeoutMs: number): Promise<TabHistory> {
  const ask = () => target.send('Page.getNavigationHistory', {}, timeoutMs);
  const { entries, currentIndex } = await onceOnPage(ask, timeoutMs);
  return { entries: entries.map(({ url, title }) => ({ url, title })), index: currentIndex };
}

/** Of http and https entries. Throws BROWSER_UNREACHABLE where an entry cannot be made or its page gives no document. */
export async function rebuildHistory(blank: BlankTab, history: TabHistory, timeoutMs: number): Promise<void> {
  const entries = history.entries.map((entry) => ({ ...entry, url: withoutCredentials(entry.url) }));
  const last = entries.length - 1;
  const { url } = entries[history.index] as HistoryEntry;
  // A page that is reached for the first time is not to find that it was reloaded or gone back to, as far as that can be.
  const isFresh = history.index === last && !isSameDocument(entries[last - 1]?.url, url);
  await makeEntries(blank, isFresh ? entries.slice(0, -1) : entries, timeoutMs);
  const { target } = blank;
  if (isFresh && last === 0) return blank.end(url, timeoutMs);
  const go = async (): Promise<{ errorText?: string } | void> => {
    if (isFresh) return target.send('Page.navigate', { url }, timeoutMs);
    if (history.index === last) return target.send('Page.reload', {}, timeoutMs);
    return goTo(target, { ...history, entries }, timeoutMs);
  };
  await blank.leave(url, go, timeoutMs);
  await arrival(target, history.index, timeoutMs);
  // Ends what `goTo` set, too.
  await target.send('Network.disable', {}, timeoutMs);
}

async function makeEntries(blank: BlankTab, entries: readonly HistoryEntry[], timeoutMs: number): Promise<void> {
  for (const [index, { url, title }] of entries.entries()) {
    const { executionContextId } = await blank.visit(new URL(url).origin, timeoutMs, title);
    const renamed = await callIn(blank.target, executionContextId, RENAME, url, timeoutMs);
    if (renamed !== url) throw notMade(url);
    if (index === 0) await blank.target.send('Page.resetNavigationHistory', {}, timeoutMs);
  }
}

async function goTo(target: Target, { entries, index }: TabHistory, timeoutMs: number): Promise<void> {
  const made = await target.send('Page.getNavigationHistory', {}, timeoutMs);
  const entryId = made.entries[index]?.id;
  if (entryId === undefined || made.entries.length !== entries.length) throw notMade(entries[index]?.url ?? '');
  // Who goes back is shown what the cache holds, however old: here that could be the page of whoever was logged in before.
  await target.send('Network.enable', {}, timeoutMs);
  await target.send('Network.setCacheDisabled', { cacheDisabled: true }, timeoutMs);
  await target.send('Page.navigateToHistoryEntry', { entryId }, timeoutMs);
}

/** Waits until the browser, too, knows where in its history the tab is. */
async function arrival(target: Target, index: number, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while ((await readHistory(target, timeoutMs)).index !== index) {
    if (performance.now() > deadline) throw new PspError('TIMEOUT', 'The tab did not go to its entry of the history.');
    await sleep(POLL_MS);
  }
}

/** A page may not take an address with other credentials than its own, and browsers hide them. */
function withoutCredentials(url: string): string {
  const parsed = new URL(url);
  parsed.username = '';
  parsed.password = '';
  return parsed.href;
}

function isSameDocument(before: string | undefined, url: string): boolean {
  return before !== undefined && before.replace(/#.*/s, '') === url.replace(/#.*/s, '');
}

const notMade = (url: string): PspError =>
  new PspError('BROWSER_UNREACHABLE', `The browser made no entry of its history for ${new URL(url).origin}.`);
