/** What the browser's own refusals mean to callers, who know PspError only. Source: W3C WebDriver 2, section "Errors". */
import { PspError, type ErrorCode } from '@psp/protocol';
import { WebDriverRefusal } from './transport.js';

const MEANING: Readonly<Record<string, { code: ErrorCode; text: string }>> = {
  'invalid session id': { code: 'BROWSER_GONE', text: 'The WebDriver session has ended.' },
  'no such window': { code: 'BROWSER_GONE', text: 'The window is gone.' },
  'no such frame': { code: 'BROWSER_GONE', text: 'The frame is gone.' },
  'stale element reference': { code: 'BROWSER_GONE', text: 'The page went elsewhere meanwhile.' },
  'script timeout': { code: 'TIMEOUT', text: 'The page did not answer in time.' },
  timeout: { code: 'TIMEOUT', text: 'The page did not load in time.' },
  'unexpected alert open': { code: 'TIMEOUT', text: 'A dialog is open in the window.' },
};

/** The error in our words; the refusal stays as its cause. Other errors are given back as they are. */
export function inOurWords(error: unknown): unknown {
  if (!(error instanceof WebDriverRefusal)) return error;
  const { code, text } = MEANING[error.code] ?? {
    code: 'UNSUPPORTED',
    text: `The browser refused ${error.command}: ${error.code}.`,
  };
  return new PspError(code, text, { cause: error });
}

/** Whether the browser refused with one of these codes of the standard. */
export function isRefusal(error: unknown, ...codes: readonly string[]): boolean {
  const refusal = refusalOf(error);
  return refusal !== undefined && (codes.length === 0 || codes.includes(refusal.code));
}

/** The browser's own refusal behind an error, if there is one. */
export function refusalOf(error: unknown): WebDriverRefusal | undefined {
  return error instanceof PspError && error.cause instanceof WebDriverRefusal ? error.cause : undefined;
}
