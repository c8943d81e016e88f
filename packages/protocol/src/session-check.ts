/** What must be true of a session document beyond its schema (spec/psp-1.md). Each check gives the first fault or undefined. */
import { cookieIdentity, cookieProblem } from './cookie.js';
import { authenticatorProblem, environmentProblem, httpProblem } from './environment-check.js';
import { originProblem } from './origin.js';
import { cacheRecordProblem, depotProblem, fileRecordProblem } from './depot-check.js';
import { eachOf, problem, repeated, under, unfit, type Problem } from './place.js';
import type {
  FormValue,
  IdbDatabase,
  IdbRecord,
  IdbStore,
  OriginState,
  RecordPlace,
  SessionDocument,
  StorageItem,
  TabState,
} from './schema/session.js';
import type { WireString } from './schema/value.js';
import { keyProblem, valueProblem } from './value-check.js';
import { storageIdentity } from './storage-place.js';
import { wireStringProblem } from './wire-string.js';

/** RFC 3339 in UTC, as `Date.prototype.toISOString` writes it, with any number of fraction digits. */
const UTC_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;

export function sessionProblem(document: SessionDocument): Problem | undefined {
  return (
    under('capturedAt', timeProblem(document.capturedAt)) ??
    under('cookies', eachOf(document.cookies, cookieProblem) ?? repeated(document.cookies, cookieIdentity, 'cookie')) ??
    under(
      'origins',
      eachOf(document.origins, originStateProblem) ?? repeated(document.origins, storageIdentity, 'origin'),
    ) ??
    under('tabs', eachOf(document.tabs, tabProblem) ?? activeProblem(document.tabs)) ??
    under('environment', document.environment && environmentProblem(document.environment)) ??
    under('http', document.http && httpProblem(document.http)) ??
    under('authenticators', eachOf(document.authenticators ?? [], authenticatorProblem))
  );
}

function timeProblem(text: string): Problem | undefined {
  return UTC_TIME.test(text) && !Number.isNaN(Date.parse(text)) ? undefined : unfit('a time in UTC (RFC 3339)', text);
}

const nameOf = (item: { readonly name: WireString }): string => JSON.stringify(item.name);

function originStateProblem(state: OriginState): Problem | undefined {
  return (
    under('origin', originProblem(state.origin)) ??
    under('localStorage', itemsProblem(state.localStorage)) ??
    under('indexedDB', eachOf(state.indexedDB, databaseProblem) ?? repeated(state.indexedDB, nameOf, 'database')) ??
    depotProblem(state)
  );
}

function tabProblem(tab: TabState): Problem | undefined {
  const areas = tab.sessionStorage;
  const one = eachOf(
    areas,
    (area) => under('origin', originProblem(area.origin)) ?? under('items', itemsProblem(area.items)),
  );
  return (
    under('sessionStorage', one ?? repeated(areas, storageIdentity, 'origin')) ??
    under('history', historyProblem(tab)) ??
    under('forms', formsProblem(tab.forms ?? []))
  );
}

function historyProblem({ history }: TabState): Problem | undefined {
  if (history === undefined || history.index < history.entries.length) return undefined;
  return under('index', problem(`expected the number of an entry, from 0 to ${history.entries.length - 1}`));
}

function formsProblem(forms: readonly FormValue[]): Problem | undefined {
  const one = eachOf(forms, ({ value }) => under('value', value === undefined ? undefined : wireStringProblem(value)));
  return one ?? repeated(forms, ({ field }) => field, 'field');
}

function activeProblem(tabs: readonly TabState[]): Problem | undefined {
  const active = tabs.flatMap((tab, index) => (tab.active === true ? [index] : []));
  return active.length < 2 ? undefined : problem(`tabs[${active[0]}] is active already`, active[1]!, 'active');
}

function itemsProblem(items: readonly StorageItem[]): Problem | undefined {
  const one = eachOf(
    items,
    (item) => under('name', wireStringProblem(item.name)) ?? under('value', wireStringProblem(item.value)),
  );
  return one ?? repeated(items, nameOf, 'item');
}

function databaseProblem(database: IdbDatabase): Problem | undefined {
  return (
    under('name', wireStringProblem(database.name)) ??
    under(
      'version',
      Number.isSafeInteger(database.version) ? undefined : problem('expected an integer up to 2^53 - 1'),
    ) ??
    under('stores', eachOf(database.stores, storeProblem) ?? repeated(database.stores, nameOf, 'store'))
  );
}

function storeProblem(store: IdbStore): Problem | undefined {
  return (
    under('name', wireStringProblem(store.name)) ??
    under('keyPath', keyPathProblem(store.keyPath)) ??
    under('keyGenerator', generatorProblem(store)) ??
    under('indexes', eachOf(store.indexes, indexProblem) ?? repeated(store.indexes, nameOf, 'index')) ??
    under('records', eachOf(store.records, recordProblem))
  );
}

function indexProblem(index: IdbStore['indexes'][number]): Problem | undefined {
  return under('name', wireStringProblem(index.name)) ?? under('keyPath', keyPathProblem(index.keyPath));
}

function keyPathProblem(keyPath: IdbStore['keyPath']): Problem | undefined {
  if (keyPath === null) return undefined;
  if (!Array.isArray(keyPath)) return wireStringProblem(keyPath);
  return keyPath.length === 0 ? unfit('one key path or more', keyPath) : eachOf(keyPath, wireStringProblem);
}

/** 2^53 + 1 is no double. */
const EXHAUSTED_GENERATOR = 2 ** 53 + 2;

/** A generator gives numbers up to 2^53 and then none (Indexed Database API 3.0, section 2.11). */
function generatorProblem({ autoIncrement, keyGenerator }: IdbStore): Problem | undefined {
  if (keyGenerator === undefined) return undefined;
  if (!autoIncrement) return problem('expected nothing, as the store has no key generator');
  if (keyGenerator <= 2 ** 53 || keyGenerator === EXHAUSTED_GENERATOR) return undefined;
  return problem('expected an integer up to 2^53, or 2^53 + 2 for an exhausted generator');
}

/** The check for records of a place. */
export function recordProblemAt([, kind]: RecordPlace): (record: IdbRecord) => Problem | undefined {
  if (kind === 'caches') return cacheRecordProblem;
  return kind === 'files' ? fileRecordProblem : recordProblem;
}

function recordProblem(record: IdbRecord): Problem | undefined {
  return under('key', keyProblem(record.key)) ?? under('value', valueProblem(record.value));
}
