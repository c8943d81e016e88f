/**
 * The payload: what is sealed. Lines of JSON, the first a session document without records, each further one records of one
 * store, cache or set of files (spec/psp-1.md, section "Payload"). For whole payloads in memory; core streams them.
 */
import { PspError } from './errors.js';
import { DEFAULT_LIMITS } from './limits.js';
import { checkedLength } from './json.js';
import { parseSessionDocument, readValue, type ParseOptions } from './parse.js';
import { eachOf, problem, refuse, under, type Problem } from './place.js';
import { comparePlaces, holderAt, holdersOf, isRecordPlace, withoutRecords } from './record-place.js';
import { schemaProblem } from './schema-check.js';
import { RecordLine, type RecordPlace, type SessionDocument } from './schema/session.js';
import { recordProblemAt } from './session-check.js';

/** The first line. Throws INVALID_DOCUMENT when it holds records, else as parseSessionDocument. */
export function parsePayloadHead(line: unknown, options: ParseOptions = {}): SessionDocument {
  const document = parseSessionDocument(line, options);
  for (const { path, holder } of holdersOf(document)) {
    if (holder.records.length > 0)
      refuse(problem('expected no records in the first line, found some', ...path, 'records'));
  }
  return document;
}

/** A line whose `at` is a place of its document. */
export type PlacedRecordLine = Omit<RecordLine, 'at'> & { readonly at: RecordPlace };

/** A further line. Throws INVALID_DOCUMENT when `document` has nothing at its `at` [PSP-PAY-3]. */
export function parseRecordLine(
  line: unknown,
  document: SessionDocument,
  options: ParseOptions = {},
): PlacedRecordLine {
  const value = readValue(line, options);
  refuse(schemaProblem(RecordLine, value));
  refuse(under('at', atProblem((value as RecordLine).at, document)));
  const placed = value as PlacedRecordLine;
  refuse(under('records', eachOf(placed.records, recordProblemAt(placed.at))));
  return placed;
}

/** A whole payload as one document with its records. Errors name the line: `line 3: records[0].key: ...`. */
export function parsePayload(text: string, options: ParseOptions = {}): SessionDocument {
  checkedLength(text, { ...DEFAULT_LIMITS, ...options.limits });
  if (!text.endsWith('\n'))
    throw new PspError('INVALID_DOCUMENT', 'the payload: expected a newline at its end, found none');
  const [first, ...rest] = text.slice(0, -1).split('\n');
  const document = inLine(1, () => parsePayloadHead(first, options));
  let before: RecordPlace = [0, 0, 0];
  rest.forEach((line, index) => {
    const { at, records } = inLine(index + 2, () => {
      const parsed = parseRecordLine(line, document, options);
      refuse(under('at', orderProblem(before, parsed.at)));
      return parsed;
    });
    before = at;
    const { records: target } = holderAt(document, at)!;
    for (const record of records) target.push(record);
  });
  return document;
}

/** So that a reader can write one origin after the other [PSP-PAY-2]. */
function orderProblem(before: RecordPlace, at: RecordPlace): Problem | undefined {
  return comparePlaces(before, at) <= 0 ? undefined : problem('expected the place of the line before, or one after it');
}

/** The lines of a document, each with its newline. Records are split so that no line has more than `recordsPerLine`. */
export function* payloadLines(document: SessionDocument, recordsPerLine = 1000): Generator<string> {
  yield `${JSON.stringify(withoutRecords(document))}\n`;
  for (const { at, holder } of holdersOf(document)) {
    for (let start = 0; start < holder.records.length; start += recordsPerLine) {
      yield `${JSON.stringify({ at, records: holder.records.slice(start, start + recordsPerLine) })}\n`;
    }
  }
}

function atProblem(at: readonly unknown[], document: SessionDocument): Problem | undefined {
  if (!isRecordPlace(at)) return problem('expected the place of a store, a cache or the files of an origin');
  if (holderAt(document, at) !== undefined) return undefined;
  return problem(`expected the place of a store, a cache or files, found one that the first line has not`);
}

function inLine<T>(number: number, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof PspError)) throw error;
    throw new PspError(error.code, `line ${number}: ${error.message}`, { cause: error });
  }
}
