/** Calls page code in a frame: in the page's own world where that is as the browser made it, else in a clean realm beside it. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { PspError } from '@psp/protocol';
import { ADD_FRAME, PATCHED_CHECK, REMOVE_FRAME } from '@psp/core/main-world';
import type { ApiFrame } from './playwright.js';
import { ask } from './words.js';

/** Milliseconds between two looks for the frame that was added; Playwright hears of it in its own time. */
const POLL_MS = 5;

export interface Call {
  /** A function expression of one string that gives one. */
  readonly source: string;
  readonly argument: string;
  readonly timeoutMs: number;
}

/** In a document that no code of a site has touched. Throws TIMEOUT, BROWSER_GONE and UNSUPPORTED. */
export async function callIn(frame: ApiFrame, { source, argument, timeoutMs }: Call): Promise<string> {
  // What page code throws stays in the page: it may quote what it works on.
  const call = `(async () => { try { return await (${source})(${JSON.stringify(argument)}); } catch {} })()`;
  const answer = await ask(frame.evaluate(call), timeoutMs, 'the page code');
  if (typeof answer === 'string') return answer;
  throw new PspError('UNSUPPORTED', 'The page code failed, or gave no text.');
}

/** In a document of a site, out of reach of its scripts as far as they left the means for it. Throws as `callIn`. */
export async function callBeside(frame: ApiFrame, call: Call): Promise<string> {
  const patched = await ask(frame.evaluate(`(${PATCHED_CHECK})()`), call.timeoutMs, 'the page');
  return patched === false ? callIn(frame, call) : callInCleanRealm(frame, call);
}

async function callInCleanRealm(frame: ApiFrame, call: Call): Promise<string> {
  const name = JSON.stringify(`psp-${randomUUID()}`);
  const known = new Set(frame.childFrames());
  await ask(frame.evaluate(`(${ADD_FRAME})(${name})`), call.timeoutMs, 'a frame of its own');
  try {
    return await callIn(await added(frame, known, name, call.timeoutMs), call);
  } finally {
    // A page that has gone has taken the frame with it.
    await ask(frame.evaluate(`(${REMOVE_FRAME})(${name})`), call.timeoutMs, 'a frame of its own').catch(
      () => undefined,
    );
  }
}

async function added(frame: ApiFrame, known: Set<ApiFrame>, name: string, timeoutMs: number): Promise<ApiFrame> {
  const deadline = performance.now() + timeoutMs;
  do {
    for (const child of frame.childFrames().filter((each) => !known.has(each))) {
      const own = await ask(child.evaluate(`self.name === ${name}`), timeoutMs, 'a frame').catch(() => false);
      if (own === true) return child;
    }
    await sleep(POLL_MS);
  } while (performance.now() < deadline);
  throw new PspError('TIMEOUT', `The browser did not make a frame within ${timeoutMs} ms.`);
}
