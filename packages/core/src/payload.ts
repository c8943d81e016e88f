/** The payload: what is sealed. Lines of JSON, the first the document, each further one records of one store, cache or set of files (PSP-PAY). */
import {
  comparePlaces,
  holderAt,
  holdersOf,
  isRecordPlace,
  parsePayloadHead,
  PspError,
  withoutRecords,
  type IdbRecord,
  type RecordPlace,
  type SessionDocument,
} from '@psp/protocol';
import { readLines } from './payload-lines.js';
import type { RecordBatch, SessionState } from './state.js';

/** Most bytes of a payload before compression. */
export const MAX_PAYLOAD_BYTES = 1024 * 1024 * 1024;
/** Most bytes of one line, which is parsed at once. */
const MAX_LINE_BYTES = 256 * 1024 * 1024;

const NEWLINE = 0x0a;
/** How this code writes a line; the records begin where it ends. */
const OWN_LINE = /^\{"at":(\[\d+,(?:\d+|"caches"|"files"),\d+\]),"records":/;

/** The lines of a payload, each with its newline. Throws INVALID_INPUT when records stand in the document or batches are out of order, TOO_LARGE for a line that no reader takes. */
export async function* encodePayload(state: SessionState): AsyncGenerator<Uint8Array> {
  const { document } = state;
  if (countInlineRecords(document) > 0)
    throw new PspError('INVALID_INPUT', 'state.document: records belong in the batches. Use splitRecords');
  const first = Buffer.from(`${JSON.stringify(document)}\n`);
  checkLine(first.length - 1, 'the document without its records');
  yield first;
  let before: RecordPlace | undefined;
  for await (const { at, json } of state.batches) {
    if (!inOrder(before, at)) throw new PspError('INVALID_INPUT', `state.batches: [${at.join(', ')}] is out of order`);
    before = at;
    const start = Buffer.from(`{"at":${JSON.stringify(at)},"records":`);
    checkLine(start.length + json.byteLength + 1, `a batch of records for [${at.join(', ')}]`);
    yield start;
    // JSON allows newlines between its tokens, a line does not.
    yield json.includes(NEWLINE) ? Buffer.from(JSON.stringify(JSON.parse(textOf(json)))) : json;
    yield Buffer.from('}\n');
  }
}

/**
 * Reads a payload as it streams. The batches can be read once, and the records of each are checked when they are first used. Throws
 * INVALID_DOCUMENT naming the line, TOO_LARGE, or what the stream throws.
 */
export async function decodePayload(bytes: AsyncIterable<Uint8Array>): Promise<SessionState> {
  const lines = readLines(bytes, MAX_LINE_BYTES);
  const first = await lines.next();
  if (first.done === true) throw invalid(1, 'expected a session document, found nothing');
  const document = parsePayloadHead(first.value, { limits: { maxBytes: MAX_LINE_BYTES } });
  return { document, batches: decodeBatches(lines, document) };
}

/** The whole session as one document, records included: for export and comparison. The state itself is left as it was, its batches read. */
export async function inlineRecords({ document, batches }: SessionState): Promise<SessionDocument> {
  const whole = withoutRecords(document);
  for await (const { at, json } of batches) {
    const records = holderAt(whole, at)?.records;
    if (records === undefined)
      throw new PspError('INVALID_INPUT', `records at [${at.join(', ')}]: the document has no such place`);
    for (const record of JSON.parse(textOf(json)) as IdbRecord[]) records.push(record);
  }
  return whole;
}

/** The reverse: batches of at most `maxBytes` of JSON text, or one record where that alone is larger. */
export function splitRecords(document: SessionDocument, { maxBytes }: { maxBytes: number }): SessionState {
  return { document: withoutRecords(document), batches: { [Symbol.iterator]: () => batchesOf(document, maxBytes) } };
}

function* batchesOf(document: SessionDocument, maxBytes: number): Generator<RecordBatch> {
  for (const {
    at,
    holder: { records },
  } of holdersOf(document)) {
    let texts: string[] = [];
    let bytes = 2;
    for (const record of records) {
      const text = JSON.stringify(record);
      const size = Buffer.byteLength(text) + 1;
      if (texts.length > 0 && bytes + size > maxBytes) {
        yield batch(at, texts);
        [texts, bytes] = [[], 2];
      }
      texts.push(text);
      bytes += size;
    }
    if (texts.length > 0) yield batch(at, texts);
  }
}

const batch = (at: RecordBatch['at'], texts: string[]): RecordBatch => ({
  at,
  count: texts.length,
  json: Buffer.from(`[${texts.join(',')}]`),
});

async function* decodeBatches(
  lines: AsyncIterable<Uint8Array>,
  document: SessionDocument,
): AsyncGenerator<RecordBatch> {
  let number = 1;
  let before: RecordPlace | undefined;
  for await (const line of lines) {
    number += 1;
    const { at, json } = splitLine(line, number);
    if (!inOrder(before, at)) throw invalid(number, 'at: expected the place of the line before, or one after it');
    before = at;
    if (holderAt(document, at) === undefined)
      throw invalid(number, `at: the document has nothing at [${at.join(', ')}]`);
    yield checkedWhenUsed(at, json, number);
  }
}

/** Of a session that is restored bit by bit nobody may ever want some lines, and parsing them is most of the work. */
function checkedWhenUsed(at: RecordPlace, json: Uint8Array, number: number): RecordBatch {
  let known: number | undefined;
  const checked = (): number => (known ??= countRecords(json, number));
  return {
    at,
    bytes: json.byteLength,
    get count() {
      return checked();
    },
    get json() {
      checked();
      return json;
    },
  };
}

function countRecords(json: Uint8Array, number: number): number {
  const records = parseLine(json, number);
  if (!Array.isArray(records)) throw invalid(number, 'records: expected an array');
  const wrong = records.findIndex((record) => !isRecord(record));
  if (wrong >= 0) throw invalid(number, `records[${wrong}]: expected an object with key and value`);
  return records.length;
}

/** So that a reader can write one origin after the other (PSP-PAY-2). */
const inOrder = (before: RecordPlace | undefined, at: RecordPlace): boolean =>
  before === undefined || comparePlaces(before, at) <= 0;

/** The place and the text of the records, without parsing those of a line that this code wrote. */
function splitLine(line: Uint8Array, number: number): { at: RecordPlace; json: Uint8Array } {
  const own = OWN_LINE.exec(textOf(line.subarray(0, 80)));
  if (own !== null && line.at(-1) === 0x7d) {
    const [start, at] = own as unknown as [string, string];
    return { at: placeOf(JSON.parse(at), number), json: line.subarray(start.length, -1) };
  }
  const { at, records } = Object(parseLine(line, number)) as { at?: unknown; records?: unknown };
  return { at: placeOf(at, number), json: Buffer.from(JSON.stringify(records) ?? 'null') };
}

function placeOf(at: unknown, number: number): RecordPlace {
  if (Array.isArray(at) && isRecordPlace(at)) return at;
  throw invalid(number, 'at: expected the place of a store, a cache or the files of an origin');
}

/** The engine's own message quotes the text, which is secret. */
function parseLine(line: Uint8Array, number: number): unknown {
  try {
    return JSON.parse(textOf(line));
  } catch {
    throw invalid(number, 'expected JSON');
  }
}

function checkLine(bytes: number, what: string): void {
  if (bytes > MAX_LINE_BYTES)
    throw new PspError('TOO_LARGE', `${what}: at most ${MAX_LINE_BYTES} bytes, found ${bytes}`);
}

function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'key') && Object.hasOwn(value, 'value');
}

function countInlineRecords(document: SessionDocument): number {
  return [...holdersOf(document)].reduce((sum, { holder }) => sum + holder.records.length, 0);
}

const textOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');

function invalid(line: number, why: string): PspError {
  return new PspError('INVALID_DOCUMENT', `payload line ${line}: ${why}`);
}
