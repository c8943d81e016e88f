/** Brings a restored tab to where its user was in it: scroll position and values of forms. Knows nothing of how the page came there. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Loss, originOf, PspError, type TabState } from '@psp/protocol';
import type { BrowserDriver, Tab } from './browser/driver.js';
import { causeOfLoss } from './losses.js';
import { addressOf } from './origins.js';
import { callPage } from './page-call.js';
import type { TabReply, TabRequest } from './page/contract.js';

/** A page may send its visitor on, so that it is looked at again. */
const LOOKS = 3;
const PAUSE_MS = 100;

/** The reply, and in words why it is no better. */
type Outcome = TabReply & { readonly detail?: string };

/** Waits for the page to load. Gives what could not be brought back, by name. Throws only where the browser as a whole is gone. */
export async function restoreView(
  driver: BrowserDriver,
  tab: Tab,
  state: Pick<TabState, 'url' | 'scroll' | 'forms'>,
  timeoutMs: number,
): Promise<Loss[]> {
  const { url, scroll, forms = [] } = state;
  // Every page begins at its top.
  const isScrolled = scroll !== undefined && (scroll.x !== 0 || scroll.y !== 0);
  if (forms.length === 0 && !isScrolled) return [];
  const request: TabRequest = { do: 'tab', url, forms, ...(isScrolled ? { scroll } : {}), timeoutMs };
  return lossesOf(request, await outcomeOf(driver, tab, request));
}

async function outcomeOf(driver: BrowserDriver, tab: Tab, request: TabRequest): Promise<Outcome> {
  try {
    const reply = await ask(driver, tab, request);
    return reply.otherPage ? nothing(request, 'the address led to another page') : reply;
  } catch (error) {
    return nothing(request, (await causeOfLoss(driver, error)).message);
  }
}

async function ask(driver: BrowserDriver, tab: Tab, request: TabRequest): Promise<TabReply> {
  for (let look = 1; ; look++) {
    try {
      const [frame] = await driver.frames(tab, { timeoutMs: request.timeoutMs });
      if (frame === undefined || frame.origin !== originOf(request.url)) return nothing(request);
      return (await callPage({ driver, tab, frame }, request)).header;
    } catch (error) {
      if (!(error instanceof PspError) || error.code !== 'BROWSER_GONE' || look === LOOKS) throw error;
      await sleep(PAUSE_MS);
    }
  }
}

function nothing({ forms }: TabRequest, detail?: string): Outcome {
  const refused = forms.map(({ field }) => field);
  return { otherPage: true, refused, scrolled: false, ...(detail === undefined ? {} : { detail }) };
}

function lossesOf({ url, scroll }: TabRequest, { refused, scrolled, detail }: Outcome): Loss[] {
  const page = addressOf(url);
  const more = { origin: new URL(url).origin, ...(detail === undefined ? {} : { detail }) };
  const losses = refused.map((field): Loss => {
    return { code: 'form-value-not-restored', kind: 'tab', item: `${page} ${field}`, ...more };
  });
  if (scroll === undefined || scrolled) return losses;
  return [...losses, { code: 'scroll-not-restored', kind: 'tab', item: page, ...more }];
}
