/** Blank documents: a tab under interception stands on any origin without network and without a line of the site's code. */
import { setTimeout as sleep } from 'node:timers/promises';
import { originOf, PspError } from '@psp/protocol';
import type { Protocol } from 'devtools-protocol';
import { answer, AROUND_PATH, asksForBlank, BLANK_PATH, BLANK_TITLE, isBlankUrl } from './blank-page.js';
import { onceOnPage } from './between-pages.js';
import { isolatedWorld } from './page-code.js';
import { isRefusal } from './refusal.js';
import type { Target } from './target.js';
import type { CdpEvent } from './transport.js';

/** The browser's bookkeeping follows a page that has changed within milliseconds; so often it is asked. */
const POLL_MS = 5;

export interface BlankPage {
  readonly frameId: string;
  readonly executionContextId: number;
}

interface Visit {
  readonly origin: string;
  readonly path: string;
  readonly title: string;
  readonly below: readonly string[];
}

/** What a call says that makes a tab go elsewhere. Not all of them tell how it went. */
type Gone = { readonly errorText?: string } | void;

/** One tab under interception; `end` gives it back. */
export class BlankTab {
  #wanted: string | undefined;
  #title = BLANK_TITLE;
  #below: readonly string[] = [];
  /** A blank page of ours stands in the tab. Before that, what the tab asks for is still the user's. */
  #isBlank = false;
  #isOn = false;
  #off: (() => void) | undefined;
  /** The tab shows a document of ours, whatever its address is by now; and whether it shows another than when it was sent away. */
  #shows = false;
  #hasMoved = false;

  constructor(
    readonly target: Target,
    /** Whether a blank page may fetch the address. */
    readonly mayFetch: (url: string) => boolean = () => false,
  ) {}

  /**
   * Goes to a blank document of `origin` and gives its main frame and an isolated world in it. Requests to other origins fail, since a
   * redirect of the browser's own (http to https) would else put the data elsewhere. The title is what the tab's history shows.
   */
  async visit(origin: string, timeoutMs: number, title = BLANK_TITLE): Promise<BlankPage> {
    return this.#visit({ origin, path: BLANK_PATH, title, below: [] }, timeoutMs);
  }

  /** As `visit`, for a document that is only there for blank frames of the origins `below` it. */
  async visitAround(origin: string, below: readonly string[], timeoutMs: number): Promise<BlankPage> {
    return this.#visit({ origin, path: AROUND_PATH, title: BLANK_TITLE, below }, timeoutMs);
  }

  async #visit({ origin, path, title, below }: Visit, timeoutMs: number): Promise<BlankPage> {
    this.#wanted = origin;
    this.#title = title;
    this.#below = below;
    const begun = this.#isOn ? undefined : await this.#begin();
    const url = `${origin}${path}`;
    const { frameId, errorText } = await this.target.send('Page.navigate', { url }, timeoutMs);
    if (errorText !== undefined) {
      throw new PspError('BROWSER_UNREACHABLE', `The browser would not open ${origin}: ${errorText}.`);
    }
    await begun?.settled;
    // Whether the document is of the origin is for the page code to look at: nothing here is nearer to it.
    const executionContextId = await isolatedWorld(this.target, frameId, timeoutMs);
    this.#isBlank = true;
    return { frameId, executionContextId };
  }

  /**
   * Stops intercepting and goes to `url`, which becomes the only entry of the tab's history. Where no document comes of it
   * (status 204, a download), the tab goes to about:blank and BROWSER_UNREACHABLE is thrown.
   */
  async end(url: string, timeoutMs: number): Promise<void> {
    const left = await this.#leave(() => this.target.send('Page.navigate', { url }, timeoutMs), timeoutMs);
    await onceOnPage(() => this.target.send('Page.resetNavigationHistory', {}, timeoutMs), timeoutMs);
    if (!left) throw noDocument(url);
  }

  /** Stops intercepting and leaves the blank page by `go`, which leads to `url`. Throws as `end` does. */
  async leave(url: string, go: () => Promise<Gone>, timeoutMs: number): Promise<void> {
    if (!(await this.#leave(go, timeoutMs))) throw noDocument(url);
  }

  /** After a failure: lets the tab work again, and brings it back when it stands on a blank page. */
  async abandon(url: string, timeoutMs: number): Promise<void> {
    try {
      await this.target.send('Page.stopLoading', {}, timeoutMs);
      await this.#stop(timeoutMs);
      if (await this.#stands()) await this.target.send('Page.navigate', { url }, timeoutMs);
    } finally {
      this.#unwatch();
    }
  }

  async #leave(go: () => Promise<Gone>, timeoutMs: number): Promise<boolean> {
    await this.#stop(timeoutMs);
    // A tab that was never visited tells of its pages, too.
    if (this.#off === undefined) await this.#watch(timeoutMs);
    this.#hasMoved = false;
    const gone = await go();
    const left = gone?.errorText !== 'net::ERR_ABORTED' && (await this.#left(timeoutMs));
    if (!left) {
      this.#hasMoved = false;
      await this.target.send('Page.navigate', { url: 'about:blank' }, timeoutMs);
      await this.#left(timeoutMs);
    }
    this.#unwatch();
    return left;
  }

  async #watch(timeoutMs: number): Promise<void> {
    this.#off = this.target.onEvent((event) => this.#onEvent(event));
    await this.target.send('Page.enable', {}, timeoutMs);
  }

  #unwatch(): void {
    this.#off?.();
    this.#off = undefined;
  }

  async #stop(timeoutMs: number): Promise<void> {
    this.#isOn = false;
    this.#isBlank = false;
    await Promise.all([
      this.target.send('Fetch.disable', {}, timeoutMs),
      this.target.send('Network.setBypassServiceWorker', { bypass: false }, timeoutMs),
      this.target.send('Network.disable', {}, timeoutMs),
    ]);
  }

  /** Waits until the browser, too, knows that the blank page is gone. False when it still stands after `timeoutMs`. */
  async #left(timeoutMs: number): Promise<boolean> {
    const deadline = performance.now() + timeoutMs;
    while (!this.#hasMoved || (await this.#stands())) {
      if (performance.now() > deadline) return false;
      await sleep(POLL_MS);
    }
    return true;
  }

  async #stands(): Promise<boolean> {
    if (this.#shows) return true;
    try {
      const { entries, currentIndex } = await this.target.send('Page.getNavigationHistory', {});
      return isBlankUrl(entries[currentIndex]?.url ?? '');
    } catch (error) {
      // Between two pages.
      if (isRefusal(error)) return true;
      throw error;
    }
  }

  /** Resolves when requests are intercepted; what it gives resolves when all else is in place, too. */
  async #begin(): Promise<{ settled: Promise<unknown> }> {
    this.#off ??= this.target.onEvent((event) => this.#onEvent(event));
    try {
      // The browser works on the calls of a session in order, so a navigation sent after these finds them done.
      const settled = Promise.all([
        this.target.send('Page.enable', {}),
        this.target.send('Network.enable', {}),
        // Else a service worker of the site would answer in our place.
        this.target.send('Network.setBypassServiceWorker', { bypass: true }),
      ]);
      settled.catch(() => undefined); // awaited by whoever navigates
      this.#isOn = true;
      await this.target.send('Fetch.enable', { patterns: [{ urlPattern: '*' }] });
      return { settled };
    } catch (error) {
      this.#isOn = false;
      this.#unwatch();
      throw error;
    }
  }

  #onEvent(event: CdpEvent): void {
    if (event.method === 'Fetch.requestPaused' && this.#isOn)
      this.#answer(event.params as Protocol.Fetch.RequestPausedEvent);
    if (event.method === 'Page.frameNavigated') {
      const { frame } = event.params as Protocol.Page.FrameNavigatedEvent;
      if (frame.id !== this.target.id) return;
      this.#shows = isBlankUrl(frame.url);
      this.#hasMoved = true;
    }
    if (event.method !== 'Page.javascriptDialogOpening') return;
    const { type } = event.params as Protocol.Page.JavascriptDialogOpeningEvent;
    if (type !== 'beforeunload') return;
    // The user handed the tab over to be restored. Somebody else may answer first; the navigation tells what came of it.
    this.target.send('Page.handleJavaScriptDialog', { accept: true }).catch(() => undefined);
  }

  #answer(paused: Protocol.Fetch.RequestPausedEvent): void {
    const { request, frameId, resourceType } = paused;
    const isMain = resourceType === 'Document' && frameId === this.target.id;
    const isWanted = isMain
      ? originOf(request.url) === this.#wanted
      : this.#isBlank && asksForBlank(paused, this.#below);
    const isOthers = !this.#isBlank || this.mayFetch(request.url);
    answer(this.target, paused, isWanted ? 'blank' : isMain || !isOthers ? 'fail' : 'pass', this.#title);
  }
}

function noDocument(url: string): PspError {
  return new PspError('BROWSER_UNREACHABLE', `No document came from ${originOf(url) ?? 'the tab'}.`);
}
