/** A small disk that can be full. */
import { execFile } from 'node:child_process';
import { mkdtemp, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Runs `use` with a folder on a disk of `size`. Mounting needs root on Linux: where that is refused this fails in CI, and says
 * elsewhere why the test could not be made.
 */
export async function withSmallDisk(size: string, use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'psp-disk-'));
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=0700`, 'tmpfs', folder]);
  } catch (error) {
    await rmdir(folder);
    const why = `a small disk cannot be mounted here, so a full disk was not tried (${(error as Error).message.trim()})`;
    if (process.env['CI'] !== undefined) throw new Error(why, { cause: error });
    console.warn(why);
    return;
  }
  try {
    await use(folder);
  } finally {
    await run('umount', [folder]);
    await rmdir(folder);
  }
}
