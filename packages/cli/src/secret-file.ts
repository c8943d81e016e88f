/** Writing a file that holds secrets (for its owner only, whole or not at all, never over another unless asked), and the errors of files. */
import { randomBytes } from 'node:crypto';
import { link, rename, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PspError } from '@psp/protocol';

/** Throws STORE_DENIED, STORE_FULL, or INVALID_INPUT when the file exists and `force` is false. */
export async function writeSecretFile(path: string, text: string, force: boolean): Promise<void> {
  const scratch = join(dirname(path), `.psp-${randomBytes(8).toString('hex')}`);
  try {
    await writeFile(scratch, text, { flag: 'wx', mode: 0o600, flush: true });
    // A link fails when the name is taken, a rename takes it.
    if (force) await rename(scratch, path);
    else await link(scratch, path);
  } catch (error) {
    throw fileError(error as NodeJS.ErrnoException, path);
  } finally {
    // After a rename there is nothing left to remove; a fault in removing must not hide the first one.
    await unlink(scratch).catch(() => undefined);
  }
}

/** The error of an input file: whatever the reason, it is the argument that must change, and not the store. */
export function inputError(error: NodeJS.ErrnoException, path: string): PspError {
  const { code = error.message } = error;
  if (code === 'ENOENT' || code === 'EISDIR' || code === 'ENOTDIR') return fileError(error, path);
  const whose = code === 'EACCES' || code === 'EPERM' ? 'this user has no right to read it' : 'it cannot be read';
  return new PspError('INVALID_INPUT', `${path}: ${whose} (${code})`, { cause: error });
}

/** The error of a file to write. */
function fileError(error: NodeJS.ErrnoException, path: string): PspError {
  const options = { cause: error };
  switch (error.code) {
    case 'EEXIST':
      return new PspError(
        'INVALID_INPUT',
        `${path} exists already. Name another file, or overwrite it with --force`,
        options,
      );
    case 'ENOENT':
      return new PspError('INVALID_INPUT', `${path}: no such file or folder`, options);
    case 'EISDIR':
    case 'ENOTDIR':
      return new PspError('INVALID_INPUT', `${path}: expected a file, found a folder or none`, options);
    case 'ENOSPC':
    case 'EDQUOT':
      return new PspError('STORE_FULL', `${path}: no space left`, options);
    default:
      return new PspError('STORE_DENIED', `${path}: it cannot be used (${error.code ?? error.message})`, options);
  }
}
