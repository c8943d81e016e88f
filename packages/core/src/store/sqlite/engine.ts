/** The two libraries that open SQLite files, as one: better-sqlite3, else the one in Node 22.5 and later. Knows nothing of stores. */
import { PspError } from '@psp/protocol';
import { isAbsent } from '../peer.js';

/** What both have in common, to the letter. All of it is synchronous. */
export interface Engine {
  exec(text: string): unknown;
  prepare(text: string): Statement;
  close(): void;
}

export interface Statement {
  all(...values: unknown[]): unknown[];
  /** Row by row. Missing in Node 22 before 22.13. */
  iterate?(...values: unknown[]): Iterable<unknown>;
  run(...values: unknown[]): { changes: number | bigint };
}

export interface EngineLibrary {
  readonly name: 'better-sqlite3' | 'node:sqlite';
  open(path: string): Engine;
}

/** Throws PEER_MISSING where neither is there. */
export async function loadEngine(): Promise<EngineLibrary> {
  const found = (await loadPackage()) ?? (await loadBuiltin());
  if (found !== undefined) return found;
  throw new PspError(
    'PEER_MISSING',
    'this store needs the package better-sqlite3, or Node 22.5 or later. Run: npm install better-sqlite3',
  );
}

async function loadPackage(): Promise<EngineLibrary | undefined> {
  try {
    const { default: Database } = await import('better-sqlite3');
    // Its binary is looked for here: it may be missing, or be for another version of Node.
    new Database(':memory:').close();
    return { name: 'better-sqlite3', open: (path) => new Database(path) };
  } catch (error) {
    const { code, message } = error as { code?: unknown; message?: unknown };
    const isUnusable = code === 'ERR_DLOPEN_FAILED' || String(message).startsWith('Could not locate the bindings file');
    if (isUnusable || isAbsent(error, 'better-sqlite3')) return undefined;
    throw error;
  }
}

async function loadBuiltin(): Promise<EngineLibrary | undefined> {
  // Not a literal: the types of Node 20 do not know it.
  const name: string = 'node:sqlite';
  try {
    const { DatabaseSync } = (await import(name)) as { DatabaseSync: new (path: string) => Engine };
    return { name: 'node:sqlite', open: (path) => new DatabaseSync(path) };
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_UNKNOWN_BUILTIN_MODULE') return undefined;
    throw error;
  }
}
