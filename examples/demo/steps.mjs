/** What the demo prints: one line for each step, with its result and its time, and one clear error. */

/** Something the demo promises did not come true. Its message is all that is shown. */
export class NotAsExpected extends Error {}

/**
 * Names the step, does it, and prints what it says and how long it took.
 *
 * @template T
 * @param {string} name
 * @param {() => Promise<{ value?: T, says: string }>} work
 * @returns {Promise<T>}
 */
export async function step(name, work) {
  process.stdout.write(`  ${name.padEnd(12)}`);
  const started = performance.now();
  try {
    const { value, says } = await work();
    console.log(`${says} (${Math.round(performance.now() - started)} ms)`);
    return value;
  } catch (error) {
    console.log(`failed (${Math.round(performance.now() - started)} ms)`);
    throw error;
  }
}

/** A mistake in code shows its stack; everything with a message for people shows that. */
export function reportError(error) {
  const isForPeople = error instanceof NotAsExpected || ['PspError', 'TimeoutError'].includes(error?.name);
  const advice = error?.kind?.advice;
  console.error(isForPeople ? `\n${error.message}${advice === undefined ? '' : `\n${advice}`}` : error);
}

/** @param {number} count @param {string} noun */
export const amount = (count, noun) => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** @param {number} bytes */
export const size = (bytes) => (bytes < 1000 ? `${bytes} B` : `${(bytes / 1000).toFixed(1)} kB`);
