/** Peaks of the memory of Node, each in a process of its own, so that nothing but one capture and one restore is measured. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { median } from './turns.mjs';

/** Bytes above the level before, and of the whole process, with the size of the state. @param {boolean} short */
export async function measureMemory(short) {
  const script = fileURLToPath(new URL('memory.mjs', import.meta.url));
  const runs = [];
  for (let run = 0; run < (short ? 1 : 5); run++) {
    const args = ['--expose-gc', script, ...(short ? ['--short'] : [])];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    runs.push(JSON.parse(stdout));
  }
  const { records, bytes } = runs[0];
  const of = (work, what) => median(runs.map((run) => run[work][what]));
  const peaks = ['capture', 'restore'].map((work) => ({ work, above: of(work, 'above'), whole: of(work, 'whole') }));
  return { records, bytes, peaks };
}
