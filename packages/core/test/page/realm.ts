/** Pages of two origins with the kit in them, and the page function called where drivers call it: in an isolated world. */
import { execFile } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright';
import type {
  DumpReply,
  FindReply,
  LoadReply,
  LoadRequest,
  PageFailure,
  PageRequest,
  PutEntriesReply,
  PutReply,
  PutRequest,
  RecordsReply,
  SurroundingsReply,
  TabReply,
} from '../../src/page/contract.js';
import type * as Kit from './kit.js';
import { launchChromium } from '../support/chromium.js';

declare global {
  /** In pages only. */
  var kit: typeof Kit;
}

const TIMEOUT_MS = 20_000;
const LIMITS = { maxBytes: 2 ** 26, pieceBytes: 2 ** 20, maxRecordBytes: 2 ** 26 };

interface Replies {
  dump: DumpReply;
  records: RecordsReply;
  entries: RecordsReply;
  load: LoadReply;
  find: FindReply;
  put: PutReply;
  putEntries: PutEntriesReply;
  surroundings: SurroundingsReply;
  tab: TabReply;
}

/** A page of one origin. */
export interface Realm {
  readonly page: Page;
  call<R extends PageRequest>(request: R): Promise<{ header: Replies[R['do']]; lines: string[] }>;
  /** Calls the page function with any text. */
  callRaw(text: string): Promise<DumpReply & Partial<PageFailure>>;
  dump(
    change?: Partial<{
      maxBytes: number;
      pieceBytes: number;
      maxRecordBytes: number;
      timeoutMs: number;
      indexedDB: boolean;
    }>,
  ): Promise<{ header: DumpReply; lines: string[] }>;
  load(change: Partial<LoadRequest>): Promise<LoadReply>;
  put(
    change: Pick<PutRequest, 'database' | 'store'> & { records: unknown; keyGenerator?: number; timeoutMs?: number },
  ): Promise<PutReply>;
}

export interface Realms {
  readonly browser: Browser;
  /** A new page in a context of its own, on an origin of its own or at a URL. */
  realm(url?: string): Promise<Realm>;
  /** Another page of the same context and origin. */
  beside(realm: Realm): Promise<Realm>;
  close(): Promise<void>;
}

async function pageSource(which: 'read' | 'write'): Promise<string> {
  const script = fileURLToPath(new URL('../../../../scripts/build-page.mjs', import.meta.url));
  return (await promisify(execFile)(process.execPath, [script, '--print', which])).stdout;
}

async function kitSource(): Promise<string> {
  const entryPoints = [fileURLToPath(new URL('kit.ts', import.meta.url))];
  const { outputFiles } = await build({
    entryPoints,
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'kit',
    target: 'es2022',
  });
  return `${outputFiles[0]!.text};globalThis.kit = kit;`;
}

async function serve(): Promise<Server> {
  const server = createServer((request, response) => {
    response
      .writeHead(request.url === '/' ? 200 : 404, { 'content-type': 'text/html' })
      .end('<!doctype html><title>site</title>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

export async function startRealms(): Promise<Realms> {
  const sources = Promise.all([pageSource('read'), pageSource('write')]);
  const [browser, [read, write], kit] = await Promise.all([launchChromium(), sources, kitSource()]);
  const servers: Server[] = [];
  const enter = async (page: Page, url: string): Promise<Realm> => {
    await page.addInitScript(kit);
    await page.goto(url);
    const [reader, writer] = await Promise.all([isolatedCaller(page, read), isolatedCaller(page, write)]);
    return realmOf(page, (text) => (WRITING.test(text) ? writer : reader)(text));
  };
  return {
    browser,
    async realm(url) {
      const context = await browser.newContext();
      if (url !== undefined) return enter(await context.newPage(), url);
      const server = await serve();
      servers.push(server);
      return enter(await context.newPage(), `http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    },
    beside: async ({ page }) => enter(await page.context().newPage(), page.url()),
    async close() {
      await browser.close();
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

/** Requests that the bundle that writes is for. */
const WRITING = /"do":"(?:load|put|putEntries|tab)"/;

type Caller = (argument: string) => Promise<string>;

async function isolatedCaller(page: Page, functionDeclaration: string): Promise<Caller> {
  const session = await page.context().newCDPSession(page);
  const { frameTree } = await session.send('Page.getFrameTree');
  const world = { frameId: frameTree.frame.id, worldName: 'psp' };
  const { executionContextId } = await session.send('Page.createIsolatedWorld', world);
  return async (argument) => {
    const { result, exceptionDetails } = await session.send('Runtime.callFunctionOn', {
      functionDeclaration,
      executionContextId,
      arguments: [{ value: argument }],
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails !== undefined) throw new Error(`The page function threw: ${exceptionDetails.text}`);
    return result.value as string;
  };
}

function realmOf(page: Page, caller: Caller): Realm {
  const call: Realm['call'] = async <R extends PageRequest>(request: R) => {
    const [header = '', ...lines] = (
      await caller(JSON.stringify({ origin: new URL(page.url()).origin, ...request }))
    ).split('\n');
    const parsed = JSON.parse(header) as Replies[R['do']] & Partial<PageFailure>;
    if (parsed.error !== undefined) throw new Error(`The page function failed: ${parsed.error}`);
    return { header: parsed, lines };
  };
  const all = {
    localStorage: true,
    sessionStorage: true,
    indexedDB: true,
    depot: [] as const,
    ...LIMITS,
    timeoutMs: TIMEOUT_MS,
  };
  return {
    page,
    call,
    callRaw: async (text) => JSON.parse(await caller(text)) as DumpReply & Partial<PageFailure>,
    dump: (change = {}) => call({ do: 'dump', ...all, ...change }),
    load: async (change) => (await call({ do: 'load', timeoutMs: TIMEOUT_MS, ...change })).header,
    async put({ records, ...rest }) {
      return (await call({ do: 'put', timeoutMs: TIMEOUT_MS, ...rest, records: JSON.stringify(records) })).header;
    },
  };
}

/** Writes a dump, and whatever it left for later, into another realm. All losses of the way. */
export async function move(from: Realm, to: Realm, maxBytes = 2 ** 26): Promise<unknown[]> {
  const { header, lines } = await from.dump({ maxBytes });
  const { localStorage, sessionStorage, databases } = header;
  const loaded = await to.load({
    ...(localStorage && { localStorage }),
    ...(sessionStorage && { sessionStorage }),
    ...(databases && { databases }),
  });
  const losses: unknown[] = [...header.losses, ...loaded.losses];
  const write = async (database: number, store: number, records: string): Promise<void> => {
    const target = databases![database]!;
    const { name, keyGenerator } = target.stores[store]!;
    const put = { do: 'put', database: target.name, store: name, records, timeoutMs: TIMEOUT_MS } as const;
    const reply = await to.call({ ...put, ...(keyGenerator === undefined ? {} : { keyGenerator }) });
    losses.push(...reply.header.losses);
  };
  for (const [at, { database, store }] of header.batches.entries()) await write(database, store, lines[at]!);
  for (const { database, store, after } of header.rest) {
    const { name, stores } = databases![database]!;
    const request = {
      do: 'records',
      database: name,
      store: stores[store]!.name,
      ...LIMITS,
      maxBytes,
      timeoutMs: TIMEOUT_MS,
    } as const;
    for (let next = after, isFirst = true; isFirst || next !== undefined; isFirst = false) {
      const reply = await from.call({ ...request, ...(next === undefined ? {} : { after: next }) });
      losses.push(...reply.header.losses);
      await write(database, store, reply.lines[0]!);
      next = reply.header.next;
    }
  }
  return losses;
}
