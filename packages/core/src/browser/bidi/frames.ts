/** What a document tells of itself: its origin, its title, and whether its storage is first-party. */
import { PspError } from '@psp/protocol';
import type { CallOptions, Frame } from '../driver.js';
import type { Connection } from './connection.js';
import type { ContextInfo, Contexts } from './contexts.js';
import { callPage } from './page-code.js';

/**
 * A frame has access to the storage of its own site when no ancestor is of another; the browser says so where the page is secure. Else
 * hosts are compared, by their last two labels: the best that can be known without the list of public suffixes.
 */
const ABOUT_FRAME = `async () => {
  const siteOf = (origin) => /^https?:/.test(origin) ? new URL(origin).hostname.split(".").slice(-2).join(".") : origin;
  const ancestors = [...(location.ancestorOrigins ?? [])];
  const isAlike = ancestors.every((origin) => siteOf(origin) === siteOf(self.origin));
  const isFirst = self === top || (isSecureContext ? await document.hasStorageAccess() : isAlike);
  return JSON.stringify([self.origin, isFirst]);
}`;

const TITLE = '() => document.title';

/** The frames of a tab, main frame first. A frame that goes away meanwhile is not among them; when the tab does, BROWSER_GONE is thrown. */
export async function framesOf(contexts: Contexts, tab: string, { timeoutMs }: CallOptions): Promise<Frame[]> {
  const [main, ...nested] = await contexts.below(tab, timeoutMs);
  if (main === undefined) throw new PspError('BROWSER_GONE', 'The tab is no longer there.');
  const [first, ...rest] = await Promise.all([
    frameOf(contexts, main, timeoutMs),
    ...nested.map((info) => frameOf(contexts, info, timeoutMs).catch(vanished)),
  ]);
  return [first, ...rest.filter((frame) => frame !== undefined)];
}

/** The title, or undefined when the tab would not say. */
export async function titleOf(connection: Connection, context: string, timeoutMs: number): Promise<string | undefined> {
  const call = { context, source: TITLE, argument: '', isSandboxed: true, timeoutMs };
  return callPage(connection, call).catch(() => undefined);
}

async function frameOf(contexts: Contexts, { context, url }: ContextInfo, timeoutMs: number): Promise<Frame> {
  const call = { context, source: ABOUT_FRAME, argument: '', isSandboxed: true, timeoutMs };
  const about = await contexts.inDocument(context, () => callPage(contexts.connection, call)).catch(unasked);
  const [origin, firstParty] = JSON.parse(about) as [string, boolean];
  return { id: context, origin: /^https?:/.test(origin) ? origin : undefined, url, firstParty };
}

/** The browser lets nobody ask its own pages. They have no storage that is a site's. */
function unasked(error: unknown): string {
  if (error instanceof PspError && error.code === 'UNSUPPORTED') return '["null",true]';
  throw error;
}

function vanished(error: unknown): undefined {
  if (error instanceof PspError && error.code === 'BROWSER_GONE') return undefined;
  throw error;
}
