/** Takes from a session what was chosen, and counts what it leaves. The records may stand in the document or beside it. */
import type { Chooser, ChoicePlace } from './choice.js';
import { originOf } from './origin.js';
import type { Skipped } from './schema/choice.js';
import type { Environment, HttpAccess, VirtualAuthenticator } from './schema/environment.js';
import type { Loss, StateKind } from './schema/loss.js';
import type {
  CacheState,
  Cookie,
  FilesState,
  IdbDatabase,
  OriginState,
  SessionDocument,
  StorageItem,
  TabState,
} from './schema/session.js';
import { SkippedTally } from './skipped.js';
import { placeOfLoss } from './storage-place.js';
import { showWireString } from './wire-string.js';

export interface ChosenDocument {
  readonly document: SessionDocument;
  readonly skipped: readonly Skipped[];
  /** Where records stand now, by where they stood: as `at` of a line of the payload. Undefined when they were left. */
  placeOf<A extends readonly (number | string)[]>(at: A): A | undefined;
}

/**
 * Gives a document of what the chooser takes. A store that it leaves keeps its shape, without which the site would miss it, and loses
 * its records. A tab that it leaves, while it takes sessionStorage of it, stands at the address of that origin. Losses and what was
 * skipped before are named for what it takes only.
 */
export function chooseDocument(document: SessionDocument, chooser: Chooser): ChosenDocument {
  const selection = new Selection(chooser);
  return { document: selection.document(document), skipped: selection.tally.list(), placeOf: selection.placeOf };
}

class Selection {
  readonly tally = new SkippedTally();
  readonly #places = new Map<string, readonly (number | string)[]>();

  constructor(readonly chooser: Chooser) {}

  readonly placeOf = <A extends readonly (number | string)[]>(at: A): A | undefined =>
    this.#places.get(at.join()) as A | undefined;

  document(document: SessionDocument): SessionDocument {
    const { chooser } = this;
    const { environment, http, authenticators, bindings, skipped, ...rest } = document;
    const choices = [...(document.choices ?? []), ...chooser.choices];
    const chosen = {
      environment: environment === undefined ? undefined : this.#environment(environment),
      http: http === undefined ? undefined : this.#http(http),
      authenticators: authenticators === undefined ? undefined : this.#authenticators(authenticators),
      bindings: bindings?.filter(({ origin }) => this.#concernsOrigin(origin)),
      skipped: skipped?.filter((one) => this.#concerns(one)),
      choices: choices.length === 0 ? undefined : choices,
    };
    const present = Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== undefined));
    return {
      ...rest,
      cookies: document.cookies.filter((cookie) => chooser.takesCookie(cookie) || this.#leaveCookie(cookie)),
      origins: this.#origins(document.origins),
      tabs: document.tabs.flatMap((tab) => this.#tab(tab) ?? []),
      losses: document.losses.filter((loss) => this.#concerns(loss)),
      ...present,
    };
  }

  #leaveCookie({ domain, hostOnly }: Cookie): false {
    this.tally.note('cookie', hostOnly ? domain : `.${domain}`, 1);
    return false;
  }

  #origins(origins: readonly OriginState[]): OriginState[] {
    const taken: OriginState[] = [];
    for (const [index, state] of origins.entries()) {
      if (this.chooser.takesSomeOf(state)) taken.push(this.#origin(state, index, taken.length));
      else this.tally.note('origin', state.origin, 1);
    }
    return taken;
  }

  #origin(state: OriginState, from: number, to: number): OriginState {
    const { caches, files, serviceWorkers, ...rest } = state;
    return {
      ...rest,
      localStorage: this.#named('localStorage', state, state.localStorage, nameOf),
      indexedDB: this.#databases(state, from, to),
      ...(caches === undefined ? {} : this.#ifRead('cache', state, { caches: this.#caches(state, caches, from, to) })),
      ...(files === undefined ? {} : this.#files(state, files, from, to)),
      ...(serviceWorkers === undefined
        ? {}
        : this.#ifRead('serviceWorker', state, {
            serviceWorkers: this.#named('serviceWorker', state, serviceWorkers, ({ scope }) => scope),
          })),
    };
  }

  /** An absent member was not read, which is what a restore must take one for of which nothing is taken. */
  #ifRead<M extends object>(kind: StateKind, place: ChoicePlace, member: M): M | object {
    return this.chooser.takesSome(kind, place) ? member : {};
  }

  #caches(state: OriginState, caches: readonly CacheState[], from: number, to: number): CacheState[] {
    const taken = this.#named('cache', state, caches, nameOf);
    for (const [index, cache] of caches.entries()) {
      const now = taken.indexOf(cache);
      if (now >= 0) this.#places.set([from, 'caches', index].join(), [to, 'caches', now]);
    }
    return taken;
  }

  #files(state: OriginState, files: FilesState, from: number, to: number): { files?: FilesState } {
    if (this.chooser.takes('file', state)) {
      this.#places.set([from, 'files', 0].join(), [to, 'files', 0]);
      return { files };
    }
    this.tally.note('file', state.origin);
    return {};
  }

  #named<T>(kind: StateKind, place: ChoicePlace, list: readonly T[], name: (one: T) => string): T[] {
    const taken = list.filter((one) => this.chooser.takes(kind, place, [name(one)]));
    this.tally.note(kind, place.origin, list.length - taken.length);
    return taken;
  }

  #databases(state: OriginState, from: number, to: number): IdbDatabase[] {
    const taken: IdbDatabase[] = [];
    for (const [index, database] of state.indexedDB.entries()) {
      const names = [showWireString(database.name)];
      const isTaken = database.stores.map(({ name }) =>
        this.chooser.takes('indexedDB', state, [...names, `${names[0]}/${showWireString(name)}`]),
      );
      if (isTaken.length === 0) isTaken.push(this.chooser.takes('indexedDB', state, names));
      this.tally.note('indexedDB', state.origin, isTaken.filter((one) => !one).length);
      if (!isTaken.includes(true)) continue;
      const stores = database.stores.map((store, at) => (isTaken[at] === true ? store : { ...store, records: [] }));
      for (const [at, one] of isTaken.entries())
        if (one) this.#places.set([from, index, at].join(), [to, taken.length, at]);
      taken.push({ ...database, stores });
    }
    return taken;
  }

  #tab(tab: TabState): TabState | undefined {
    const areas = tab.sessionStorage.flatMap(({ items, ...place }) => {
      const taken = this.#named<StorageItem>('sessionStorage', place, items, nameOf);
      return taken.length === 0 ? [] : [{ ...place, items: taken }];
    });
    const origin = originOf(tab.url);
    if (this.chooser.takes('tab', { origin })) return { ...this.#withHistory(tab), sessionStorage: areas };
    this.tally.note('tab', origin, 1);
    const first = areas[0];
    if (first === undefined) return undefined;
    const { active } = tab;
    return {
      url: `${first.partition?.topLevelSite ?? first.origin}/`,
      ...(active === undefined ? {} : { active }),
      sessionStorage: areas,
    };
  }

  #withHistory({ history, ...tab }: TabState): TabState {
    if (history === undefined) return tab;
    const isTaken = history.entries.map(({ url }) => this.chooser.takes('tab', { origin: originOf(url) }));
    if (isTaken[history.index] !== true) return tab;
    const before = isTaken.slice(0, history.index).filter((one) => one).length;
    return { ...tab, history: { ...history, entries: history.entries.filter((_, at) => isTaken[at]), index: before } };
  }

  /** What is of no origin goes by its kind alone. */
  #environment({ permissions, ...rest }: Environment): Environment | undefined {
    const general = this.chooser.takes('environment', {}) ? rest : {};
    if (general !== rest) this.tally.note('environment', undefined, Object.keys(rest).length);
    const taken = permissions?.filter((one) => this.#takesEnvironmentOf(one.origin));
    const whole = { ...general, ...(taken === undefined || taken.length === 0 ? {} : { permissions: taken }) };
    return Object.keys(whole).length === 0 ? undefined : whole;
  }

  #http({ credentials, headers, ...rest }: HttpAccess): HttpAccess | undefined {
    const taken = credentials?.filter(({ origin }) => this.#takesEnvironmentOf(origin));
    const takenHeaders = headers?.filter(() => this.#takesEnvironmentOf(undefined));
    const whole = {
      ...rest,
      ...(taken === undefined || taken.length === 0 ? {} : { credentials: taken }),
      ...(takenHeaders === undefined || takenHeaders.length === 0 ? {} : { headers: takenHeaders }),
    };
    return Object.keys(whole).length === 0 ? undefined : whole;
  }

  #takesEnvironmentOf(origin: string | undefined): boolean {
    const takes = this.chooser.takes('environment', { origin });
    if (!takes) this.tally.note('environment', origin, 1);
    return takes;
  }

  #authenticators(authenticators: readonly VirtualAuthenticator[]): VirtualAuthenticator[] | undefined {
    const taken = authenticators.flatMap((authenticator) => {
      const credentials = authenticator.credentials.filter(({ rpId }) => this.chooser.takesHost('webauthn', rpId));
      const left = authenticator.credentials.length - credentials.length;
      this.tally.note('webauthn', undefined, left);
      const isEmpty = authenticator.credentials.length === 0 && !this.chooser.takes('webauthn', {});
      return isEmpty || (left > 0 && credentials.length === 0) ? [] : [{ ...authenticator, credentials }];
    });
    return taken.length === 0 ? undefined : taken;
  }

  #concernsOrigin(origin: string | undefined): boolean {
    return this.chooser.takesSomeOf({ origin }) || this.chooser.takesSome('cookie', { origin });
  }

  /** Whether a loss, or what was skipped before, is about what is taken. */
  #concerns(loss: Pick<Loss, 'kind' | 'origin' | 'item'>): boolean {
    const { kind, origin, item } = loss;
    // Of all cookies, or of origins that nobody knows.
    if (origin === undefined && item === undefined) return true;
    if (kind === 'cookie' && origin !== undefined) return this.chooser.takesHost(kind, origin.replace(/^\./, ''));
    const place = origin === undefined ? { origin: originOf(item ?? '') } : placeOfLoss(loss);
    return kind === 'origin' ? this.chooser.takesSomeOf(place) : this.chooser.takesSome(kind, place);
  }
}

const nameOf = ({ name }: { readonly name: StorageItem['name'] }): string => showWireString(name);
