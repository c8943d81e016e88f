/** A small disk that can be full. */
import { execFile } from 'node:child_process';
import { mkdtemp, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Runs `use` with a folder on a disk of `size`. When the disk cannot be taken away afterwards, that is told together with what `use` threw. Mounting needs root on Linux: where that is refused this fails in CI, and says
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
  const failures: unknown[] = [];
  await use(folder).catch((error: unknown) => failures.push(error));
  await remove(folder).catch((error: unknown) => failures.push(error));
  if (failures.length > 1)
    throw new AggregateError(failures, failures.map((error) => (error as Error).message).join('; and then: '));
  if (failures.length === 1) throw failures[0];
}

async function remove(folder: string): Promise<void> {
  await run('umount', [folder]);
  await rmdir(folder);
}
