/**
 * A store in a local folder, safe between processes and against their death at any moment. Creating a key renames a folder
 * into place, replacing a value links a file to the next number: both fail when somebody else was first.
 */
import { access, constants, link, rename, rmdir, stat, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { PspError } from '@psp/protocol';
import { makeFolders, missingFolders } from '../folders.js';
import { storeError, systemCode } from './fs/error.js';
import { OCCUPIED, requireConflicts } from './fs/file-system.js';
import { discard, makeFolder, scratchName, sweepScratch, syncFolder, writeDurably } from './fs/scratch.js';
import { etagOf, isSuccessor, newVersion, prune, readNewest, versionNumbers, type Version } from './fs/version.js';
import { FACTS } from './fs/facts.js';
import { KEY_SUFFIX, walkKeys } from './fs/walk.js';
import type { Condition, ListedItem, ListPage, Store, StoredValue, StoreFact } from './store.js';

/** Headers that one page of a list reads at a time, well below the usual limit of open files. */
const LIST_BATCH = 64;
/** A create meets a remove that takes its empty parent away; this many times in a row does not happen. */
const MAX_PARENT_RACES = 20;

export class FsStore implements Store {
  readonly url: string;
  readonly features = { persistent: true, watch: false } as const;
  readonly #root: string;
  readonly #scratch: string;
  /** Folders whose names are known to be on the disk. */
  readonly #synced = new Set<string>();
  #prepared: Promise<void> | undefined;

  constructor(folder: string) {
    this.#root = resolve(folder);
    this.#scratch = join(this.#root, '.tmp');
    this.url = `file:${this.#root}`;
  }

  async get(key: string): Promise<StoredValue | undefined> {
    return this.#try(async () => {
      const found = await readNewest(this.#folder(key), { headerOnly: false });
      return found && { etag: etagOf(found.version), body: found.body };
    });
  }

  async put(key: string, body: Uint8Array, condition: Condition): Promise<string> {
    return this.#try(async () => {
      await this.#prepare();
      return 'etag' in condition ? this.#replace(key, body, condition.etag) : this.#create(key, body);
    });
  }

  async list(prefix: string, { after, limit }: { after?: string; limit: number }): Promise<ListPage> {
    return this.#try(async () => {
      const keys: string[] = [];
      for await (const key of walkKeys(this.#root, prefix, after)) {
        if (keys.push(key) > limit) break;
      }
      const items: ListedItem[] = [];
      const page = keys.slice(0, limit);
      for (let start = 0; start < page.length; start += LIST_BATCH) {
        const batch = await Promise.all(page.slice(start, start + LIST_BATCH).map((key) => this.#listed(key)));
        items.push(...batch.filter((item) => item !== undefined));
      }
      const last = page.at(-1);
      return keys.length > limit && last !== undefined ? { items, next: last } : { items };
    });
  }

  /** The key is gone with the rename; what follows is cleaning up. */
  async remove(key: string): Promise<void> {
    return this.#try(async () => {
      const folder = this.#folder(key);
      if (!(await exists(folder))) return;
      await this.#prepare();
      const doomed = join(this.#scratch, scratchName());
      try {
        await rename(folder, doomed);
      } catch (error) {
        if (systemCode(error) === 'ENOENT') return;
        throw error;
      }
      await syncFolder(dirname(folder));
      await discard(doomed);
      await this.#removeEmptyParents(folder);
    });
  }

  /**
   * Cheap, for it runs with every command: permissions, and the two operations on which the promises rest. Where no store is
   * yet, it looks whether one may be made, and makes nothing.
   */
  async probe(): Promise<void> {
    return this.#try(async () => {
      const missing = await missingFolders(this.#root);
      if (missing.length === 0) await this.#checkMode();
      if (missing.length === 0 && (await exists(this.#scratch))) return this.#prepare();
      const above = missing[0] === undefined ? this.#root : dirname(missing[0]);
      await access(above, constants.W_OK | constants.X_OK);
    });
  }

  async facts(): Promise<readonly StoreFact[]> {
    return FACTS;
  }

  async close(): Promise<void> {}

  /** Before the first write: the folder stands, and its file system keeps the promises. */
  #prepare(): Promise<void> {
    this.#prepared ??= this.#makeAndTry().catch((error: unknown) => {
      this.#prepared = undefined;
      throw error;
    });
    return this.#prepared;
  }

  async #makeAndTry(): Promise<void> {
    await makeFolders(this.#root);
    await this.#checkMode();
    await makeFolder(this.#scratch);
    await requireConflicts(this.#root, this.#scratch);
    await sweepScratch(this.#scratch);
  }

  async #checkMode(): Promise<void> {
    const { mode } = await stat(this.#root);
    if (process.platform === 'win32' || (mode & 0o022) === 0) return;
    throw new PspError(
      'STORE_DENIED',
      `store folder ${this.#root}: other users may write to it. Run: chmod 700 '${this.#root}'`,
    );
  }

  #folder(key: string): string {
    return join(this.#root, `${key}${KEY_SUFFIX}`);
  }

  async #listed(key: string): Promise<ListedItem | undefined> {
    const found = await readNewest(this.#folder(key), { headerOnly: true });
    return found && { key, etag: etagOf(found.version), size: found.version.size };
  }

  /**
   * The file is on the disk before its folder gets the name. That name, and what the folder holds, need not be on the disk in any order: a
   * folder without a version is a key that is not there.
   */
  async #create(key: string, body: Uint8Array): Promise<string> {
    const folder = this.#folder(key);
    const staged = join(this.#scratch, scratchName());
    const { version, parts } = newVersion(body);
    try {
      await makeFolder(staged);
      const path = join(staged, String(version.number));
      const steps = [writeDurably(path, parts), this.#makeParents(dirname(folder), { again: false })];
      // None is under way any more when what they made has to be removed.
      await Promise.allSettled(steps);
      await Promise.all(steps);
      await this.#moveInto(staged, folder);
    } catch (error) {
      await discard(staged);
      await this.#removeEmptyParents(folder);
      throw OCCUPIED.has(systemCode(error) ?? '') ? this.#conflict(key) : error;
    }
    await this.#commit([folder, dirname(folder)], this.#unsynced(dirname(folder)));
    return etagOf(version);
  }

  /** A remove may take an empty parent away at the same moment: then it is made again. */
  async #moveInto(staged: string, folder: string): Promise<void> {
    for (let race = 1; ; race += 1) {
      try {
        return await rename(staged, folder);
      } catch (error) {
        if (systemCode(error) !== 'ENOENT' || race === MAX_PARENT_RACES) throw error;
        await this.#makeParents(dirname(folder), { again: true });
      }
    }
  }

  async #replace(key: string, body: Uint8Array, etag: string): Promise<string> {
    const folder = this.#folder(key);
    const before = await readNewest(folder, { headerOnly: true });
    if (before === undefined || etagOf(before.version) !== etag) throw this.#conflict(key);
    const staged = join(this.#scratch, scratchName());
    const { version, parts } = newVersion(body, before.version);
    try {
      await writeDurably(staged, parts);
      await this.#link(staged, folder, version, key);
    } finally {
      await discard(staged);
    }
    await this.#commit([folder], []);
    await prune(folder, version.number);
    return etagOf(version);
  }

  async #link(staged: string, folder: string, version: Version, key: string): Promise<void> {
    const path = join(folder, String(version.number));
    try {
      await link(staged, path);
    } catch (error) {
      const removed = systemCode(error) === 'ENOENT' && (await versionNumbers(folder)) === undefined;
      throw removed || systemCode(error) === 'EEXIST' ? this.#conflict(key) : error;
    }
    const succeeded = await isSuccessor(folder, version);
    if (succeeded === undefined)
      throw new PspError('OUTCOME_UNKNOWN', `${this.url}: ${key} was replaced many times meanwhile`);
    if (succeeded) return;
    await unlink(path);
    throw this.#conflict(key);
  }

  /**
   * Makes names durable, side by side, so that the file system needs one commit of its journal for all. Once the name stands the value
   * can be seen, so a failure leaves the outcome open. `parents` are folders whose own names are to be made durable, too.
   */
  async #commit(folders: readonly string[], parents: readonly string[]): Promise<void> {
    try {
      await Promise.all([...new Set([...folders, ...parents.map((parent) => dirname(parent))])].map(syncFolder));
      for (const parent of parents) this.#synced.add(parent);
    } catch (error) {
      // A remove at the same moment: the put came first.
      if (systemCode(error) === 'ENOENT') return;
      throw new PspError('OUTCOME_UNKNOWN', `${this.url}: the disk did not confirm (${systemCode(error)})`, {
        cause: error,
      });
    }
  }

  /** Of this folder and those above it within the store, those whose names may not be on the disk: also where they stood already, for who made them may not have come to that. */
  #unsynced(folder: string): string[] {
    const found: string[] = [];
    for (let one = folder; one !== this.#root; one = dirname(one)) if (!this.#synced.has(one)) found.push(one);
    return found;
  }

  /** One whose name was on the disk stands, unless another process took it away: then `again`. */
  async #makeParents(folder: string, { again }: { again: boolean }): Promise<void> {
    if (folder === this.#root || (!again && this.#synced.has(folder))) return;
    await this.#makeParents(dirname(folder), { again });
    if (await makeFolder(folder)) this.#synced.delete(folder);
  }

  async #removeEmptyParents(folder: string): Promise<void> {
    for (let parent = dirname(folder); parent !== this.#root; parent = dirname(parent)) {
      this.#synced.delete(parent);
      try {
        await rmdir(parent);
      } catch {
        // In use, or taken away by another remove: either way there is nothing left to do here.
        return;
      }
    }
  }

  #conflict(key: string): PspError {
    return new PspError('CONFLICT', `${this.url}: ${key} was changed by somebody else`);
  }

  async #try<T>(operation: () => Promise<T>): Promise<T> {
    try {
      return await operation();
    } catch (error) {
      throw storeError(error, this.#root);
    }
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
}
