/** How often a call is tried, and when. Knows nothing of what is called. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Tries of one call: the libraries' own are turned off, for they do not know a write of their own again. */
const TRIES = 4;
const FIRST_PAUSE_MS = 100;
/** Nothing is tried again later than this after the first attempt: a server that is silent costs a minute with each. */
const TRY_WITHIN_MS = 30_000;

/** Says after a failure, and a pause, whether there is another attempt. Pauses grow, and are not in step with those of others that failed at the same moment. */
export function attempts(): () => Promise<boolean> {
  const startedMs = performance.now();
  let made = 0;
  return async () => {
    made += 1;
    if (made === TRIES || performance.now() - startedMs > TRY_WITHIN_MS) return false;
    await sleep(FIRST_PAUSE_MS * 2 ** (made - 1) * (0.5 + Math.random()));
    return true;
  };
}
