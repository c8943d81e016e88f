/** A session in hand: the document without its records, and the records as JSON text that nobody parses on the way. */
import type { RecordPlace, SessionDocument } from '@psp/protocol';

/**
 * Records of one store, one cache or the files of an origin; `json` is the UTF-8 JSON text of an array. Of a payload that was read,
 * `count` and `json` throw INVALID_DOCUMENT when the text is not one.
 */
export interface RecordBatch {
  readonly at: RecordPlace;
  /** The length of `json` where the text was not looked at yet. */
  readonly bytes?: number;
  readonly count: number;
  readonly json: Uint8Array;
}

/** What capture gives and restore takes. Records stand in `batches`, never in `document` (spec/psp-1.md, "Payload"). */
export interface SessionState {
  readonly document: SessionDocument;
  readonly batches: Iterable<RecordBatch> | AsyncIterable<RecordBatch>;
}

/** Gives the batches and lets go of each, so that memory shrinks while the session is sealed. */
export function* drained(batches: RecordBatch[]): Generator<RecordBatch> {
  for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) yield batch;
}
