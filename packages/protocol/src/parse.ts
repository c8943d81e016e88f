/** Session documents at the edge: text or value in, a checked SessionDocument out. Inside, types are trusted. */
import { checkTree, parseJson } from './json.js';
import { DEFAULT_LIMITS, type ParseLimits } from './limits.js';
import { migrate, type Migrations } from './migrate.js';
import { refuse } from './place.js';
import { schemaProblem } from './schema-check.js';
import { SESSION_VERSION, SessionDocument } from './schema/session.js';
import { sessionProblem } from './session-check.js';

export interface ParseOptions {
  readonly limits?: Partial<ParseLimits>;
}

/** From version n to n + 1 at entry n. Empty as long as there is one version. */
export const SESSION_MIGRATIONS: Migrations = {};

const READER = { format: 'psp-session', version: SESSION_VERSION, migrations: SESSION_MIGRATIONS };

/**
 * Reads a session document: limits first, then format and version, then migration, schema and meaning. `input` is JSON text,
 * its UTF-8 bytes, or a value. Members that this version does not know are kept. Throws PspError TOO_LARGE,
 * UNSUPPORTED_VERSION or INVALID_DOCUMENT; the message names the place and never a value.
 */
export function parseSessionDocument(input: unknown, options: ParseOptions = {}): SessionDocument {
  const document = migrate(readValue(input, options), READER);
  refuse(schemaProblem(SessionDocument, document));
  refuse(sessionProblem(document as unknown as SessionDocument));
  return document as unknown as SessionDocument;
}

/** Text and bytes are parsed, values are measured; both are within the limits afterwards. */
export function readValue(input: unknown, { limits = {} }: ParseOptions): unknown {
  if (typeof input === 'string' || input instanceof Uint8Array) return parseJson(input, limits);
  checkTree(input, { ...DEFAULT_LIMITS, ...limits });
  return input;
}
