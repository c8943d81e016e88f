/** Leaves out of a captured session what is larger than the user allows, whole items at a time. Knows no browser. */
import {
  comparePlaces,
  isStorePlace,
  showStoragePlace,
  showWireString,
  type CacheState,
  type IdbDatabase,
  type Loss,
  type OriginState,
  type Rule,
  type StorageItem,
  type TabState,
} from '@psp/protocol';
import type { CapturedState } from './capture.js';
import { limitFiles } from './limit-files.js';
import { withAdvice } from './losses.js';
import type { LimitedKind, MaxBytes } from './max-bytes.js';
import type { RecordBatch } from './state.js';

/**
 * What fits, with a loss for each item that does not, and a rule in `choices` by which a restore leaves that item alone. Items are looked at in their
 * order, and each is taken that fits beside those taken before it. A store that is left out keeps its shape. Spec: PSP-CHO-6.
 */
export function limitState(state: CapturedState, maxBytes: MaxBytes): CapturedState {
  return new Limiting(state, maxBytes).state();
}

/** What one place may still take of a kind. */
class Room {
  #used = 0;

  constructor(
    readonly limit: number,
    readonly leave: (item: string, detail: string) => void,
  ) {}

  /** Whether the item is taken. One that is not is noted. */
  takes(item: string, bytes: number): boolean {
    if (this.#used + bytes <= this.limit) {
      this.#used += bytes;
      return true;
    }
    const beside = this.#used === 0 ? '' : ` beside ${this.#used} of other items`;
    this.leave(item, `the item has ${bytes} bytes${beside}, and maxBytes is ${this.limit}`);
    return false;
  }
}

class Limiting {
  readonly #losses: Loss[] = [];
  readonly #rules: Rule[] = [];
  readonly #batches: RecordBatch[] = [];

  constructor(
    readonly captured: CapturedState,
    readonly maxBytes: MaxBytes,
  ) {}

  state(): CapturedState {
    const { document } = this.captured;
    const byOrigin = new Map<number, RecordBatch[]>();
    for (const batch of this.captured.batches) {
      const [origin] = batch.at;
      const list = byOrigin.get(origin);
      if (list === undefined) byOrigin.set(origin, [batch]);
      else list.push(batch);
    }
    const origins = document.origins.map((state, index) => this.#origin(state, byOrigin.get(index) ?? []));
    const tabs = document.tabs.map((tab) => this.#tab(tab));
    if (this.#losses.length === 0) return this.captured;
    const exclude = this.#rules.length === 0 ? [] : [{ exclude: this.#rules }];
    const choices = [...(document.choices ?? []), ...exclude];
    const losses = [...document.losses, ...this.#losses.map(withAdvice)];
    return {
      document: { ...document, origins, tabs, losses, ...(choices.length === 0 ? {} : { choices }) },
      batches: this.#batches.toSorted((a, b) => comparePlaces(a.at, b.at)),
    };
  }

  #origin(state: OriginState, batches: readonly RecordBatch[]): OriginState {
    const items = this.#room('localStorage', state);
    this.#stores(state.indexedDB, batches, this.#room('indexedDB', state));
    const caches = this.#caches(state.caches ?? [], batches, this.#room('cache', state));
    const files = batches.filter(({ at }) => at[1] === 'files');
    const room = this.#room('file', state);
    this.#batches.push(...(room === undefined ? files : limitFiles(files, room)));
    return {
      ...state,
      localStorage: itemsThatFit(state.localStorage, items),
      ...(state.caches === undefined ? {} : { caches }),
    };
  }

  /** A store that is left out has no records; its shape stays, without which the site would miss it. */
  #stores(databases: readonly IdbDatabase[], batches: readonly RecordBatch[], room: Room | undefined): void {
    for (const [index, { name, stores }] of databases.entries()) {
      for (const [at, store] of stores.entries()) {
        const own = batches.filter((batch) => isStorePlace(batch.at) && batch.at[1] === index && batch.at[2] === at);
        const item = `${showWireString(name)}/${showWireString(store.name)}`;
        if (room?.takes(item, bytesOf(own)) !== false) this.#batches.push(...own);
      }
    }
  }

  #caches(caches: readonly CacheState[], batches: readonly RecordBatch[], room: Room | undefined): CacheState[] {
    const taken: CacheState[] = [];
    for (const [index, cache] of caches.entries()) {
      const own = batches.filter(({ at }) => at[1] === 'caches' && at[2] === index);
      if (room?.takes(showWireString(cache.name), bytesOf(own)) === false) continue;
      this.#batches.push(...own.map((batch) => ({ ...batch, at: [batch.at[0], 'caches', taken.length] as const })));
      taken.push(cache);
    }
    return taken;
  }

  #tab(tab: TabState): TabState {
    const sessionStorage = tab.sessionStorage.map(({ items, ...place }) => {
      return { ...place, items: itemsThatFit(items, this.#room('sessionStorage', place)) };
    });
    return { ...tab, sessionStorage };
  }

  #room(kind: LimitedKind, at: Pick<OriginState, 'origin' | 'partition' | 'bucket'>): Room | undefined {
    const limit = this.maxBytes[kind];
    if (limit === undefined) return undefined;
    const { origin } = at;
    const place = showStoragePlace(at);
    return new Room(limit, (item, detail) => {
      this.#losses.push({ code: 'larger-than-allowed', kind, origin: place, item, detail });
      // A pattern of stars alone would stand for the whole kind.
      if (!/^\*+$/.test(item)) this.#rules.push({ origin, place, kind, name: item });
    });
  }
}

function itemsThatFit(items: StorageItem[], room: Room | undefined): StorageItem[] {
  if (room === undefined) return items;
  return items.filter((item) => room.takes(showWireString(item.name), Buffer.byteLength(JSON.stringify(item))));
}

function bytesOf(batches: readonly RecordBatch[]): number {
  return batches.reduce((sum, { json }) => sum + json.length, 0);
}
