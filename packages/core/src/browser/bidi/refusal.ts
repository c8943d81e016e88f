/** What the browser's own refusals mean to callers, who know PspError only. */
import { PspError } from '@psp/protocol';
import { BidiRefusal } from './transport.js';

/** Errors of the standard for a call to something that has closed, navigated or was never there. */
const GONE: ReadonlySet<string> = new Set(['no such frame', 'no such history entry', 'invalid session id']);
/** Firefox's words for the same where the standard has no code of its own. */
const GONE_WORDS = /DiscardedBrowsingContext|does no longer exist|actor '.*' destroyed|AbortError/i;

/** The error in our words; the refusal stays as its cause. Other errors are given back as they are. */
export function inOurWords(error: unknown): unknown {
  if (!(error instanceof BidiRefusal)) return error;
  if (GONE.has(error.code) || GONE_WORDS.test(error.message)) {
    return new PspError('BROWSER_GONE', `The tab or frame is gone or has moved: ${error.code}`, { cause: error });
  }
  const { method, code, message } = error;
  return new PspError('UNSUPPORTED', `The browser refused ${method}: ${code}: ${message}`, { cause: error });
}

/** The browser's refusal of a call, as opposed to being gone, silent or wrongly asked; undefined when it is something else. */
export function refusalIn(error: unknown): BidiRefusal | undefined {
  return error instanceof PspError && error.cause instanceof BidiRefusal ? error.cause : undefined;
}
