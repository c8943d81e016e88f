/** What differs between two sessions, item by item. Values are left out unless asked for: they are secrets. */
import { cookieIdentity } from './cookie.js';
import { httpItems, passkeyItems } from './diff-access.js';
import { depotItems } from './diff-depot.js';
import type { Environment } from './schema/environment.js';
import type { StateKind } from './schema/loss.js';
import type { Cookie, IdbDatabase, SessionDocument, StorageItem } from './schema/session.js';
import type { WireValue } from './schema/value.js';
import { showKey } from './show-key.js';
import { isSame } from './same.js';
import { showStoragePlace, storageIdentity, type StoragePlace } from './storage-place.js';
import { showWireString } from './wire-string.js';

/**
 * `item` names it: a cookie, an entry of a storage, `database`, `database/store`, `database/store/key`, `cache`, `cache/address`, the
 * path of a file, the scope of a worker, `tab 1`, `locale`, `permission camera`, `header accept`, `HTTP credentials`, `passkey ID of site.example`.
 */
export interface DiffItem {
  readonly kind: StateKind;
  /** A cookie's domain (with a leading dot when subdomains receive it), or an origin with its partition and bucket; absent for tabs and the environment. */
  readonly origin?: string;
  readonly item: string;
  /** The item in the first and in the second session, only when `values` is asked for. */
  readonly before?: unknown;
  readonly after?: unknown;
}

export interface SessionDiff {
  readonly added: DiffItem[];
  readonly removed: DiffItem[];
  readonly changed: DiffItem[];
}

/** An item with its identity, which two sessions share, and what may differ. */
interface Entry {
  readonly kind: StateKind;
  readonly origin?: string;
  readonly item: string;
  readonly content: unknown;
}

type Entries = Map<string, Entry>;
type Add = (identity: readonly unknown[], entry: Entry) => unknown;

/**
 * Compares two documents with their records in place. Cookies are matched by identity, storage items by origin and name,
 * records by key, cached responses by address, files by path, tabs by position. Losses, names and times are not compared.
 */
export function diffSessions(a: SessionDocument, b: SessionDocument, { values = false } = {}): SessionDiff {
  const before = entriesOf(a);
  const after = entriesOf(b);
  const diff: SessionDiff = { added: [], removed: [], changed: [] };
  for (const [identity, entry] of after) {
    const old = before.get(identity);
    if (old === undefined) diff.added.push(itemOf(entry, values ? { after: entry.content } : {}));
    else if (!isSame(old.content, entry.content)) {
      diff.changed.push(itemOf(entry, values ? { before: old.content, after: entry.content } : {}));
    }
  }
  for (const [identity, entry] of before) {
    if (!after.has(identity)) diff.removed.push(itemOf(entry, values ? { before: entry.content } : {}));
  }
  return diff;
}

function itemOf({ content: _, ...entry }: Entry, values: Pick<DiffItem, 'before' | 'after'>): DiffItem {
  return { ...entry, ...values };
}

function entriesOf(document: SessionDocument): Entries {
  const entries: Entries = new Map();
  const add = (identity: readonly unknown[], entry: Entry): unknown => entries.set(JSON.stringify(identity), entry);
  const addItems = (
    kind: StateKind,
    where: readonly unknown[],
    place: StoragePlace,
    items: readonly StorageItem[],
  ): void => {
    const origin = showStoragePlace(place);
    for (const { name, ...content } of items) {
      add([kind, ...where, storageIdentity(place), name], { kind, origin, item: showWireString(name), content });
    }
  };
  for (const cookie of document.cookies) add(['cookie', cookieIdentity(cookie)], cookieEntry(cookie));
  for (const state of document.origins) {
    addItems('localStorage', [], state, state.localStorage);
    for (const database of state.indexedDB) addDatabase(add, state, database);
    const [origin, at] = [showStoragePlace(state), storageIdentity(state)];
    for (const { identity, ...entry } of depotItems(state)) add([entry.kind, at, identity], { ...entry, origin });
  }
  addEnvironment(add, document.environment ?? {});
  const access = [...httpItems(document.http ?? {}), ...passkeyItems(document.authenticators ?? [])];
  for (const { identity, ...entry } of access) add([entry.kind, identity], entry);
  document.tabs.forEach(({ sessionStorage, ...content }, index) => {
    add(['tab', index], { kind: 'tab', item: `tab ${index + 1}`, content });
    for (const { items, ...place } of sessionStorage) addItems('sessionStorage', [index], place, items);
  });
  return entries;
}

/** What sites see of machine and user, each by its name; permissions by origin too. */
function addEnvironment(add: Add, { permissions = [], ...rest }: Environment): void {
  const kind = 'environment';
  for (const [item, content] of Object.entries(rest)) add([kind, item], { kind, item, content });
  for (const { origin, name, state } of permissions) {
    add([kind, 'permission', origin, name], { kind, origin, item: `permission ${name}`, content: state });
  }
}

function cookieEntry(cookie: Cookie): Entry {
  const path = cookie.path === '/' ? '' : ` (path ${cookie.path})`;
  const partition = cookie.partitionKey === undefined ? '' : ` (partition ${cookie.partitionKey.topLevelSite})`;
  return {
    kind: 'cookie',
    origin: cookie.hostOnly ? cookie.domain : `.${cookie.domain}`,
    item: `${cookie.name}${path}${partition}`,
    content: cookie,
  };
}

function addDatabase(add: Add, place: StoragePlace, database: IdbDatabase): void {
  const kind = 'indexedDB';
  const [origin, where] = [showStoragePlace(place), storageIdentity(place)];
  const { stores, ...content } = database;
  const name = showWireString(database.name);
  add([kind, where, database.name], { kind, origin, item: name, content });
  for (const { records, ...storeContent } of stores) {
    const item = `${name}/${showWireString(storeContent.name)}`;
    const identity = [kind, where, database.name, storeContent.name];
    add(identity, { kind, origin, item, content: storeContent });
    for (const { key, ...record } of records) {
      add([...identity, ...keyParts(key)], { kind, origin, item: `${item}/${showKey(key)}`, content: record });
    }
  }
}

/** The parts of a key in a fixed order, so that two writers of one key give one identity. */
function keyParts(key: WireValue): readonly unknown[] {
  if (typeof key !== 'object' || key === null) return [key];
  return 'json' in key ? ['json', key.json] : ['nodes', key.nodes, key.root];
}
