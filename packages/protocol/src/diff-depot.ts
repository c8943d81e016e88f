/** Caches, files, workers and the bucket of one storage place as items that two sessions can be compared by. */
import type { StateKind } from './schema/loss.js';
import type { CacheState, FilesState, OriginState } from './schema/session.js';
import type { WireValue } from './schema/value.js';
import { showWireString } from './wire-string.js';

/** `identity` is unique within the kind and place; `item` is for people. */
export interface DepotItem {
  readonly kind: StateKind;
  readonly identity: readonly unknown[];
  readonly item: string;
  readonly content: unknown;
}

export function depotItems({ caches = [], files, serviceWorkers = [], persisted, bucket }: OriginState): DepotItem[] {
  return [
    ...caches.flatMap(cacheItems),
    ...(files === undefined ? [] : fileItems(files)),
    ...serviceWorkers.map(({ scope, ...content }): DepotItem => {
      return { kind: 'serviceWorker', identity: [scope], item: withoutQuery(scope), content };
    }),
    ...(persisted === true ? [originItem('persisted', true)] : []),
    ...(bucket === undefined ? [] : [originItem('bucket', bucket)]),
  ];
}

const originItem = (item: string, content: unknown): DepotItem => ({ kind: 'origin', identity: [item], item, content });

/** An address may stand more than once in a cache, for requests with other headers. */
function cacheItems({ name, records }: CacheState): DepotItem[] {
  const shown = showWireString(name);
  const counts = new Map<string, number>();
  const entries = records.map(({ key: _, ...content }): DepotItem => {
    const url = addressOf(content.value);
    const count = (counts.get(url) ?? 0) + 1;
    counts.set(url, count);
    return { kind: 'cache', identity: [name, url, count], item: `${shown}/${withoutQuery(url)}`, content };
  });
  return [{ kind: 'cache', identity: [name], item: shown, content: {} }, ...entries];
}

/** The pieces of a file are one item. */
function fileItems({ records }: FilesState): DepotItem[] {
  const paths = new Map<string, { path: readonly unknown[]; pieces: unknown[] }>();
  for (const { key, value } of records) {
    const parts = (key as { json: readonly unknown[] }).json;
    const path = parts.filter((part) => typeof part === 'string');
    const identity = JSON.stringify(path);
    const known = paths.get(identity) ?? { path, pieces: [] };
    known.pieces.push([parts.length - path.length, parts.at(-1), value]);
    paths.set(identity, known);
  }
  return [...paths.values()].map(({ path, pieces }): DepotItem => {
    return { kind: 'file', identity: [path], item: path.join('/'), content: pieces };
  });
}

/** The address of the request of a cache entry, in either of its wire forms. */
function addressOf(value: WireValue): string {
  const {
    json,
    nodes = [],
    root,
  } = Object(value) as {
    json?: { url?: unknown };
    nodes?: readonly unknown[][];
    root?: { ref?: number };
  };
  const [tag, props] = nodes[root?.ref ?? -1] ?? [];
  const url = tag === 'object' ? (props as [unknown, unknown][]).find(([name]) => name === 'url')?.[1] : json?.url;
  return typeof url === 'string' ? url : '';
}

/** What follows the path of an address may be a secret. */
const withoutQuery = (url: string): string => url.replace(/[?#].*$/s, '');
