/** Playwright's errors in our words. Its messages quote addresses, page code and the browser's log, which may hold secrets. */
import { PspError } from '@psp/protocol';
import { within } from '@psp/core/cdp';

const ELSEWHERE = 'The page went elsewhere meanwhile.';

/** First match wins. */
const WORDS: readonly (readonly [RegExp, () => PspError])[] = [
  [/crashed/i, () => new PspError('BROWSER_GONE', 'The tab crashed.')],
  [/has been closed|browser has disconnected|connection closed/i, () => gone('The tab, or the browser, closed.')],
  [/(?<!maybe )frame (?:was|got) detached/i, () => gone('The frame is no longer there.')],
  [/context was destroyed|interrupted by another navigation/i, () => gone(ELSEWHERE)],
];

/** Whether another document came while the call was under way. */
export const isElsewhere = (error: unknown): boolean => error instanceof PspError && error.message === ELSEWHERE;

/**
 * The promise's value. Throws PspError only: TIMEOUT after `timeoutMs`, BROWSER_GONE when what the call needed is gone, and
 * otherwise what `other` makes of it, by default UNSUPPORTED. `what` names the call, never a secret.
 */
export async function ask<T>(promise: Promise<T>, timeoutMs: number, what: string): Promise<T> {
  try {
    return await within(promise, timeoutMs, what);
  } catch (error) {
    throw inOurWords(error) ?? new PspError('UNSUPPORTED', `Playwright would not do ${what}.`);
  }
}

/** Undefined for an error that speaks neither of an end nor of a time limit. */
export function inOurWords(error: unknown): PspError | undefined {
  if (error instanceof PspError) return error;
  const { name, message } = error as Error;
  // Only its first line is Playwright's own; a log of the browser may follow.
  const [first = ''] = message.split('\n');
  const found = WORDS.find(([pattern]) => pattern.test(first));
  if (found !== undefined) return found[1]();
  return name === 'TimeoutError' ? new PspError('TIMEOUT', 'The page did not answer in time.') : undefined;
}

/** Playwright's own words for a refusal: one line, without the name of the call. */
export function refusalOf(error: unknown): string {
  const [first = ''] = (error as Error).message.split('\n');
  return first.replace(/^\w+\.\w+: /, '');
}

function gone(message: string): PspError {
  return new PspError('BROWSER_GONE', message);
}
