/** A small disk that can be filled, made read-only and taken away. Knows nothing of who writes on it. */
import { execFile } from 'node:child_process';
import { mkdtemp, open, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const BLOCK = Buffer.alloc(64 * 1024);

/**
 * @typedef {object} SmallDisk
 * @property {string} folder
 * @property {(leftBytes?: number) => Promise<void>} fill up to the last bytes
 * @property {() => Promise<void>} free what `fill` took
 * @property {() => Promise<void>} forbid writes, while nobody has a file open for them
 * @property {() => Promise<void>} allow writes
 * @property {() => Promise<void>} close
 */

/**
 * Gives why it cannot be made where it cannot: mounting needs root on Linux.
 *
 * @param {string} size as mount takes it @param {string} [at] an empty folder; default: one of its own @returns {Promise<SmallDisk | string>}
 */
export async function smallDisk(size, at) {
  const folder = at ?? (await mkdtemp(join(tmpdir(), 'psp-disk-')));
  const filler = join(folder, 'filler');
  const remount = (how) => run('mount', ['-o', `remount,${how}`, folder]).then(() => undefined);
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=0777`, 'tmpfs', folder]);
  } catch (error) {
    if (at === undefined) await rmdir(folder);
    const why = `a small disk cannot be mounted here (${String(error).trim().split('\n').at(-1)})`;
    // There nothing is left out.
    if (process.env.CI === 'true') throw new Error(why, { cause: error });
    return why;
  }
  return {
    folder,
    fill: (leftBytes = 0) => fillUp(filler, leftBytes),
    free: () => rm(filler),
    forbid: () => remount('ro'),
    allow: () => remount('rw'),
    async close() {
      await run('umount', [folder]);
      if (at === undefined) await rmdir(folder);
    },
  };
}

async function fillUp(path, leftBytes) {
  const file = await open(path, 'w');
  try {
    for (let step = BLOCK.byteLength; step > 0;) {
      const written = await file.write(BLOCK, 0, step).catch((error) => {
        if (error.code === 'ENOSPC') return undefined;
        throw error;
      });
      // The last page takes less than a block.
      if (written === undefined) step = Math.floor(step / 2);
    }
    const { size } = await file.stat();
    await file.truncate(Math.max(0, size - leftBytes));
  } finally {
    await file.close();
  }
}
