/** The parts of a session, each with an identity that two sessions share. For comparing and merging; knows nothing of either. */
import { cookieIdentity } from './cookie.js';
import type { StateKind } from './schema/loss.js';
import type { Cookie, IdbDatabase, IdbRecord, IdbStore, OriginState, SessionDocument } from './schema/session.js';
import type { WireValue } from './schema/value.js';
import { showKey } from './show-key.js';
import { showStoragePlace, storageIdentity } from './storage-place.js';
import { showWireString } from './wire-string.js';

export interface Part {
  readonly identity: string;
  readonly kind: StateKind;
  /** Where it is, for people: a cookie's domain (with a leading dot when subdomains receive it), or a storage place. */
  readonly origin: string;
  /** What it is called there: empty for the place itself. */
  readonly item: string;
  /** The names by which a rule of a choice knows it. */
  readonly names: readonly string[];
  /** The identity of what it is in: without that it cannot be. */
  readonly parent?: string;
  /** Where its storage is; absent for cookies. */
  readonly place?: OriginState;
  /** What may differ. */
  readonly content: unknown;
}

/** Whether the part is a record of a database. */
export function isRecord({ kind, parent }: Part): boolean {
  return kind === 'indexedDB' && parent !== undefined && JSON.parse(parent)[0] === 'indexedDB';
}

/** All that is no tab, place by place. A cache is one part, and so is a file: their records belong together. */
export function* partsOf({ cookies, origins }: Pick<SessionDocument, 'cookies' | 'origins'>): Generator<Part> {
  for (const cookie of cookies) yield cookiePart(cookie);
  for (const place of origins) yield* placeParts(place);
}

function showCookieHost({ hostOnly, domain }: Pick<Cookie, 'hostOnly' | 'domain'>): string {
  return hostOnly ? domain : `.${domain}`;
}

function cookiePart(cookie: Cookie): Part {
  const path = cookie.path === '/' ? '' : ` (path ${cookie.path})`;
  const partition = cookie.partitionKey === undefined ? '' : ` (partition ${cookie.partitionKey.topLevelSite})`;
  return {
    identity: idOf('cookie', cookieIdentity(cookie)),
    kind: 'cookie',
    origin: showCookieHost(cookie),
    item: `${cookie.name}${path}${partition}`,
    names: [cookie.name],
    content: cookie,
  };
}

function* placeParts(place: OriginState): Generator<Part> {
  const { localStorage, indexedDB, caches = [], files, serviceWorkers = [], ...content } = place;
  const at = storageIdentity(place);
  const origin = showStoragePlace(place);
  const parent = placeIdentity(place);
  const part = (kind: StateKind, item: string, content: unknown): Part => ({
    ...{ identity: idOf(kind, at, item), kind, origin, item, names: [item], parent, place, content },
  });
  yield { identity: parent, kind: 'origin', origin, item: '', names: [], place, content };
  for (const { name, ...rest } of localStorage) {
    yield {
      ...part('localStorage', showWireString(name), { name, ...rest }),
      identity: idOf('localStorage', at, name),
    };
  }
  for (const database of indexedDB) yield* databaseParts(place, origin, database);
  for (const cache of caches) {
    yield { ...part('cache', showWireString(cache.name), cache), identity: idOf('cache', at, cache.name) };
  }
  for (const [path, records] of filesOf(files?.records ?? [])) {
    const folder = path.includes('/') ? idOf('file', at, path.slice(0, path.lastIndexOf('/'))) : parent;
    yield { ...part('file', path, records), parent: folder };
  }
  for (const worker of serviceWorkers) yield part('serviceWorker', worker.scope, worker);
}

/** A record is of a store of one shape: in another shape it is another record. */
function* databaseParts(place: OriginState, origin: string, database: IdbDatabase): Generator<Part> {
  const { name, version, stores } = database;
  const at = storageIdentity(place);
  const shown = showWireString(name);
  const parent = idOf('indexedDB', at, name);
  const common = { kind: 'indexedDB', origin, place } as const;
  const content = { name, version, stores: stores.map(shapeOf) };
  yield { ...common, identity: parent, item: shown, names: [shown], parent: placeIdentity(place), content };
  for (const store of stores) {
    const path = `${shown}/${showWireString(store.name)}`;
    const shape = storeIdentity(place, database, store);
    for (const record of store.records) {
      const item = `${path}/${showKey(record.key)}`;
      yield {
        ...{ ...common, item, parent, content: record, names: [shown, path] },
        identity: idOf(shape, ...keyParts(record.key)),
      };
    }
  }
}

export function placeIdentity(place: OriginState): string {
  return idOf('origin', storageIdentity(place));
}

/** A store and its shape, the position of its key generator left out. */
export function storeIdentity(place: OriginState, database: Pick<IdbDatabase, 'name'>, store: IdbStore): string {
  return idOf('store', storageIdentity(place), database.name, shapeOf(store));
}

function shapeOf({ name, keyPath, autoIncrement, indexes }: IdbStore): Omit<IdbStore, 'records' | 'keyGenerator'> {
  return { name, keyPath, autoIncrement, indexes };
}

/** The records of each folder and file, by path. A piece of a file has the offset of its first byte last in its key. */
function filesOf(records: readonly IdbRecord[]): Map<string, IdbRecord[]> {
  const files = new Map<string, IdbRecord[]>();
  for (const record of records) {
    const path = filePath(record.key);
    files.set(path, [...(files.get(path) ?? []), record]);
  }
  return files;
}

/** The path of a file or folder, by the key of its record. */
function filePath(key: WireValue): string {
  const names = typeof key === 'object' && key !== null && 'json' in key ? key.json : key;
  return Array.isArray(names) ? names.filter((name) => typeof name === 'string').join('/') : showKey(key);
}

/** The parts of a key in a fixed order, so that two writers of one key give one identity. */
function keyParts(key: WireValue): readonly unknown[] {
  if (typeof key !== 'object' || key === null) return [key];
  return 'json' in key ? ['json', key.json] : ['nodes', key.nodes, key.root];
}

const idOf = (...parts: readonly unknown[]): string => JSON.stringify(parts);
