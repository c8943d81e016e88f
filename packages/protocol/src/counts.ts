/** How much a session holds, for lists and reports. */
import type { SessionCounts } from './schema/metadata.js';
import type { SessionDocument } from './schema/session.js';

const sum = (numbers: Iterable<number>): number => {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
};

/** Counts a document. Records that stand beside it, in batches, are counted from `batches`. */
export function countSession(
  document: SessionDocument,
  batches: Iterable<{ readonly count: number }> = [],
): SessionCounts {
  const databases = document.origins.flatMap((origin) => origin.indexedDB);
  const stores = databases.flatMap((database) => database.stores);
  const areas = document.tabs.flatMap((tab) => tab.sessionStorage);
  return {
    cookies: document.cookies.length,
    origins: document.origins.length,
    localStorage: sum(document.origins.map((origin) => origin.localStorage.length)),
    sessionStorage: sum(areas.map((area) => area.items.length)),
    databases: databases.length,
    records: sum(stores.map((store) => store.records.length)) + sum(Array.from(batches, (batch) => batch.count)),
    tabs: document.tabs.length,
    losses: document.losses.length,
  };
}
