/** What of a tab's history becomes part of a session, and the sessionStorage of origins that the tab has left. */
import { type Loss, originOf, type TabState } from '@psp/protocol';
import type { BrowserDriver, Frame, Tab } from './browser/driver.js';
import type { HistoryEntry, TabHistory } from './browser/tab-memory.js';
import { addressOf } from './origins.js';

/** What new tabs show, those of chromedriver (`data:,`) among them. Nothing is lost with them. */
const START_PAGE = /^(?:$|data:,$|about:(?:blank|newtab|home)$|(?:chrome|edge|brave):\/\/(?:newtab|new-tab-page)\/)/;

export const isOfSite = (url: string): boolean => /^https?:/.test(url) && URL.canParse(url);

/**
 * The entries that are pages of sites, and one loss for others that the user may miss. Undefined where the tab shows no page of a site.
 */
export function siteHistory(
  { entries, index }: TabHistory,
  { url: address }: Pick<Tab, 'url'>,
): { history: TabHistory | undefined; losses: Loss[] } {
  const kept = entries.filter(({ url }) => isOfSite(url));
  const left = entries.filter(({ url }) => !isOfSite(url) && !START_PAGE.test(url));
  const at = kept.indexOf(entries[index] as HistoryEntry);
  if (at === -1) return { history: undefined, losses: [] };
  const history = { entries: kept.map(wellFormed), index: at };
  if (left.length === 0) return { history, losses: [] };
  const schemes = [...new Set(left.map(({ url }) => /^[a-z][a-z0-9+.-]*:/i.exec(url)?.[0] ?? 'no scheme'))].join(', ');
  const detail = `${left.length} of ${entries.length} entries: ${schemes}`;
  return { history, losses: [{ code: 'history-entry-left-out', kind: 'tab', item: addressOf(address), detail }] };
}

/** A page may put half a character into its title. */
function wellFormed({ url, title }: HistoryEntry): HistoryEntry {
  return { url, ...(title === undefined || title === '' ? {} : { title: title.toWellFormed() }) };
}

/** What a look at the tab has found so far. */
interface Found {
  readonly frames: readonly Frame[];
  readonly urls: readonly string[];
  readonly sessionStorage: TabState['sessionStorage'];
}

/** Beside what was read in open pages. Origins of the history that nobody can tell of become a loss each. */
export function leftAreas(
  { tabMemory }: BrowserDriver,
  tab: Tab,
  { frames, urls, sessionStorage }: Found,
): { areas: TabState['sessionStorage']; losses: Loss[] } {
  const own = sessionStorage.filter(({ partition }) => partition === undefined);
  const read = new Set(own.map(({ origin }) => origin));
  // A page that is open and holds nothing now is the better witness.
  for (const { origin, firstParty } of frames) if (origin !== undefined && firstParty) read.add(origin);
  const seen = tabMemory.seenSessionStorage(tab);
  const areas = seen.filter(({ origin, items }) => !read.has(origin) && items.length > 0);
  const known = new Set([...read, ...seen.map(({ origin }) => origin), originOf(tab.url)]);
  const unknown = new Set(urls.map(originOf).filter((origin) => origin !== undefined && !known.has(origin)));
  const item = addressOf(tab.url);
  const losses = [...unknown].map((origin): Loss => {
    return { code: 'session-storage-may-be-missing', kind: 'sessionStorage', origin: origin as string, item };
  });
  return { areas, losses };
}
