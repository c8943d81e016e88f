/** Calls the page bundle in a frame. Records pass through as text; only the header of a reply is parsed. */
import { PspError, type StorageBucket } from '@psp/protocol';
import type { BrowserDriver, Frame, Tab } from './browser/driver.js';
import { keysAreExportable } from './exportable-keys.js';
import { READ_SOURCE, TAB_SOURCE, WRITE_FRESH_SOURCE, WRITE_SOURCE } from './page-bundle.gen.js';
import type {
  Addressed,
  DumpReply,
  FindReply,
  LoadReply,
  PageFailure,
  PageRequest,
  PutEntriesReply,
  PutReply,
  RecordsReply,
  SurroundingsReply,
  TabReply,
} from './page/contract.js';

/** A place where page code can run. */
export interface Place {
  readonly driver: BrowserDriver;
  readonly tab: Tab;
  readonly frame: Frame;
  /** The bucket whose storage is meant, unless it is the default one. */
  readonly bucket?: StorageBucket;
}

/** Page code comes with each call, and an engine compiles all that comes. */
const SOURCES: Readonly<Record<PageRequest['do'], string>> = {
  dump: READ_SOURCE,
  records: READ_SOURCE,
  entries: READ_SOURCE,
  surroundings: READ_SOURCE,
  find: READ_SOURCE,
  load: WRITE_SOURCE,
  put: WRITE_SOURCE,
  putEntries: WRITE_SOURCE,
  tab: TAB_SOURCE,
};

interface Replies {
  dump: DumpReply;
  records: RecordsReply;
  entries: RecordsReply;
  load: LoadReply;
  find: FindReply;
  put: PutReply;
  surroundings: SurroundingsReply;
  putEntries: PutEntriesReply;
  tab: TabReply;
}

export interface PageReply<T> {
  readonly header: T;
  /** JSON texts of arrays of records, UTF-8. */
  readonly records: readonly Uint8Array[];
}

/**
 * Most bytes of a request as it goes over the wire. Chromium drops a connection, and over a pipe ends itself, at a message of 100 MiB;
 * proxies in front of browsers often take no more either.
 */
const MAX_REQUEST_BYTES = 80 * 1024 * 1024;

/**
 * Most bytes that one record may take on the wire, by `bytesInRequest` or as the page counts them: what can be captured can be sent
 * again, beside the rest of its request.
 */
export const MAX_RECORD_BYTES = 64 * 1024 * 1024;

/** What one reply of a reading may hold: JSON text so small that one copy on each side of the connection does not matter; one record may be larger. */
export const READ_LIMITS = { maxBytes: 1024 * 1024, maxRecordBytes: MAX_RECORD_BYTES };

/** The first reply may hold more: it comes alone, and most origins need no second one. */
export const FIRST_READ_LIMITS = {
  maxBytes: 4 * READ_LIMITS.maxBytes,
  pieceBytes: READ_LIMITS.maxBytes,
  maxRecordBytes: MAX_RECORD_BYTES,
};

/** Whether a call took too long. */
export const isSlow = (error: unknown): error is PspError => error instanceof PspError && error.code === 'TIMEOUT';

/** Bytes of a quote or backslash of the request within a message to the browser: a string in a message within a message. */
const ESCAPED_BYTES = 4;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Slack over the page's own limits, so that the page can tell of a blocked database before the call is given up. */
const SLACK_MS = 5_000;

/**
 * Runs one request. Throws TIMEOUT when the page does not answer, BROWSER_GONE when it goes away or is of another origin by now, UNSUPPORTED when the page
 * code fails, and TOO_LARGE, with nothing sent, when the browser would not bear the request.
 */
export async function callPage<R extends PageRequest>(place: Place, request: R): Promise<PageReply<Replies[R['do']]>> {
  const { driver, tab, frame, bucket } = place;
  const timeoutMs = request.timeoutMs + SLACK_MS;
  // What an opaque origin is called (HTML, section 7.1.1).
  const origin = frame.origin ?? 'null';
  const keys = keysAreExportable(driver) ? { keys: 'exportable' as const } : {};
  const addressed: R & Addressed = { ...request, origin, ...keys, ...(bucket === undefined ? {} : { bucket }) };
  const text = JSON.stringify(addressed);
  checkSize(request.do, text);
  const call = async (source: string): Promise<{ header: Replies[R['do']] | PageFailure; rest: string[] }> => {
    const reply = await driver.evaluate(tab, frame, source, text, { timeoutMs });
    const [first = '', ...rest] = reply.split('\n');
    return { header: JSON.parse(first) as Replies[R['do']] | PageFailure, rest };
  };
  let { header, rest } = await call(mayBeFresh(addressed, text) ? WRITE_FRESH_SOURCE : SOURCES[request.do]);
  if ('notFresh' in header) ({ header, rest } = await call(SOURCES[request.do]));
  if ('elsewhere' in header)
    throw new PspError('BROWSER_GONE', `The page went elsewhere: it is no longer of ${origin}.`);
  if ('error' in header) throw new PspError('UNSUPPORTED', `The page code failed: ${header.error}`);
  return { header, records: rest.map((line) => Buffer.from(line)) };
}

/**
 * Whether the smaller code may do: in a place that holds nothing, for records whose text names no value that is no plain tree. What does so all the same,
 * since JSON can write a name in several ways, costs a second call, as does a place that holds something.
 */
function mayBeFresh(request: PageRequest & Addressed, text: string): boolean {
  return request.do === 'load' && request.bucket === undefined && !text.includes('nodes');
}

function checkSize(what: PageRequest['do'], text: string): void {
  // Nearly all are far below, and need no count.
  if (text.length * ESCAPED_BYTES <= MAX_REQUEST_BYTES) return;
  const bytes = escapedBytes(Buffer.from(text), ESCAPED_BYTES);
  if (bytes <= MAX_REQUEST_BYTES) return;
  const limit = `the browser takes at most ${MAX_REQUEST_BYTES} bytes at once`;
  throw new PspError(
    'TOO_LARGE',
    `Expected a smaller ${what} request: it has ${bytes} bytes on the wire, and ${limit}.`,
  );
}

/** Bytes that JSON text of records takes on the wire. It is a string of the request, which doubles each escape once more. */
export const bytesInRequest = (records: Uint8Array): number => escapedBytes(records, 2 * ESCAPED_BYTES);

function escapedBytes(text: Uint8Array, bytesEach: number): number {
  let escapes = 0;
  for (const byte of text) if (byte === QUOTE || byte === BACKSLASH) escapes += 1;
  return text.length + escapes * (bytesEach - 1);
}
