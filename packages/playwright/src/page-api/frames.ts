/** The frames of a page and their origins. What a page says of itself is trusted only where it makes us do less. */
import { originOf, PspError } from '@psp/protocol';
import type { ApiFrame, ApiPage } from './playwright.js';
import { ask } from './words.js';

export interface FoundFrame {
  readonly frame: ApiFrame;
  readonly url: string;
  /** Undefined for opaque ones. */
  readonly origin: string | undefined;
  readonly firstParty: boolean;
}

/**
 * The address, which no page can forge, and the origin, which a page can: sandboxed documents have the origin `null`, whatever their
 * address. Playwright's own note of the address is old after Firefox went back in history.
 */
const WHERE = `location.href + ' ' + self.origin`;

/**
 * Whether a frame has the cookies and storage of its site, or a partition of them: the browser knows what a site is. Firefox and WebKit
 * say yes to every frame below its own site, and no to every other, sandboxed ones included, unless the user granted access.
 */
const HAS_ACCESS = 'document.hasStorageAccess()';

/** Main frame first. Throws TIMEOUT and BROWSER_GONE for the main frame; a frame below that goes meanwhile is left out. */
export async function findFrames(page: ApiPage, timeoutMs: number): Promise<FoundFrame[]> {
  const main = page.mainFrame();
  const found = await Promise.all(
    page.frames().map(async (frame) => {
      if (frame === main) return look(frame, false, timeoutMs);
      return look(frame, true, timeoutMs).catch(withoutAnswer);
    }),
  );
  return found.filter((frame) => frame !== undefined);
}

async function look(frame: ApiFrame, isBelow: boolean, timeoutMs: number): Promise<FoundFrame> {
  const [where, access] = await Promise.all([
    unlessPatched(ask(frame.evaluate(WHERE), timeoutMs, 'its address')),
    isBelow ? unlessPatched(ask(frame.evaluate(HAS_ACCESS), timeoutMs, 'its storage access')) : true,
  ]);
  const [url = '', said] = typeof where === 'string' ? where.split(' ') : [frame.url()];
  const origin = said === 'null' ? undefined : (originOf(url) ?? inherited(frame, said));
  return { frame, url, origin, firstParty: access === true };
}

/** Documents without an address of their own have the origin of whoever made them: in practice, the page around them. */
function inherited(frame: ApiFrame, said: string | undefined): string | undefined {
  for (let at = frame.parentFrame(); at !== null; at = at.parentFrame()) {
    const origin = originOf(at.url());
    if (origin !== undefined) return origin === said ? origin : undefined;
  }
  return undefined;
}

/** A page can break the means by which Playwright reaches it. Its address is known all the same. */
function unlessPatched(answer: Promise<unknown>): Promise<unknown> {
  return answer.catch((error: PspError) => {
    if (error.code === 'UNSUPPORTED') return undefined;
    throw error;
  });
}

/** Frames below a page come, go and hang as they like; the page is not to suffer for it. */
function withoutAnswer(error: unknown): undefined {
  if (error instanceof PspError && (error.code === 'BROWSER_GONE' || error.code === 'TIMEOUT')) return undefined;
  throw error;
}
