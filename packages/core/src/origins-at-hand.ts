/** Which origins have documents that no request announces: those that are open, and those to which a tab can go back. */
import { originOf, PspError } from '@psp/protocol';
import type { BrowserDriver, Tab } from './browser/driver.js';

/** Milliseconds for a tab to list its frames. */
const LOOK_MS = 1_000;

/** Undefined when a tab does not tell: any origin may be open there. */
export async function originsAtHand(driver: BrowserDriver, timeoutMs: number): Promise<Set<string> | undefined> {
  const tabs = await driver.tabs();
  const options = { timeoutMs: Math.min(LOOK_MS, timeoutMs) };
  const look = async (tab: Tab): Promise<(string | undefined)[]> => {
    const [frames, urls] = await Promise.all([driver.frames(tab, options), driver.history(tab)]);
    return [...frames.map(({ origin }) => origin), ...urls.map(originOf)];
  };
  const seen = await Promise.all(tabs.map((tab) => look(tab).catch(closed)));
  const origins = seen.flat();
  if (origins.includes(UNKNOWN)) return undefined;
  return new Set(origins.filter((origin) => origin !== undefined));
}

/** What stands for the origins of a tab that does not answer. */
const UNKNOWN = 'unknown';

/** A tab that closed meanwhile shows nothing. One that crashed or is blocked may come back. */
function closed(error: unknown): string[] {
  if (!(error instanceof PspError)) throw error;
  return [UNKNOWN];
}
