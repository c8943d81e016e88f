/** Recordings at the edge: text or value in, a checked Recording out. */
import { PspError } from './errors.js';
import { readValue, type ParseOptions } from './parse.js';
import { refuse } from './place.js';
import { schemaProblem } from './schema-check.js';
import { Recording, RECORDING_VERSION } from './schema/recording.js';

/**
 * Reads a recording of ours or a user flow of the Chrome Recorder. Members that are not known are kept. It says nothing of
 * trust: `waitForExpression` is code and a URL may be any. Throws PspError TOO_LARGE, UNSUPPORTED_VERSION or INVALID_DOCUMENT.
 */
export function parseRecording(input: unknown, options: ParseOptions = {}): Recording {
  const value = readValue(input, options);
  const version = (value as { psp?: { version?: unknown } } | null)?.psp?.version;
  if (typeof version === 'number' && version > RECORDING_VERSION) {
    const message = `the recording was written by version ${version}, this PSP reads up to ${RECORDING_VERSION}`;
    throw new PspError('UNSUPPORTED_VERSION', message);
  }
  refuse(schemaProblem(Recording, value));
  return value as Recording;
}
