/** The page function: one request in, one reply out (contract.ts). Bundled by scripts/build-page.mjs; leaves nothing in the page. */
import type {
  Addressed,
  FindRequest,
  DumpReply,
  DumpRequest,
  EntriesRequest,
  LoadReply,
  LoadRequest,
  PageFailure,
  PageLoss,
  PageRequest,
  PutEntriesRequest,
  PutRequest,
  RecordsRequest,
  SurroundingsRequest,
  TabRequest,
} from './contract.js';
import { keyPolicy } from './codec/key-policy.js';
import { WireError } from './codec/wire.js';
import { enterBucket, makeBucket } from './depot/buckets.js';
import { dumpDepot, readEntries } from './depot/dump.js';
import { loadDepot, putEntries } from './depot/load.js';
import { dumpDatabases, readRecords } from './idb/dump.js';
import { loadDatabases } from './idb/load.js';
import { putRecords } from './idb/put.js';
import { budgetOf } from './idb/read.js';
import { find } from './find.js';
import { fromWireString } from './codec/text.js';
import { describe } from './loss.js';
import { readSurroundings } from './surroundings.js';
import { readTabView, writeTabView } from './tab-view.js';
import { readStorage, writeStorage } from './web-storage.js';

interface Reply {
  readonly header: object;
  readonly lines: readonly string[];
}

async function dump(request: DumpRequest): Promise<Reply> {
  // Beside the storage, which is not to fail with it.
  const around =
    request.surroundings === undefined ? undefined : readSurroundings(request.surroundings).catch(() => ({}));
  const { header, lines } = await dumpStorage(request);
  if (around !== undefined) header.surroundings = await around;
  if (request.tab === true) header.tab = readTabView();
  return { header, lines };
}

async function dumpStorage(request: DumpRequest): Promise<{ header: DumpReply; lines: readonly string[] }> {
  const losses: PageLoss[] = [];
  const header: DumpReply = { batches: [], rest: [], losses };
  for (const kind of ['localStorage', 'sessionStorage'] as const) {
    const items = request[kind] ? readStorage(kind, losses) : undefined;
    if (items !== undefined) header[kind] = items;
  }
  const budget = budgetOf(request.maxBytes);
  // At once, so that a wait for a blocked database is the only one.
  const [databases, depot] = await Promise.all([
    request.indexedDB ? dumpDatabases(request, budget, losses) : undefined,
    request.depot.length > 0 ? dumpDepot(request, budget, losses) : undefined,
  ]);
  const { lines = [], ...rest } = databases ?? {};
  const beside = depot === undefined ? {} : { depot: depot.reply };
  return { header: { ...header, ...rest, ...beside }, lines: [...lines, ...(depot?.lines ?? [])] };
}

async function records(request: RecordsRequest): Promise<Reply> {
  const { header, line } = await readRecords(request);
  return { header, lines: [line] };
}

async function entries(request: EntriesRequest): Promise<Reply> {
  const { header, line } = await readEntries(request);
  return { header, lines: [line] };
}

async function load(request: LoadRequest & Addressed): Promise<Reply> {
  const { databases, depot, names = {}, puts = [], timeoutMs, bucket } = request;
  const header: LoadReply = { failed: [], losses: [] };
  if (bucket !== undefined && !(await makeBucket(bucket, header.losses))) {
    return { header: { ...header, noBucket: true }, lines: [] };
  }
  for (const kind of ['localStorage', 'sessionStorage'] as const) {
    const items = request[kind];
    if (items !== undefined) writeStorage(kind, items, names[kind] ?? [], header.losses);
  }
  // At once, so that a wait for a blocked database is the only one.
  const [kinds, unmade] = await Promise.all([
    depot === undefined ? undefined : loadDepot(depot, names, timeoutMs, header.losses),
    databases === undefined ? undefined : loadDatabases(databases, names.indexedDB ?? [], timeoutMs, header.losses),
  ]);
  if (kinds !== undefined) header.depot = kinds;
  if (databases === undefined || unmade === undefined) return { header, lines: [] };
  header.failed = unmade;
  const failed = new Set(header.failed.map((index) => fromWireString(databases[index]!.name)));
  for (const first of puts) {
    if (failed.has(fromWireString(first.database))) continue;
    header.losses.push(...(await putRecords({ ...first, do: 'put', timeoutMs })).losses);
  }
  return { header, lines: [] };
}

async function put(request: PutRequest): Promise<Reply> {
  return { header: await putRecords(request), lines: [] };
}

async function surroundings(request: SurroundingsRequest): Promise<Reply> {
  return { header: await readSurroundings(request.scope), lines: [] };
}

async function putIn(request: PutEntriesRequest): Promise<Reply> {
  return { header: await putEntries(request), lines: [] };
}

async function tab(request: TabRequest): Promise<Reply> {
  return { header: await writeTabView(request), lines: [] };
}

const ACTIONS: Readonly<Record<PageRequest['do'], (request: never) => Promise<Reply>>> = {
  dump,
  records,
  entries,
  load,
  put,
  putEntries: putIn,
  surroundings,
  find: async (request: FindRequest): Promise<Reply> => ({ header: find(request), lines: [] }),
  tab,
};

const ELSEWHERE: PageFailure = { error: 'the document is of another origin', elsewhere: true };

/** Never rejects: a failure is a reply `{"error": ...}`. */
export async function run(text: string): Promise<string> {
  try {
    const request = JSON.parse(text) as PageRequest & Addressed;
    if (!Object.hasOwn(ACTIONS, request.do)) throw new WireError(`expected do: ${Object.keys(ACTIONS).join(', ')}`);
    if (request.origin !== self.origin) return JSON.stringify(ELSEWHERE);
    keyPolicy.exportable = request.keys === 'exportable';
    if (request.bucket !== undefined && request.do !== 'load') await enterBucket(request.bucket);
    const { header, lines } = await ACTIONS[request.do](request as never);
    return [JSON.stringify(header), ...lines].join('\n');
  } catch (error) {
    return JSON.stringify({ error: describe(error) });
  }
}
