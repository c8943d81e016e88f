/** What the heads and leases of a store said at the last look, and what has changed since. Needs no key: it reads what stands in clear. */
import { PspError } from '@psp/protocol';
import type { ListedItem, Store } from '../store/store.js';
import { readClearHead } from './clear-head.js';
import { readValue } from './damaged.js';
import { headerOf, sha256 } from './head.js';
import { allKeys } from './keys.js';
import { leaseHeader } from './lease-record.js';
import { HEADS, LEASES } from './place.js';

const CONCURRENT_READS = 16;

/** Not authenticated: it tells where to look, and `open` tells what is true. */
export interface SessionChange {
  readonly id: string;
  /** `renamed`: name, tags or until when it is kept. `leased` is told again for each new holder; a lease that runs out is not told by itself. */
  readonly kind: 'saved' | 'renamed' | 'deleted' | 'leased' | 'released';
  /** The newest version of the session, 0 before its first save and where it is gone. */
  readonly version: number;
}

/** What is remembered of a head. */
interface HeadNote {
  readonly version: number;
  readonly saved: string | undefined;
  readonly named: unknown;
  readonly isDeleted: boolean;
}

interface LeaseNote {
  readonly fence: number;
  readonly released: boolean;
}

type Kind = SessionChange['kind'];

/** One kind of value: `note` reads it, `news` tells what happened between two notes. */
interface Aspect<Note> {
  readonly prefix: string;
  readonly seen: Map<string, { etag: string; note: Note | undefined }>;
  note(body: Uint8Array, id: string): Promise<Note>;
  news(before: Note | undefined, after: Note | undefined): Kind[];
}

const heads = (): Aspect<HeadNote> => ({
  prefix: HEADS,
  seen: new Map(),
  note: async (bytes, id) => {
    const stored = { id, etag: '', digest: sha256(bytes), bytes };
    const [{ versions, isDeleted }, { named }] = [await readClearHead(stored), await headerOf(stored)];
    return { version: versions[0]?.version ?? 0, saved: versions[0]?.writeId, named, isDeleted };
  },
  news: (before, after) => {
    if (after === undefined || after.isDeleted)
      return before?.isDeleted === true || before?.version === 0 ? [] : ['deleted'];
    const kinds: Kind[] = after.saved === before?.saved ? [] : ['saved'];
    return before === undefined || after.named === before.named ? kinds : [...kinds, 'renamed'];
  },
});

const leases = (): Aspect<LeaseNote> => ({
  prefix: LEASES,
  seen: new Map(),
  note: (bytes, id) => leaseHeader(bytes, id),
  news: (before, after) => {
    if (after === undefined) return before === undefined || before.released ? [] : ['released'];
    const kinds: Kind[] = after.fence === before?.fence ? [] : ['leased'];
    return after.released && (kinds.length > 0 || before?.released === false) ? [...kinds, 'released'] : kinds;
  },
});

export class Snapshot {
  readonly #store: Store;
  readonly #heads = heads();
  readonly #leases = leases();
  #changes: SessionChange[] = [];

  constructor(store: Store) {
    this.#store = store;
  }

  /** Compares all etags with those of the last look, and reads what differs. What was found before an error is kept. */
  async look(): Promise<void> {
    await this.#compare(this.#heads);
    await this.#compare(this.#leases);
  }

  /** The changes that were found and not taken yet. */
  take(): SessionChange[] {
    return this.#changes.splice(0);
  }

  async #compare<Note>(aspect: Aspect<Note>): Promise<void> {
    const gone = new Set(aspect.seen.keys());
    let changed: ListedItem[] = [];
    for await (const item of allKeys(this.#store, aspect.prefix)) {
      const id = item.key.slice(aspect.prefix.length);
      gone.delete(id);
      if (aspect.seen.get(id)?.etag !== item.etag) changed.push(item);
      if (changed.length < CONCURRENT_READS) continue;
      await this.#read(aspect, changed);
      changed = [];
    }
    await this.#read(aspect, changed);
    for (const id of gone) {
      this.#tell(aspect, id, undefined);
      aspect.seen.delete(id);
    }
  }

  async #read<Note>(aspect: Aspect<Note>, items: readonly ListedItem[]): Promise<void> {
    const found = await Promise.all(items.map(async ({ key }) => ({ key, value: await readValue(this.#store, key) })));
    for (const { key, value } of found) {
      // Removed since it was listed: the next look tells.
      if (value === undefined) continue;
      const id = key.slice(aspect.prefix.length);
      const note = 'lost' in value ? undefined : await aspect.note(value.body, id).catch(unlessUnreadable);
      if (note !== undefined) this.#tell(aspect, id, note);
      aspect.seen.set(id, { etag: value.etag, note: note ?? aspect.seen.get(id)?.note });
    }
  }

  #tell<Note>(aspect: Aspect<Note>, id: string, after: Note | undefined): void {
    const version = aspect.prefix === HEADS ? versionOf(after) : (this.#heads.seen.get(id)?.note?.version ?? 0);
    for (const kind of aspect.news(aspect.seen.get(id)?.note, after)) this.#changes.push({ id, kind, version });
  }
}

const versionOf = (note: unknown): number => (note as HeadNote | undefined)?.version ?? 0;

/** A damaged value tells nothing; the good one after it is compared with the good one before. */
function unlessUnreadable(error: unknown): undefined {
  if (error instanceof PspError && (error.code === 'CORRUPT' || error.code === 'UNSUPPORTED_VERSION')) return undefined;
  throw error;
}
