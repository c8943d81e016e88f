/** Calls about the page of a tab that meet it between two pages, where the browser has none to tell of. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { PspError } from '@psp/protocol';
import { isRefusal } from './refusal.js';

const POLL_MS = 5;
const BETWEEN = /Not attached to an active page/i;

/** Calls again until there is a page, at most for `timeoutMs`: many a page sends its visitor on as soon as it is there. Throws what `call` threw last. */
export async function onceOnPage<R>(call: () => Promise<R>, timeoutMs: number): Promise<R> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!isBetweenPages(error) || performance.now() > deadline) throw error;
      await sleep(POLL_MS);
    }
  }
}

function isBetweenPages(error: unknown): boolean {
  return isRefusal(error) && BETWEEN.test(((error as PspError).cause as Error).message);
}
