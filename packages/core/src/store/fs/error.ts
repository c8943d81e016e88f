/** What an error of the file system means to a caller. */
import { PspError, type ErrorCode } from '@psp/protocol';
import { FolderError } from '../../folders.js';

const CODES: Readonly<Record<string, ErrorCode>> = {
  EACCES: 'STORE_DENIED',
  EPERM: 'STORE_DENIED',
  EROFS: 'STORE_DENIED',
  ENOSPC: 'STORE_FULL',
  EDQUOT: 'STORE_FULL',
};

/** The code of a system error (`ENOENT`), or undefined for anything else. */
export function systemCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}

/** The PspError for a failed system call. `folder` is the root of the store; the path of the failed call is named where known. */
export function storeError(error: unknown, folder: string): PspError {
  if (error instanceof PspError) return error;
  if (error instanceof FolderError)
    return new PspError('STORE_UNAVAILABLE', `store folder ${folder}: ${error.message}`, { cause: error });
  const system = systemCode(error) ?? String(error);
  const code = CODES[system] ?? 'STORE_UNAVAILABLE';
  const path = (error as { path?: unknown }).path;
  const where = typeof path === 'string' && path !== folder ? ` (at ${path})` : '';
  return new PspError(code, `store folder ${folder}: ${words(code, system, folder)}${where}`, { cause: error });
}

function words(code: ErrorCode, system: string, folder: string): string {
  if (system === 'EROFS') return 'the file system is read-only';
  if (code === 'STORE_DENIED') return `this user may not read and write it. Its owner can run: chmod u+rwx '${folder}'`;
  if (code === 'STORE_FULL') return `no space is left (${system})`;
  if (system === 'ENOTDIR') return 'a folder was expected, a file was found (ENOTDIR)';
  return `the file system failed (${system})`;
}
