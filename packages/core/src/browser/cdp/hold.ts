/**
 * Holds documents over CDP. The browser itself pauses requests of every tab, popup and frame, those to come included. Each tab pauses them
 * too, since the user's own interception stands between tab and browser, and may answer a request that then never gets that far.
 */
import { originOf, PspError } from '@psp/protocol';
import type { Protocol } from 'devtools-protocol';
import type { DocumentHold, Hold, HoldOptions } from '../hold.js';
import { isBlankUrl } from './blank-page.js';
import { unheeded } from '../../unheeded.js';
import { originsIn } from './at-hand.js';
import type { HiddenTab } from './helpers.js';
import type { Interceptor } from './interception.js';
import { isRefusal } from './refusal.js';
import { registeredOrigins } from './service-workers.js';
import type { Target } from './target.js';
import type { TargetInfo, Targets } from './targets.js';
import type { CdpEvent } from './transport.js';

/** Milliseconds that one tab may hold up whoever begins to hold. */
const TAB_MS = 1_000;

type Continue = (requestId: string) => Promise<unknown>;
type Look = Promise<readonly string[] | undefined>;

/** Holds end with the connection, too. */
export class CdpHold implements DocumentHold {
  constructor(
    readonly targets: Targets,
    readonly openHidden: () => Promise<HiddenTab>,
  ) {}

  async hold(options: HoldOptions): Promise<Hold> {
    const hold = new TargetsHold(this.targets, options, this.openHidden);
    try {
      await hold.begin();
      return hold;
    } catch (error) {
      await hold.end();
      throw error;
    }
  }
}

class TargetsHold implements Hold, Interceptor {
  unheld: Promise<readonly string[]> = Promise.resolve([]);
  atHand: Promise<ReadonlySet<string> | undefined> = Promise.resolve(undefined);
  /** While it begins: the origins at hand in each tab, undefined for one that does not tell. */
  #looks: Look[] | undefined = [];
  readonly #held: Set<string>;
  readonly #first = new Map<string, Promise<void>>();
  /** Sessions of this hold alone: a blank visit intercepts, and stops it, in one of its own. */
  readonly #tabs = new Map<string, Promise<Target>>();
  /** One for each request that waits. The browser keeps what it paused when others still want other requests paused. */
  readonly #waiting = new Set<() => void>();
  readonly #undo: (() => void)[] = [];
  #applying: Promise<void> | undefined;
  #isStale = false;
  #isOver = false;

  constructor(
    readonly targets: Targets,
    readonly options: HoldOptions,
    readonly openHidden: () => Promise<HiddenTab>,
  ) {
    this.#held = new Set(options.origins);
  }

  async begin(): Promise<void> {
    const { targets, options } = this;
    const joining: Promise<void>[] = [];
    const join = (info: TargetInfo): void => {
      // A tab that closes or crashes meanwhile is not held, and does not tell what can come back in it.
      const joined = this.#join(info).catch(() => void this.#looks?.push(NOT_TOLD));
      if (this.#looks !== undefined) joining.push(joined);
    };
    this.#undo.push(
      targets.onDocument((url) => this.#onDocument(url)),
      targets.onOpened(join),
    );
    // First the browser, so that all that a tab tells of is told under the hold.
    const holding = targets.interception.join(this, options.timeoutMs);
    const open = targets.known();
    for (const info of open) join(info);
    const tab = this.#tabs.get(open.find(({ type }) => type === 'page')?.targetId ?? '');
    this.unheld = unheeded(this.#registered(tab));
    await holding;
    await Promise.all(joining);
    this.atHand = unheeded(together(this.#looks ?? []));
    this.#looks = undefined;
  }

  /** A service worker answers before anything is asked of the network. Where the browser does not tell of them, any origin may have one. */
  async #registered(tab: Promise<Target> | undefined): Promise<readonly string[]> {
    const { targets, options, openHidden } = this;
    try {
      const registered = await registeredOrigins(tab, targets, openHidden, options.timeoutMs);
      return options.origins.filter((origin) => registered.has(origin));
    } catch (error) {
      if (isRefusal(error)) return options.origins;
      throw error;
    }
  }

  release(origin: string): Promise<void> {
    if (!this.#held.delete(origin)) return Promise.resolve();
    this.#isStale = true;
    return (this.#applying ??= this.#apply());
  }

  async end(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#held.clear();
    for (const undo of this.#undo.splice(0)) undo();
    for (const go of this.#waiting) go();
    // Where a tab or the browser is gone, nothing is held any more.
    await Promise.allSettled([this.targets.interception.leave(this, TAB_MS), this.#inTabs()]);
    const detached = [...this.#tabs.values()].map(async (tab) => (await tab).detach());
    this.#tabs.clear();
    await Promise.allSettled(detached);
  }

  /** Several releases of one moment are one change for the browser. */
  async #apply(): Promise<void> {
    await Promise.resolve();
    while (this.#isStale && !this.#isOver) {
      this.#isStale = false;
      await this.#everywhere();
    }
    this.#applying = undefined;
  }

  async #everywhere(): Promise<void> {
    await Promise.allSettled([this.targets.interception.apply(TAB_MS), this.#inTabs()]);
  }

  async #inTabs(): Promise<void> {
    const inTab = async (tab: Promise<Target>): Promise<void> => this.#intercept(await tab);
    await Promise.allSettled([...this.#tabs.values()].map(inTab));
  }

  async #intercept(tab: Target): Promise<void> {
    if (this.#held.size === 0) await tab.send('Fetch.disable', {}, TAB_MS);
    else await tab.send('Fetch.enable', { patterns: this.patterns() }, TAB_MS);
  }

  /** Documents only: whatever else reads storage, a worker or a script, is begun by a document of the same origin. */
  patterns(): Protocol.Fetch.RequestPattern[] {
    const of = (origin: string): Protocol.Fetch.RequestPattern => {
      return { urlPattern: `${origin}/*`, requestStage: 'Request', resourceType: 'Document' };
    };
    return Array.from(this.#held, of);
  }

  takes({ resourceType }: Protocol.Fetch.RequestPausedEvent): boolean {
    return resourceType === 'Document';
  }

  onPaused(paused: Protocol.Fetch.RequestPausedEvent): void {
    this.#onPaused(paused, (requestId) => this.targets.send('Fetch.continueRequest', { requestId }));
  }

  async #join({ targetId, type }: TargetInfo): Promise<void> {
    if (this.#isOver || this.#tabs.has(targetId) || (type !== 'page' && type !== 'iframe')) return;
    const attaching = this.targets.attach(targetId, () => void this.#tabs.delete(targetId));
    this.#tabs.set(targetId, attaching);
    attaching.catch(() => this.#tabs.delete(targetId));
    const tab = await attaching;
    const go: Continue = (requestId) => tab.send('Fetch.continueRequest', { requestId });
    tab.onEvent((event) => {
      if (event.method === 'Fetch.requestPaused') this.#onPaused(event.params as Protocol.Fetch.RequestPausedEvent, go);
      this.#onPrefetch(event);
    });
    // What a page fetches ahead passes no interception. That is rare, and the page is not there yet: its storage may be sooner.
    tab.send('Preload.enable', {}, TAB_MS).catch(gone);
    const intercepting = this.#intercept(tab);
    // In the order of these calls: what the tab tells is told under the hold.
    this.#looks?.push(originsIn(tab, type === 'page', TAB_MS).catch(untold));
    await intercepting;
  }

  #onPaused({ requestId, request, frameId }: Protocol.Fetch.RequestPausedEvent, go: Continue): void {
    const passes = isBlankUrl(request.url) || this.targets.isElsewhere(frameId);
    const first = passes ? Promise.resolve() : this.#want(request.url);
    // A request can end before its answer: the user went elsewhere.
    const goOn = (): void => {
      this.#waiting.delete(goOn);
      go(requestId).catch(gone);
    };
    this.#waiting.add(goOn);
    void first.then(goOn);
  }

  #onPrefetch({ method, params }: CdpEvent): void {
    if (method === 'Preload.prefetchStatusUpdated')
      void this.#want((params as Protocol.Preload.PrefetchStatusUpdatedEvent).prefetchUrl);
  }

  #onDocument(url: string): void {
    if (!isBlankUrl(url)) void this.#want(url);
  }

  /** Resolves when the origin of the address need not be waited for. */
  #want(url: string): Promise<void> {
    const origin = originOf(url);
    if (origin === undefined || !this.#held.has(origin)) return Promise.resolve();
    let first = this.#first.get(origin);
    if (first === undefined) this.#first.set(origin, (first = this.options.onFirst(origin).catch(gone)));
    return first;
  }
}

/** A tab that closes, crashes or is blocked meanwhile does not tell. */
function untold(error: unknown): undefined {
  if (!(error instanceof PspError)) throw error;
}

const NOT_TOLD: Look = Promise.resolve(undefined);

async function together(looks: readonly Look[]): Promise<Set<string> | undefined> {
  const seen = await Promise.all(looks);
  return seen.includes(undefined) ? undefined : new Set(seen.flatMap((origins) => origins ?? []));
}

/** Of a tab or request that is gone there is nothing to hold and nothing to continue. */
const gone = (): void => undefined;
