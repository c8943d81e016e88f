/** What must be true of caches, files and workers beyond their schema (spec/psp-1.md, section 3). Gives the first fault or undefined. */
import { eachOf, expected, problem, repeated, typeName, under, unfit, type Problem } from './place.js';
import type { CacheState, FilesState, IdbRecord, OriginState } from './schema/session.js';
import { valueProblem } from './value-check.js';
import { fileNameProblem } from './file-name.js';
import { wireStringProblem } from './wire-string.js';

export function depotProblem({ caches = [], files, serviceWorkers = [] }: OriginState): Problem | undefined {
  return (
    under('caches', eachOf(caches, cacheProblem) ?? repeated(caches, ({ name }) => JSON.stringify(name), 'cache')) ??
    under('files', files && filesProblem(files)) ??
    under(
      'serviceWorkers',
      repeated(serviceWorkers, ({ scope }) => scope, 'registration'),
    )
  );
}

function cacheProblem({ name, records }: CacheState): Problem | undefined {
  return under('name', wireStringProblem(name)) ?? under('records', eachOf(records, cacheRecordProblem));
}

function filesProblem({ records }: FilesState): Problem | undefined {
  return under('records', eachOf(records, fileRecordProblem));
}

/** The key is the place of the entry in its cache [PSP-CACHE-1]. */
export function cacheRecordProblem({ key, value }: IdbRecord): Problem | undefined {
  const isPosition = Number.isSafeInteger(key) && (key as number) >= 0;
  return (
    under('key', isPosition ? undefined : expected('an integer from 0', key)) ?? under('value', valueProblem(value))
  );
}

/** A folder has a path and `null`, a piece of a file a path with an offset and bytes [PSP-FILE-1, PSP-FILE-2]. */
export function fileRecordProblem({ key, value }: IdbRecord): Problem | undefined {
  const names = typeName(key) === 'object' ? (key as { json?: unknown }).json : undefined;
  if (!Array.isArray(names)) return under('key', expected('a path', key));
  const last: unknown = names.at(-1);
  const isPiece = typeof last === 'number';
  const path = isPiece ? names.slice(0, -1) : (names as unknown[]);
  if (path.length === 0) return under('key', unfit('a path', names));
  if (isPiece && !(Number.isSafeInteger(last) && last >= 0)) {
    return under('key', problem('expected an offset from 0, found another number'));
  }
  const found = under('key', under('json', eachOf(path, fileNameProblem))) ?? under('value', valueProblem(value));
  if (found !== undefined) return found;
  if (!isPiece) return value === null ? undefined : under('value', expected('null, as it is a folder', value));
  return isBytes(value) ? undefined : under('value', expected('the bytes of a file', value));
}

function isBytes(value: unknown): boolean {
  const { nodes = [], root } = Object(value) as { nodes?: readonly unknown[][]; root?: { ref?: number } };
  return nodes[root?.ref ?? -1]?.[0] === 'buffer';
}
