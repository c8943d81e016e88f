/** Calls the page bundle in a frame. Records pass through as text; only the header of a reply is parsed. */
import { PspError } from '@psp/protocol';
import type { BrowserDriver, Frame, Tab } from './browser/driver.js';
import { PAGE_SOURCE } from './page-bundle.gen.js';
import type { DumpReply, LoadReply, PageFailure, PageRequest, PutReply, RecordsReply } from './page/contract.js';

/** A place where page code can run. */
export interface Place {
  readonly driver: BrowserDriver;
  readonly tab: Tab;
  readonly frame: Frame;
}

interface Replies {
  dump: DumpReply;
  records: RecordsReply;
  load: LoadReply;
  put: PutReply;
}

export interface PageReply<T> {
  readonly header: T;
  /** JSON texts of arrays of records, UTF-8. */
  readonly records: readonly Uint8Array[];
}

/** Slack over the page's own limits, so that the page can tell of a blocked database before the call is given up. */
const SLACK_MS = 5_000;

/**
 * Runs one request. Throws TIMEOUT when the page does not answer, BROWSER_GONE when it goes away, UNSUPPORTED when the page
 * code fails.
 */
export async function callPage<R extends PageRequest>(place: Place, request: R): Promise<PageReply<Replies[R['do']]>> {
  const { driver, tab, frame } = place;
  const timeoutMs = request.timeoutMs + SLACK_MS;
  const reply = await driver.evaluate(tab, frame, PAGE_SOURCE, JSON.stringify(request), { timeoutMs });
  const [first = '', ...rest] = reply.split('\n');
  const header = JSON.parse(first) as Replies[R['do']] | PageFailure;
  if ('error' in header) throw new PspError('UNSUPPORTED', `The page code failed: ${header.error}`);
  return { header, records: rest.map((line) => Buffer.from(line)) };
}
