/** The page function that reads (contract.ts). Bundled by scripts/build-page.mjs; leaves nothing in the page. */
import type {
  DumpReply,
  DumpRequest,
  EntriesRequest,
  FindRequest,
  PageLoss,
  RecordsRequest,
  SurroundingsRequest,
} from './contract.js';
import { answer, withHeader, type Actions, type Reply } from './answer.js';
import { dumpDepot, readEntries } from './depot/dump.js';
import { dumpDatabases, readRecords } from './idb/dump.js';
import { budgetOf } from './idb/read.js';
import { find } from './find.js';
import { readSurroundings } from './surroundings.js';
import { readTabView } from './tab-view.js';
import { readStorage } from './web-storage.js';

const ACTIONS: Actions = {
  dump,
  records,
  entries,
  surroundings: ({ scope }: SurroundingsRequest) => withHeader(readSurroundings(scope)),
  find: (request: FindRequest) => withHeader(find(request)),
};

export const run = (text: string): Promise<string> => answer(ACTIONS, text);

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
