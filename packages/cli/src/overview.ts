/** What `psp show` tells of a session: names, sizes and times. Values only where they were asked for. */
import { portabilityOfDocument } from '@psp/core';
import {
  showWireString,
  tokensOf,
  type Cookie,
  type SessionDocument,
  type SessionMetadata,
  type StorageItem,
} from '@psp/protocol';
import { depotView } from './depot-view.js';
import { environmentView } from './environment-view.js';
import { withoutQueries } from './plain-text.js';
import { timeOfSeconds } from './units.js';

/** The JSON form is documented in docs/cli.md, "show". `reveal` adds the values. */
export function overviewOf(metadata: SessionMetadata, document: SessionDocument, reveal: boolean) {
  return {
    ...metadata,
    capturedAt: document.capturedAt,
    cookies: document.cookies.map((cookie) => cookieView(cookie, reveal)),
    origins: document.origins.map(({ origin, localStorage, indexedDB, ...beside }) => ({
      origin,
      localStorage: itemViews(localStorage, reveal),
      databases: indexedDB.map(({ name, version, stores }) => ({
        name: showWireString(name),
        version,
        stores: stores.map((store) => ({
          name: showWireString(store.name),
          records: store.records.length,
          bytes: sizeOf(store.records),
        })),
      })),
      ...depotView(beside),
    })),
    tabs: document.tabs.map(({ url, title, sessionStorage }) => ({
      url: reveal ? url : withoutQueries(url),
      ...(title !== undefined && reveal ? { title } : {}),
      sessionStorage: sessionStorage.map(({ origin, items }) => ({ origin, items: itemViews(items, reveal) })),
    })),
    ...environmentView(document, reveal),
    tokens: tokensOf(document).map(({ subject, ...token }) =>
      reveal && subject !== undefined ? { ...token, subject } : token,
    ),
    portability: portabilityOfDocument(document),
    skipped: document.skipped ?? [],
    losses: document.losses.map((loss) => JSON.parse(withoutQueries(JSON.stringify(loss))) as typeof loss),
  };
}

export type Overview = ReturnType<typeof overviewOf>;

function cookieView({ value, expires, ...cookie }: Cookie, reveal: boolean) {
  const expiresAt = expires === undefined ? undefined : timeOfSeconds(expires);
  return {
    ...cookie,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    bytes: Buffer.byteLength(value),
    ...(reveal ? { value } : {}),
  };
}

function itemViews(items: readonly StorageItem[], reveal: boolean) {
  return items.map(({ name, value }) => ({
    name: showWireString(name),
    bytes: Buffer.byteLength(showWireString(value)),
    ...(reveal ? { value: showWireString(value) } : {}),
  }));
}

function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
