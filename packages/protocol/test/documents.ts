/** Small documents that tests begin with. */
import type { Cookie, IdbRecord, IdbStore, OriginState, SessionDocument } from '../src/index.js';

export function aDocument(parts: Partial<SessionDocument> = {}): SessionDocument {
  return {
    format: 'psp-session',
    version: 1,
    id: '0198c2f4-7d3a-7c1e-9b52-3f6a1d8e4b07',
    name: 'example',
    tags: [],
    capturedAt: '2025-08-20T10:00:00.000Z',
    cookies: [],
    origins: [],
    tabs: [],
    losses: [],
    ...parts,
  };
}

export function aCookie(parts: Partial<Cookie> = {}): Cookie {
  return {
    name: 'sid',
    value: 'v',
    domain: 'app.example',
    hostOnly: true,
    path: '/',
    httpOnly: true,
    secure: true,
    ...parts,
  };
}

export function anOrigin(parts: Partial<OriginState> = {}): OriginState {
  return { origin: 'https://app.example', localStorage: [], indexedDB: [], ...parts };
}

export function aStore(parts: Partial<IdbStore> = {}): IdbStore {
  return { name: 'items', keyPath: null, autoIncrement: false, indexes: [], records: [], ...parts };
}

/** A document whose one store holds these records. */
export function withRecords(records: IdbRecord[]): SessionDocument {
  return aDocument({ origins: [anOrigin({ indexedDB: [{ name: 'db', version: 1, stores: [aStore({ records })] }] })] });
}
