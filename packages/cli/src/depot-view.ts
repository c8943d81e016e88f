/** What `psp show` tells of caches, private files, workers and buckets: names and sizes. */
import { showWireString, type OriginState } from '@psp/protocol';
import type { Output } from './output.js';
import { withoutQueries } from './plain-text.js';
import { byteSize } from './units.js';

type Beside = Omit<OriginState, 'origin' | 'localStorage' | 'indexedDB'>;

/** Members that an origin of the JSON form has where the session knows of them. */
export function depotView({ caches, files, serviceWorkers, persisted, partition, bucket }: Beside) {
  return {
    ...(partition === undefined ? {} : { partition: partition.topLevelSite }),
    ...(bucket === undefined ? {} : { bucket: bucket.name }),
    ...(caches === undefined
      ? {}
      : {
          caches: caches.map(({ name, records }) => {
            return { name: showWireString(name), entries: records.length, bytes: sizeOf(records) };
          }),
        }),
    ...(files === undefined ? {} : { files: { count: pathsIn(files.records), bytes: sizeOf(files.records) } }),
    ...(serviceWorkers === undefined
      ? {}
      : { serviceWorkers: serviceWorkers.map(({ scope }) => withoutQueries(scope)) }),
    ...(persisted === undefined ? {} : { persisted }),
  };
}

type View = ReturnType<typeof depotView> & { readonly origin: string };

export function showDepots(output: Output, origins: readonly View[]): void {
  const rows = origins.flatMap(({ origin, bucket, partition, caches = [], files, serviceWorkers = [] }) => {
    const place = `${origin}${partition === undefined ? '' : ` below ${partition}`}${bucket === undefined ? '' : `, bucket ${bucket}`}`;
    return [
      ...caches.map(({ name, entries, bytes }) => ['cache', name, String(entries), byteSize(bytes), place]),
      ...(files === undefined || files.count === 0
        ? []
        : [['private files', '-', String(files.count), byteSize(files.bytes), place]]),
      ...serviceWorkers.map((scope) => ['service worker', scope, '-', '-', place]),
    ];
  });
  if (rows.length === 0) return;
  output.heading('Caches, files and workers');
  const columns = [
    { title: 'KIND', whole: true },
    { title: 'NAME' },
    { title: 'ENTRIES', right: true, whole: true },
    { title: 'SIZE', right: true, whole: true },
    { title: 'ORIGIN' },
  ];
  output.table(columns, rows);
}

/** Files and folders; the pieces of a file count once. */
function pathsIn(records: NonNullable<OriginState['files']>['records']): number {
  const keys = records.map(({ key }) => (key as { json: readonly unknown[] }).json);
  return new Set(keys.map((parts) => JSON.stringify(parts.filter((part) => typeof part === 'string')))).size;
}

const sizeOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));
