/** What SQLite's result codes mean to a caller. https://www.sqlite.org/rescode.html */
import type { PspError } from '@psp/protocol';
import { knownFailure, type FailureTable } from '../sql/failure.js';

/** The primary codes, as node:sqlite gives them in numbers. */
const NAMES: Readonly<Record<number, string>> = {
  3: 'SQLITE_PERM',
  5: 'SQLITE_BUSY',
  6: 'SQLITE_LOCKED',
  8: 'SQLITE_READONLY',
  11: 'SQLITE_CORRUPT',
  13: 'SQLITE_FULL',
  14: 'SQLITE_CANTOPEN',
  26: 'SQLITE_NOTADB',
};

const BUSY = 'another process keeps the file locked. Nothing was changed';
const DENIED = 'this user may not read and write the file and its folder';

const FAILURES: FailureTable = {
  SQLITE_PERM: ['STORE_DENIED', DENIED],
  SQLITE_READONLY: ['STORE_DENIED', DENIED],
  SQLITE_CANTOPEN: ['STORE_DENIED', DENIED],
  SQLITE_BUSY: ['STORE_UNAVAILABLE', BUSY],
  SQLITE_LOCKED: ['STORE_UNAVAILABLE', BUSY],
  SQLITE_FULL: ['STORE_FULL', 'no space is left on the disk'],
  SQLITE_CORRUPT: ['CORRUPT', 'the file is damaged'],
  SQLITE_NOTADB: ['CORRUPT', 'the file is no SQLite database'],
};

/** The PspError for an error of either library; undefined where it leaves open what was done. */
export function sqliteFailure(url: string, error: unknown): PspError | undefined {
  return knownFailure(FAILURES, url, error, primaryCode(error));
}

/** `SQLITE_BUSY` also for `SQLITE_BUSY_RECOVERY`. */
export function primaryCode(error: unknown): string {
  const { code, errcode } = error as { code?: unknown; errcode?: unknown };
  if (typeof errcode === 'number') return NAMES[errcode & 0xff] ?? String(code);
  return /^SQLITE_[A-Z]+/.exec(String(code))?.[0] ?? String(code);
}
