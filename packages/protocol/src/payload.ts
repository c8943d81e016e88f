/**
 * The payload: what is sealed. Lines of JSON, the first a session document whose stores are empty, each further one records
 * for one store (spec/psp-1.md, section "Payload"). For whole payloads in memory; core streams them.
 */
import { PspError } from './errors.js';
import { DEFAULT_LIMITS } from './limits.js';
import { checkedLength } from './json.js';
import { parseSessionDocument, readValue, type ParseOptions } from './parse.js';
import { eachOf, formatPlace, problem, refuse, under, type Problem } from './place.js';
import { schemaProblem } from './schema-check.js';
import { RecordLine, type IdbRecord, type IdbStore, type SessionDocument } from './schema/session.js';
import { recordProblem } from './session-check.js';

/** The first line. Throws INVALID_DOCUMENT when a store of it holds records, else as parseSessionDocument. */
export function parsePayloadHead(line: unknown, options: ParseOptions = {}): SessionDocument {
  const document = parseSessionDocument(line, options);
  for (const { path, store } of storesOf(document)) {
    if (store.records.length > 0)
      refuse(problem('expected no records in the first line, found some', ...path, 'records'));
  }
  return document;
}

/** A further line. Throws INVALID_DOCUMENT when `document` has no store at its `at` [PSP-PAY-3]. */
export function parseRecordLine(line: unknown, document: SessionDocument, options: ParseOptions = {}): RecordLine {
  const value = readValue(line, options);
  refuse(schemaProblem(RecordLine, value));
  const { at, records } = value as RecordLine;
  refuse(under('at', atProblem(at, document)));
  refuse(under('records', eachOf(records, recordProblem)));
  return value as RecordLine;
}

/** A whole payload as one document with its records. Errors name the line: `line 3: records[0].key: ...`. */
export function parsePayload(text: string, options: ParseOptions = {}): SessionDocument {
  checkedLength(text, { ...DEFAULT_LIMITS, ...options.limits });
  if (!text.endsWith('\n'))
    throw new PspError('INVALID_DOCUMENT', 'the payload: expected a newline at its end, found none');
  const [first, ...rest] = text.slice(0, -1).split('\n');
  const document = inLine(1, () => parsePayloadHead(first, options));
  let before: readonly number[] = [0, 0, 0];
  rest.forEach((line, index) => {
    const { at, records } = inLine(index + 2, () => {
      const parsed = parseRecordLine(line, document, options);
      refuse(under('at', orderProblem(before, parsed.at)));
      return parsed;
    });
    before = at;
    const { records: target } = storeAt(document, at)!;
    for (const record of records) target.push(record);
  });
  return document;
}

/** Lines come in the order of their stores, so that a reader can write one origin after the other [PSP-PAY-2]. */
function orderProblem(before: readonly number[], at: readonly number[]): Problem | undefined {
  const differs = at.findIndex((index, level) => index !== before[level]);
  return differs < 0 || at[differs]! > before[differs]!
    ? undefined
    : problem('expected the place of the line before, or one after it');
}

/** The lines of a document, each with its newline. Records of a store are split so that no line has more than `recordsPerLine`. */
export function* payloadLines(document: SessionDocument, recordsPerLine = 1000): Generator<string> {
  yield `${JSON.stringify(withoutRecords(document))}\n`;
  for (const { at, store } of storesOf(document)) {
    for (let start = 0; start < store.records.length; start += recordsPerLine) {
      yield `${JSON.stringify({ at, records: store.records.slice(start, start + recordsPerLine) })}\n`;
    }
  }
}

/** A copy without records; what is not on the way to a store is shared with the original. */
export function withoutRecords(document: SessionDocument): SessionDocument {
  const empty = (store: IdbStore): IdbStore => ({ ...store, records: [] as IdbRecord[] });
  const origins = document.origins.map((origin) => ({
    ...origin,
    indexedDB: origin.indexedDB.map((database) => ({ ...database, stores: database.stores.map(empty) })),
  }));
  return { ...document, origins };
}

/** The store that an `at` points to, or undefined. */
export function storeAt(document: SessionDocument, at: readonly number[]): IdbStore | undefined {
  const [origin, database, store] = at as [number, number, number];
  return document.origins[origin]?.indexedDB[database]?.stores[store];
}

interface PlacedStore {
  readonly at: readonly [number, number, number];
  readonly path: readonly (string | number)[];
  readonly store: IdbStore;
}

/** Every object store of a document with its `at`, in the order of the document. */
function* storesOf(document: SessionDocument): Generator<PlacedStore> {
  for (const [o, origin] of document.origins.entries()) {
    for (const [d, database] of origin.indexedDB.entries()) {
      for (const [s, store] of database.stores.entries()) {
        yield { at: [o, d, s], path: ['origins', o, 'indexedDB', d, 'stores', s], store };
      }
    }
  }
}

function atProblem(at: readonly number[], document: SessionDocument): Problem | undefined {
  if (storeAt(document, at) !== undefined) return undefined;
  const [origin, database, store] = at as [number, number, number];
  const place = formatPlace(['origins', origin, 'indexedDB', database, 'stores', store]);
  return problem(`expected the place of a store, found ${place}, which the first line has not`);
}

function inLine<T>(number: number, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof PspError)) throw error;
    throw new PspError(error.code, `line ${number}: ${error.message}`, { cause: error });
  }
}
