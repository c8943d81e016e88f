/** Quiet documents: a file of the origin that is no page, so that no code of the site runs. There is no other way by WebDriver. */
import { PspError } from '@psp/protocol';
import { refusalOf } from './refusal.js';
import type { Turns } from './turns.js';

/** Files that sites keep for machines. An answer of "not found" is as good, unless it is a page with scripts. */
const FILES = ['/robots.txt', '/favicon.ico'];

/** `() => [address, origin, number of scripts]` of the document. */
const ABOUT = `() => [String(location.href), String(self.origin),
  /html|xml/.test(document.contentType) ? document.getElementsByTagName('script').length : 0]`;

type About = [url: string, origin: string, scripts: number];

/**
 * Loads a quiet file of the origin into the current window and gives its address. Throws TIMEOUT, and BROWSER_UNREACHABLE when none
 * could be opened: nobody answers, the way leads to another origin, or only pages with scripts come, be it from a service worker.
 */
export async function visitQuiet(turns: Turns, origin: string, timeoutMs: number): Promise<string> {
  await turns.limit({ script: timeoutMs });
  const here = await about(turns, timeoutMs);
  if (isQuiet(here, origin) && FILES.some((file) => here?.[0] === `${origin}${file}`)) return here?.[0] as string;
  const deadline = performance.now() + timeoutMs;
  const reasons = new Set<string>();
  for (const file of FILES) {
    const left = deadline - performance.now();
    // The first one leaves time for the second: a file without content would keep some browsers waiting to the end.
    const failure = await load(turns, `${origin}${file}`, file === FILES[0] ? left / 2 : Math.max(left, 1));
    const found = await about(turns, timeoutMs);
    if (found !== undefined && isQuiet(found, origin)) return found[0];
    reasons.add(failure ?? reasonOf(found, origin));
  }
  throw new PspError('BROWSER_UNREACHABLE', `The browser would not open ${origin}: ${[...reasons].join('; ')}.`);
}

/** Loads an address. Gives why it would not load. */
export async function load(turns: Turns, url: string, timeoutMs: number): Promise<string | undefined> {
  await turns.limit({ pageLoad: timeoutMs });
  try {
    await turns.commands.navigate(url, timeoutMs);
    return undefined;
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === undefined || ['no such window', 'unexpected alert open'].includes(refusal.code)) throw error;
    // Firefox says "unknown error" with the address of its error page, which may hold a secret.
    return refusal.code === 'unknown error' ? 'it cannot be reached' : refusal.code;
  }
}

async function about(turns: Turns, timeoutMs: number): Promise<About | undefined> {
  // A page that lets no script run is none of ours.
  return (await turns.commands.call(ABOUT, [], timeoutMs).catch(() => undefined)) as About | undefined;
}

function isQuiet(found: About | undefined, wanted: string): boolean {
  return found !== undefined && found[1] === wanted && found[2] === 0;
}

function reasonOf(found: About | undefined, wanted: string): string {
  if (found?.[1] !== wanted) return 'it cannot be reached, or leads elsewhere';
  return `instead of ${FILES.join(' and ')} it gives pages with scripts`;
}
