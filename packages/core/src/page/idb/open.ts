/** Opens and deletes databases without harm: nothing is created by accident, and nothing happens after we gave up. */
import { home } from '../home.js';
import { BlockedError } from '../loss.js';
import { keepAlive } from './request.js';

interface Upgrade {
  readonly version: number;
  /** Runs in the upgrade transaction. A throw aborts it, so that the database stays as it was. */
  run(database: IDBDatabase, transaction: IDBTransaction): void;
}

const BLOCKED = 'an open page holds it';

/** Highest version that JavaScript can name exactly. */
const MAX_VERSION = Number.MAX_SAFE_INTEGER;

/**
 * Opens a database that exists. Rejects with BlockedError after `timeoutMs`, and with NotFoundError when the database is gone.
 * Close it; it closes itself when another page wants to change it.
 */
export function openDatabase(name: string, timeoutMs: number): Promise<IDBDatabase> {
  return open(name, undefined, timeoutMs);
}

/** Databases that stand open from one step to the next, unless another page wants to change them. */
export class OpenDatabases {
  readonly #open = new Map<string, IDBDatabase>();

  keep(name: string, database: IDBDatabase): void {
    this.#open.set(name, database);
    database.addEventListener('versionchange', () => this.#open.delete(name));
  }

  get(name: string): IDBDatabase | undefined {
    return this.#open.get(name);
  }

  close(): void {
    for (const database of this.#open.values()) database.close();
    this.#open.clear();
  }
}

/** Opens with an upgrade to a version above the present one; creates the database where there is none. */
export function upgradeDatabase(name: string, upgrade: Upgrade, timeoutMs: number): Promise<IDBDatabase> {
  return open(name, upgrade, timeoutMs);
}

function open(name: string, upgrade: Upgrade | undefined, timeoutMs: number): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    let isOver = false;
    let failure: unknown;
    const request = home().indexedDB.open(name, upgrade?.version);
    const end = (settle: () => void): void => {
      isOver = true;
      clearTimeout(timer);
      settle();
    };
    const timer = setTimeout(() => end(() => reject(new BlockedError(BLOCKED))), timeoutMs);
    request.onupgradeneeded = () => {
      const transaction = request.transaction as IDBTransaction;
      try {
        if (isOver) throw new BlockedError(BLOCKED);
        // Without a version there is nothing to upgrade, unless the database was deleted and is made anew at this moment.
        if (upgrade === undefined) throw new DOMException('The database is gone', 'NotFoundError');
        upgrade.run(request.result, transaction);
      } catch (error) {
        failure = error;
        transaction.abort();
      }
    };
    request.onsuccess = () => {
      const database = request.result;
      if (isOver) return database.close();
      database.onversionchange = () => database.close();
      return end(() => resolve(database));
    };
    request.onerror = (event) => {
      keepAlive(event);
      end(() => reject((failure ?? request.error) as Error));
    };
  });
}

/** Thrown in an upgrade that was only to learn that nobody else holds the database. */
class ClaimedError extends Error {
  override readonly name = 'ClaimedError';
}

/**
 * Deletes a database of the given version, or rejects with BlockedError and leaves it. A blocked deletion cannot be called back: it
 * would strike when the last page closes, long after we reported. So an upgrade, which can be, first shows that nobody holds it.
 */
export async function deleteDatabase(name: string, version: number, timeoutMs: number): Promise<void> {
  if (version < MAX_VERSION) await claim(name, version + 1, timeoutMs);
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new BlockedError(BLOCKED)), timeoutMs);
    const request = home().indexedDB.deleteDatabase(name);
    request.onsuccess = () => {
      clearTimeout(timer);
      resolve();
    };
    request.onerror = (event) => {
      clearTimeout(timer);
      keepAlive(event);
      reject(request.error as DOMException);
    };
  });
}

async function claim(name: string, version: number, timeoutMs: number): Promise<void> {
  const run = (): never => {
    throw new ClaimedError();
  };
  try {
    (await open(name, { version, run }, timeoutMs)).close();
  } catch (error) {
    if (!(error instanceof ClaimedError)) throw error;
  }
}
