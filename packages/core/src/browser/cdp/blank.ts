/** Blank documents: a tab under interception stands on any origin without network and without a line of the site's code. */
import { setTimeout as sleep } from 'node:timers/promises';
import { PspError } from '@psp/protocol';
import type { Protocol } from 'devtools-protocol';
import type { Target } from './target.js';
import { httpOrigin } from './targets.js';
import { CdpRefusal, within, type CdpEvent } from './transport.js';

/** The unload handler keeps the page out of the back/forward cache, whence it could come back instead of the site. */
const BODY = btoa('<!doctype html><title>psp</title><script>addEventListener("unload",()=>{})</script>');

/** A path of our own, so that the blank page can be told from the site's pages in the tab's history. */
const PATH = '/__psp_blank__';

/** The browser's bookkeeping follows a page that has changed within milliseconds; so often it is asked. */
const POLL_MS = 5;

export interface BlankPage {
  readonly frameId: string;
  readonly executionContextId: number;
}

/** One tab under interception; `end` gives it back. */
export class BlankTab {
  #wanted: string | undefined;
  #off: (() => void) | undefined;

  constructor(readonly target: Target) {}

  /**
   * Goes to a blank document of `origin` and gives its main frame and an isolated world in it. Requests to other origins fail, since a
   * redirect of the browser's own (http to https) would else put the data elsewhere.
   */
  async visit(origin: string, timeoutMs: number): Promise<BlankPage> {
    if (this.#off === undefined) await this.#begin();
    this.#wanted = origin;
    const { frameId, errorText } = await this.target.send('Page.navigate', { url: `${origin}${PATH}` }, timeoutMs);
    if (errorText !== undefined) {
      throw new PspError('BROWSER_UNREACHABLE', `The browser would not open ${origin}: ${errorText}.`);
    }
    const [{ result }, { executionContextId }] = await Promise.all([
      // Asked of the page itself: the browser's own bookkeeping may lag behind the page by some milliseconds.
      this.target.send('Runtime.evaluate', { expression: 'location.origin' }, timeoutMs),
      this.target.send('Page.createIsolatedWorld', { frameId, worldName: 'psp' }, timeoutMs),
    ]);
    if (result.value !== origin) {
      throw new PspError('BROWSER_UNREACHABLE', `The browser opened another place instead of ${origin}.`);
    }
    return { frameId, executionContextId };
  }

  /** Stops intercepting and goes to `url`, which becomes the only entry of the tab's history. */
  async end(url: string, timeoutMs: number): Promise<void> {
    this.#off?.();
    this.#off = undefined;
    await this.target.send('Fetch.disable', {}, timeoutMs);
    await this.target.send('Network.setBypassServiceWorker', { bypass: false }, timeoutMs);
    await this.target.send('Network.disable', {}, timeoutMs);
    await this.target.send('Page.navigate', { url }, timeoutMs);
    await within(this.#left(), timeoutMs, 'the end of the blank page');
    await this.target.send('Page.resetNavigationHistory', {}, timeoutMs);
  }

  /** Resolves when the browser, too, knows that the blank page is gone. */
  async #left(): Promise<void> {
    for (;;) {
      if (!(await this.#stands())) return;
      await sleep(POLL_MS);
    }
  }

  async #stands(): Promise<boolean> {
    try {
      const { entries, currentIndex } = await this.target.send('Page.getNavigationHistory', {});
      return entries[currentIndex]?.url.endsWith(PATH) ?? false;
    } catch (error) {
      // "Not attached to an active page": between two pages.
      if (error instanceof CdpRefusal) return true;
      throw error;
    }
  }

  async #begin(): Promise<void> {
    this.#off = this.target.onEvent((event) => this.#onEvent(event));
    // In this order, which the browser keeps without our waiting in between.
    await Promise.all([
      this.target.send('Network.enable', {}),
      // Else a service worker of the site would answer in our place.
      this.target.send('Network.setBypassServiceWorker', { bypass: true }),
      this.target.send('Fetch.enable', { patterns: [{ urlPattern: '*' }] }),
    ]);
  }

  #onEvent(event: CdpEvent): void {
    if (event.method !== 'Fetch.requestPaused') return;
    const { requestId, request, resourceType } = event.params as Protocol.Fetch.RequestPausedEvent;
    const mine = resourceType === 'Document' && httpOrigin(request.url) === this.#wanted;
    const answer: Promise<unknown> = mine
      ? this.target.send('Fetch.fulfillRequest', {
          requestId,
          responseCode: 200,
          responseHeaders: [
            { name: 'content-type', value: 'text/html; charset=utf-8' },
            { name: 'cache-control', value: 'no-store' },
          ],
          body: BODY,
        })
      : this.target.send('Fetch.failRequest', { requestId, errorReason: 'ConnectionRefused' });
    // A request can end before its answer; the navigation that waits for it tells of any real failure.
    answer.catch(() => undefined);
  }
}
