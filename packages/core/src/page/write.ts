/** The page function that writes whatever a session can hold (contract.ts). Bundled by scripts/build-page.mjs; leaves nothing in the page. */
import type { Addressed, LoadReply, LoadRequest, PutEntriesRequest, PutRequest } from './contract.js';
import { answer, withHeader, type Actions, type Reply } from './answer.js';
import { fromWireString } from './codec/text.js';
import { makeBucket } from './depot/buckets.js';
import { loadDepot, putEntries } from './depot/load.js';
import { loadDatabases } from './idb/load.js';
import { OpenDatabases } from './idb/open.js';
import { putRecords } from './idb/put.js';
import { writeStorage } from './web-storage.js';

const ACTIONS: Actions = {
  load,
  put: (request: PutRequest) => withHeader(putRecords(request)),
  putEntries: (request: PutEntriesRequest) => withHeader(putEntries(request)),
};

export const run = (text: string): Promise<string> => answer(ACTIONS, text);

async function load(request: LoadRequest & Addressed): Promise<Reply> {
  const { depot, names = {}, timeoutMs, bucket } = request;
  const header: LoadReply = { failed: [], losses: [] };
  if (bucket !== undefined && !(await makeBucket(bucket, header.losses))) {
    return { header: { ...header, noBucket: true }, lines: [] };
  }
  for (const kind of ['localStorage', 'sessionStorage'] as const) {
    const items = request[kind];
    if (items !== undefined) writeStorage(kind, items, names[kind] ?? [], header.losses);
  }
  // At once, so that a wait for a blocked database is the only one.
  const [kinds] = await Promise.all([
    depot === undefined ? undefined : loadDepot(depot, names, timeoutMs, header.losses),
    writeDatabases(request, header),
  ]);
  if (kinds !== undefined) header.depot = kinds;
  return { header, lines: [] };
}

async function writeDatabases(
  { databases, puts = [], names = {}, timeoutMs }: LoadRequest,
  header: LoadReply,
): Promise<void> {
  if (databases === undefined) return;
  const { losses } = header;
  const open = new OpenDatabases();
  try {
    header.failed = await loadDatabases(databases, { rules: names.indexedDB ?? [], timeoutMs, losses, open });
    const failed = new Set(header.failed.map((index) => fromWireString(databases[index]!.name)));
    for (const first of puts) {
      if (failed.has(fromWireString(first.database))) continue;
      losses.push(...(await putRecords({ ...first, do: 'put', timeoutMs }, open)).losses);
    }
  } finally {
    open.close();
  }
}
