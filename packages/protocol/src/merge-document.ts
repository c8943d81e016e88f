/** Puts a session together from merged parts. */
import { isRecord, placeIdentity, storeIdentity, type Part } from './parts.js';
import type { Choice } from './schema/choice.js';
import type {
  CacheState,
  Cookie,
  IdbDatabase,
  IdbRecord,
  IdbStore,
  OriginState,
  SessionDocument,
  StorageItem,
  WorkerRegistration,
} from './schema/session.js';

/** `sessions` are those that were merged, the oldest first, `known` those and their ancestor. */
export function assemble(
  parts: ReadonlyMap<string, Part>,
  sessions: readonly SessionDocument[],
  known: readonly SessionDocument[],
  choices: readonly Choice[],
): SessionDocument {
  const newest = sessions.at(-1) as SessionDocument;
  const all = [...parts.values()];
  const index = new PartIndex(all);
  const { choices: _choices, skipped: _skipped, ...rest } = newest;
  const bindings = sessions.flatMap((session) => session.bindings ?? []);
  const skipped = unique(sessions.flatMap((session) => session.skipped ?? []));
  return {
    ...newestOf(sessions, 'environment'),
    ...newestOf(sessions, 'http'),
    ...newestOf(sessions, 'authenticators'),
    ...rest,
    cookies: all.filter(({ kind }) => kind === 'cookie').map(({ content }) => content as Cookie),
    origins: all.filter(({ kind }) => kind === 'origin').map((part) => new Place(part, index, known).state()),
    losses: unique(sessions.flatMap(({ losses }) => losses)),
    ...(choices.length === 0 ? {} : { choices: [...choices] }),
    ...(sessions.some((session) => session.bindings !== undefined) ? { bindings: unique(bindings) } : {}),
    ...(skipped.length === 0 ? {} : { skipped }),
  };
}

/** The member of the newest session that has it. */
function newestOf<M extends 'environment' | 'http' | 'authenticators'>(
  sessions: readonly SessionDocument[],
  member: M,
): Pick<SessionDocument, M> | object {
  const value = sessions.findLast((session) => session[member] !== undefined)?.[member];
  return value === undefined ? {} : { [member]: value };
}

/** The parts of each place, and the records of each database. */
class PartIndex {
  readonly #ofPlace = new Map<string, Part[]>();
  readonly #recordsOf = new Map<string, Part[]>();

  constructor(parts: Iterable<Part>) {
    for (const part of parts) {
      if (part.place === undefined || part.parent === undefined) continue;
      if (isRecord(part)) add(this.#recordsOf, part.parent, part);
      else add(this.#ofPlace, placeIdentity(part.place), part);
    }
  }

  ofPlace(identity: string): readonly Part[] {
    return this.#ofPlace.get(identity) ?? [];
  }

  recordsOf(identity: string): readonly Part[] {
    return this.#recordsOf.get(identity) ?? [];
  }
}

function add(lists: Map<string, Part[]>, key: string, part: Part): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [part]);
  else list.push(part);
}

function unique<T>(list: readonly T[]): T[] {
  return [...new Map(list.map((one) => [JSON.stringify(one), one])).values()];
}

class Place {
  readonly #parts: readonly Part[];
  readonly #states: readonly OriginState[];

  constructor(
    readonly part: Part,
    readonly index: PartIndex,
    sessions: readonly SessionDocument[],
  ) {
    this.#parts = index.ofPlace(part.identity);
    const states = sessions.flatMap(({ origins }) => origins);
    this.#states = states.filter((state) => placeIdentity(state) === part.identity);
  }

  /** The optional kinds are there if they were read in any of the sessions. */
  state(): OriginState {
    const place = this.part.content as OriginState;
    const files = this.#of<IdbRecord[]>('file').flat();
    const workers = this.#of<WorkerRegistration>('serviceWorker');
    return {
      ...place,
      localStorage: this.#of<StorageItem>('localStorage'),
      indexedDB: this.#parts.filter(({ kind }) => kind === 'indexedDB').map((part) => this.#database(part)),
      ...(this.#wasRead('caches') ? { caches: this.#of<CacheState>('cache') } : {}),
      ...(this.#wasRead('files') ? { files: { records: files } } : {}),
      ...(this.#wasRead('serviceWorkers') ? { serviceWorkers: workers } : {}),
    };
  }

  #of<T>(kind: Part['kind']): T[] {
    return this.#parts.filter((part) => part.kind === kind).map(({ content }) => content as T);
  }

  #wasRead(member: 'caches' | 'files' | 'serviceWorkers'): boolean {
    return this.#states.some((state) => state[member] !== undefined);
  }

  /** Records of a store of another shape are not of this database any more. */
  #database(part: Part): IdbDatabase {
    const place = this.part.place as OriginState;
    const database = part.content as IdbDatabase;
    const records = new Map<string, Part[]>();
    for (const record of this.index.recordsOf(part.identity)) add(records, JSON.parse(record.identity)[0], record);
    return {
      ...database,
      stores: database.stores.map((store) => {
        const shape = storeIdentity(place, database, store);
        const generator = this.#generator(database, shape);
        const own = (records.get(shape) ?? []).map(({ content }) => content as IdbRecord);
        return { ...store, ...(generator === undefined ? {} : { keyGenerator: generator }), records: own };
      }),
    };
  }

  /** The furthest of all, so that no key is given twice. */
  #generator({ name }: IdbDatabase, shape: string): number | undefined {
    const stores = this.#states.flatMap((state) =>
      state.indexedDB.flatMap((database) =>
        JSON.stringify(database.name) === JSON.stringify(name)
          ? database.stores.filter((store) => storeIdentity(state, database, store) === shape)
          : [],
      ),
    );
    const positions = stores.flatMap(({ keyGenerator }: IdbStore) => keyGenerator ?? []);
    return positions.length === 0 ? undefined : Math.max(...positions);
  }
}
