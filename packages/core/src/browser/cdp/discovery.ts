/**
 * Which origins have storage, by Chromium's own lists. CDP lists none; two of the browser's internal pages do, each by a module of
 * its own, asked in a hidden tab: chrome://quota-internals (databases, caches, workers; not localStorage), and for the default context
 * chrome://site-engagement (origins that the user opened or used). Never chrome://settings: in a hidden tab it crashes the browser.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { PspError, storageIdentity } from '@psp/protocol';
import type { Discovery, PartitionedPlace } from '../driver.js';
import type { HiddenTab } from './helpers.js';
import { parseStorageKey } from './storage-key.js';
import type { Target } from './target.js';
import type { Targets } from './targets.js';
import { within } from './transport.js';

interface ListPage {
  readonly url: string;
  /** An expression for a JSON text: an array of strings. */
  readonly list: string;
}

/** Storage keys: `https://a.example/`, and `https://a.example/^...` for partitions. */
const QUOTA: ListPage = {
  url: 'chrome://quota-internals/',
  list: `import('chrome://quota-internals/quota_internals_browser_proxy.js').then(async (module) => {
    const proxy = module.getProxy === undefined ? module.QuotaInternalsBrowserProxy.getInstance() : module.getProxy();
    return JSON.stringify((await proxy.retrieveBucketsTable()).entries.map((entry) => entry.storageKey));
  })`,
};

const ENGAGEMENT: ListPage = {
  url: 'chrome://site-engagement/',
  list: `import('chrome://site-engagement/site_engagement_details.mojom-webui.js').then(async (module) => {
    const { info } = await module.SiteEngagementDetailsProvider.getRemote().getSiteEngagementDetails();
    return JSON.stringify(info.map(({ origin }) => typeof origin === 'string' ? origin : origin.url));
  })`,
};

type Listed = Pick<Discovery, 'origins' | 'places'>;

/** In words for people, for the loss. */
const NOT_LISTED = {
  default: 'Chromium does not list origins that hold localStorage alone, unless the user opened or used them',
  created: 'Chromium does not list origins that hold localStorage alone, and tabs were open before PSP attached',
} as const;

/** Milliseconds for the look whether a context is new, which holds up whoever attaches. */
const FRESH_MS = 1_000;

/** How long the lists wait for a first page: a driver that only restores, or is closed at once, has no use for them. */
const HEAD_START_MS = 250;

/**
 * Asks once for a driver's life. What is stored later belongs to origins that the driver has seen (`Targets.visits`), so that the
 * answer does not age.
 */
export class OriginLists {
  #fresh: Promise<boolean> | undefined;
  readonly #stop = new AbortController();
  #answer: Promise<Discovery> | undefined;

  constructor(
    readonly targets: Targets,
    /** A hidden tab that the driver closes, should this not come to it. */
    readonly openHidden: () => Promise<HiddenTab>,
  ) {}

  /** Resolves when it is known whether the context is new, of the tabs that are known now. */
  async ready(): Promise<void> {
    await (this.#fresh ??= within(this.#isFresh(), FRESH_MS, 'whether its context is new').catch(() => false));
  }

  /** Throws TIMEOUT or BROWSER_GONE; lists that this browser does not have are only said to be missing. */
  async ask(timeoutMs: number): Promise<Discovery> {
    this.#answer ??= this.#ask(timeoutMs);
    const answer = this.#answer;
    try {
      return await within(answer, timeoutMs, 'its lists of origins');
    } catch (error) {
      if (this.#answer === answer) this.#answer = undefined;
      throw error;
    }
  }

  /** Begins to ask in a moment, while the user goes on, so that a capture need not wait. */
  prepare(): void {
    const soon = sleep(HEAD_START_MS, undefined, { signal: this.#stop.signal, ref: false });
    // Ended by `close`, or a failure that a later `ask` meets again and tells.
    soon.then(() => this.ask(this.targets.timeoutMs)).catch(() => undefined);
  }

  close(): void {
    this.#stop.abort();
  }

  async #ask(timeoutMs: number): Promise<Discovery> {
    const { visits } = this.targets;
    const isDefault = await this.#isDefault();
    const visited = (): string[] => [...visits.firstParty(), ...visits.places().map(storageIdentity)];
    const before = visited();
    const { origins, places, refused } = await this.#read(isDefault ? [QUOTA, ENGAGEMENT] : [QUOTA], timeoutMs);
    await visits.settled();
    if (refused !== undefined)
      return { origins, places, missing: `The browser does not show all its lists of origins: ${refused}` };
    const known = new Set([...before, ...visited()]);
    const listed = [...origins, ...places.map(storageIdentity)];
    const isComplete = (await this.#fresh) && listed.every((each) => known.has(each));
    const missing = isComplete ? undefined : `${isDefault ? NOT_LISTED.default : NOT_LISTED.created}.`;
    return { origins, places, missing };
  }

  /** What the pages list; one that this browser does not have costs its own list only. */
  async #read(pages: readonly ListPage[], timeoutMs: number): Promise<Listed & { refused?: string }> {
    const listed: string[] = [];
    let tab: HiddenTab | undefined;
    let refused: string | undefined;
    try {
      tab = await this.openHidden();
      const target = await this.targets.open(tab.targetId);
      for (const page of pages) listed.push(...(await listOf(target, page, timeoutMs)));
    } catch (error) {
      if (!(error instanceof PspError) || error.code !== 'UNSUPPORTED') throw error;
      refused = error.message;
    } finally {
      // A tab that is gone needs no closing; whatever ended it is told by the call that met it.
      await tab?.close().catch(() => undefined);
    }
    return { ...sorted(listed), ...(refused === undefined ? {} : { refused }) };
  }

  /** The context that the browser began with, as opposed to one that a client made. Lists of the user's past belong to it alone. */
  async #isDefault(): Promise<boolean> {
    const { browserContextId } = this.targets;
    const contexts = (await this.targets.send('Target.getBrowserContexts', {})) as {
      browserContextIds: string[];
      defaultBrowserContextId?: string;
    };
    if (browserContextId === undefined) return true;
    if (contexts.defaultBrowserContextId !== undefined) return contexts.defaultBrowserContextId === browserContextId;
    return !contexts.browserContextIds.includes(browserContextId);
  }

  /** Whether nobody has been anywhere in this context: no cookies, and only blank tabs that were nothing else. */
  async #isFresh(): Promise<boolean> {
    const context = this.targets.context();
    const tabs = this.targets.known().filter(({ type }) => type === 'page');
    const [{ cookies }] = await Promise.all([this.targets.send('Storage.getCookies', context), this.targets.watched()]);
    return cookies.length === 0 && tabs.every(({ targetId }) => this.targets.seenStorage.wasNew(targetId));
  }
}

/** Storage keys and origins, each once. Partitions that only this browser can name are gone with their pages. */
function sorted(listed: readonly string[]): Listed {
  const origins = new Set<string>();
  const places = new Map<string, PartitionedPlace>();
  for (const { origin, firstParty, partition } of listed.map(parseStorageKey)) {
    if (origin === undefined) continue;
    if (firstParty) origins.add(origin);
    else if (partition !== undefined) places.set(storageIdentity({ origin, partition }), { origin, partition });
  }
  return { origins: [...origins], places: [...places.values()] };
}

async function listOf(target: Target, { url, list }: ListPage, timeoutMs: number): Promise<string[]> {
  const { errorText } = await target.send('Page.navigate', { url }, timeoutMs);
  if (errorText !== undefined) throw new PspError('UNSUPPORTED', `${url} is not there (${errorText})`);
  const call = { expression: list, awaitPromise: true, returnByValue: true };
  const { result, exceptionDetails } = await target.send('Runtime.evaluate', call, timeoutMs);
  if (exceptionDetails !== undefined || typeof result.value !== 'string') {
    throw new PspError('UNSUPPORTED', `${url} is of another version`);
  }
  return JSON.parse(result.value) as string[];
}
