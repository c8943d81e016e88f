/** The frames of a window: WebDriver has no list of them, so they are walked, each by its index below the one above. */
import { originOf, PspError } from '@psp/protocol';
import type { CallOptions, Frame, Tab } from '../driver.js';
import { isRefusal } from './refusal.js';
import type { Turns } from './turns.js';

/** What a document tells of itself. */
interface About {
  readonly url: string;
  readonly origin: string;
  readonly firstParty: boolean;
}

/**
 * A frame has access to the storage of its own site when no ancestor is of another; the browser says so where the page is secure. Else
 * hosts are compared, by their last two labels: the best that can be known without the list of public suffixes.
 */
const ABOUT_FRAME = `
  const done = arguments[arguments.length - 1];
  const siteOf = (origin) => /^https?:/.test(origin) ? new URL(origin).hostname.split('.').slice(-2).join('.') : origin;
  const tell = (firstParty) => done([String(location.href), String(self.origin), firstParty]);
  if (self === top) return tell(true);
  const ancestors = Array.from(location.ancestorOrigins || (document.referrer ? [document.referrer] : []));
  const isAlike = ancestors.every((origin) => siteOf(origin) === siteOf(self.origin));
  if (!isSecureContext || typeof document.hasStorageAccess !== 'function') return tell(isAlike);
  document.hasStorageAccess().then(tell, () => tell(isAlike));
`;

/** Frames below a frame, and depths, beyond which a page is not walked any further. */
const MAX_FRAMES = 500;
const MAX_DEPTH = 20;

/** Throws TIMEOUT when a dialog is open in the window. */
export async function framesOf(turns: Turns, tab: Tab, { timeoutMs }: CallOptions): Promise<Frame[]> {
  await turns.enter(tab.id);
  await turns.limit({ script: timeoutMs });
  const frames: Frame[] = [];
  await walk(turns, { tab, path: [], timeoutMs, frames });
  return frames;
}

interface Walk {
  readonly tab: Tab;
  readonly path: readonly number[];
  readonly timeoutMs: number;
  readonly frames: Frame[];
}

async function walk(turns: Turns, { tab, path, timeoutMs, frames }: Walk): Promise<void> {
  const { url, origin, firstParty } = await about(turns, path, timeoutMs);
  const id = frameId(tab, path);
  frames.push({ id, origin: /^https?:/.test(origin) ? origin : undefined, url, firstParty });
  if (path.length === MAX_DEPTH) return;
  for (let index = 0; index < MAX_FRAMES && (await turns.commands.toFrame(index)); index++) {
    await walk(turns, { tab, path: [...path, index], timeoutMs, frames });
    await turns.commands.toParent();
  }
}

async function about(turns: Turns, path: readonly number[], timeoutMs: number): Promise<About> {
  try {
    const [url, origin, firstParty] = (await turns.commands.callAsync(ABOUT_FRAME, [], timeoutMs)) as [
      string,
      string,
      boolean,
    ];
    return { url, origin, firstParty };
  } catch (error) {
    // A page can spoil what scripts of WebDriver need. Of the window's own document the browser tells the address all the same.
    if (!isRefusal(error, 'unknown error', 'javascript error')) throw error;
    const url = path.length === 0 ? await turns.commands.url() : '';
    return { url, origin: originOf(url) ?? 'null', firstParty: path.length === 0 };
  }
}

/** A frame by its window and the way to it. A page that changes its frames gives the id to another: `evaluate` looks at the origin. */
export function frameId(tab: Tab, path: readonly number[]): string {
  return `${tab.id}#${path.join('.')}`;
}

/** Makes the frame the current one. Throws BROWSER_GONE when it is not there, TIMEOUT when a dialog is open. */
export async function enterFrame(turns: Turns, tab: Tab, frame: Frame): Promise<readonly number[]> {
  await turns.enter(tab.id);
  const path = pathOf(frame);
  for (const index of path) {
    if (!(await turns.commands.toFrame(index))) throw new PspError('BROWSER_GONE', 'The frame is no longer there.');
  }
  return path;
}

function pathOf({ id }: Frame): number[] {
  const path = id.slice(id.lastIndexOf('#') + 1);
  return path === '' ? [] : path.split('.').map(Number);
}
