/**
 * The clock of a process, moved: by libfaketime where Debian's faketime is installed, so that the process and its libraries see another
 * time, else by Date of the process alone. The monotonic clock, which nobody can set, goes on as it is.
 */
import { execFileSync } from 'node:child_process';

/** @typedef {{ env: Record<string, string>, dateMs: number }} Clock for the environment of a process, and for its `shiftClock` */

/** The library, as faketime itself names it to the loader; undefined where it is not installed. */
function findLibrary() {
  try {
    return execFileSync('faketime', ['-f', '+0', 'printenv', 'LD_PRELOAD'], { encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return undefined; // The table says so.
  }
}

const library = process.platform === 'linux' ? findLibrary() : undefined;

/** How clocks are moved here, for the table. */
export const CLOCK_WORDS =
  library === undefined ? 'Date an hour apart (faketime is not installed)' : 'clocks an hour apart by faketime';

/** @param {number} ms @returns {Clock} */
export function clockAt(ms) {
  if (ms === 0 || library === undefined) return { env: {}, dateMs: ms };
  const offset = `${ms < 0 ? '-' : '+'}${Math.abs(ms) / 1000}`;
  // Times of files stay those of the machine, as on a disk that several machines share.
  const still = { FAKETIME_DONT_FAKE_MONOTONIC: '1', NO_FAKE_STAT: '1' };
  return { env: { LD_PRELOAD: library, FAKETIME: offset, ...still }, dateMs: 0 };
}
