/** Brings documents of older versions up to the one that this code reads. Knows no schema. */
import { PspError } from './errors.js';
import { expected, problem, refuse, typeName, under, unfit } from './place.js';

export type JsonObject = { readonly [name: string]: unknown };

/** Gives a document of the next version, without changing the one it is given, and keeps the members it does not know. */
export type Migration = (document: JsonObject) => JsonObject;

/** `migrations[n]` leads from version n to n + 1. */
export type Migrations = Readonly<Record<number, Migration>>;

/** What a reader reads: the format's name, the version that it writes, and the way from older ones. */
export interface VersionedFormat {
  readonly format: string;
  readonly version: number;
  readonly migrations: Migrations;
}

/**
 * The document in the version of `reader`. Throws PspError INVALID_DOCUMENT for another format, UNSUPPORTED_VERSION for a
 * higher version or one from which no migration leads [PSP-VER-1, PSP-VER-2].
 */
export function migrate(document: unknown, reader: VersionedFormat): JsonObject {
  let current = checkFormat(document, reader);
  for (let version = current['version'] as number; version < reader.version; version++) {
    const step = Object.hasOwn(reader.migrations, version) ? reader.migrations[version] : undefined;
    if (step === undefined) throw unsupported(version, `has no migration from ${version} to ${version + 1}`);
    current = { ...step(current), version: version + 1 };
  }
  return current;
}

function checkFormat(document: unknown, reader: VersionedFormat): JsonObject {
  if (typeName(document) !== 'object') refuse(expected('object', document));
  const { format, version } = document as JsonObject;
  if (format !== reader.format) {
    const wanted = JSON.stringify(reader.format);
    refuse(under('format', typeof format === 'string' ? unfit(wanted, format) : expected(wanted, format)));
  }
  if (!Number.isInteger(version)) refuse(under('version', expected('integer', version)));
  if ((version as number) < 1) refuse(problem('expected 1 or more, found less', 'version'));
  if ((version as number) > reader.version) throw unsupported(version as number, `reads up to ${reader.version}`);
  return document as JsonObject;
}

function unsupported(version: number, what: string): PspError {
  return new PspError('UNSUPPORTED_VERSION', `the document was written by version ${version}, this PSP ${what}`);
}
