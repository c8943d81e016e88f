/** What the browser's own refusals mean to callers, who know PspError only. */
import { PspError } from '@psp/protocol';
import { CdpRefusal } from './transport.js';

/** Chromium's words for a call to something that has closed, navigated or was never there. */
const GONE =
  /No target with given id|Not attached to an active page|find browser context|Cannot find context|context was destroyed|target navigated|closed|detached|No frame|Frame .*not found|Session with given id/i;

/** The error in our words; the refusal stays as its cause. Other errors are given back as they are. */
export function inOurWords(error: unknown): unknown {
  if (!(error instanceof CdpRefusal)) return error;
  if (GONE.test(error.message)) {
    return new PspError('BROWSER_GONE', `The tab or frame is gone or has moved: ${error.message}`, { cause: error });
  }
  return new PspError('UNSUPPORTED', `The browser refused ${error.method}: ${error.message}`, { cause: error });
}

/** Whether the browser refused a call, as opposed to being gone, silent or wrongly asked. */
export function isRefusal(error: unknown): boolean {
  return error instanceof PspError && error.cause instanceof CdpRefusal;
}
