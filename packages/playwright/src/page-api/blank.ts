/**
 * Blank documents: a page under interception stands on any origin without network and without a line of the site's code. The page's
 * own requests, and the user's routes, stay as they are.
 */
import { randomUUID } from 'node:crypto';
import { originOf, PspError } from '@psp/protocol';
import { BLANK_PATH, isBlank } from './address.js';
import type { ApiPage, ApiRoute, NavigationOptions } from './playwright.js';
import { ask, inOurWords, isElsewhere } from './words.js';

const EVERYTHING = '**/*';

/** The server of a page to which a blank one gives way is told nothing of the blank one. */
const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
};

export class BlankPage {
  /** Marks documents of ours: a service worker of the site may answer in our place, and its document has none. */
  readonly #mark = randomUUID();
  #wanted: string | undefined;
  #isRouted = false;
  #isBlank = false;

  /** `isHelper`: nobody cares for the history of the page, and it may be guarded against documents that are not ours. */
  constructor(
    readonly page: ApiPage,
    readonly isHelper: boolean,
  ) {}

  /** A document of ours stands in the page, which no code of a site has touched. */
  get isBlank(): boolean {
    return this.#isBlank;
  }

  /**
   * Goes to a blank document of `origin`. In a page of the user's it takes the place of the document that is there, history
   * included. Throws BROWSER_UNREACHABLE, TIMEOUT and BROWSER_GONE.
   */
  async visit(origin: string, timeoutMs: number): Promise<void> {
    this.#wanted = `${origin}${BLANK_PATH}`;
    this.#isBlank = false;
    if (!this.#isRouted) await this.#begin(timeoutMs);
    try {
      await this.#go(this.#wanted, timeoutMs);
      const { origin: found, isOurs } = await this.#where(timeoutMs);
      if (found !== origin) throw unreachable(`The browser opened another place instead of ${origin}.`);
      if (!isOurs) throw answered(origin);
      this.#isBlank = true;
    } catch (error) {
      // The site's code, or a page of the browser's that is still to come, is not to stay in a helper.
      if (this.isHelper) await this.#goto('about:blank', timeoutMs).catch(() => undefined);
      // A document of ours stays; one that the guard breaks off gives way to a page of the browser's, sooner or later.
      if (this.isHelper && isElsewhere(error)) throw answered(origin);
      throw inOurWords(error) ?? unreachable(`The browser would not open a blank page of ${origin}.${guess(error)}`);
    }
  }

  /**
   * Stops intercepting and goes to `url`, in the place of the blank document. Where no document comes of it (status 204, a
   * download), the page goes to about:blank and BROWSER_UNREACHABLE is thrown.
   */
  async leave(url: string, timeoutMs: number): Promise<void> {
    const origin = originOf(url);
    try {
      // From a document of the same origin the server is asked as by a link of its own; else it would get no strict cookies.
      if (origin !== undefined && isBlank(this.page.url())) await this.visit(origin, timeoutMs);
    } finally {
      await this.end(timeoutMs);
    }
    try {
      if (origin === undefined) await this.#leaveSites(url, timeoutMs);
      else await this.#replace(url, timeoutMs);
    } catch (error) {
      if (isBlank(this.page.url())) await this.#leaveSites('about:blank', timeoutMs);
      throw inOurWords(error) ?? unreachable(`No document came from ${origin ?? 'the address of the tab'}.`);
    }
  }

  /** After a failure: lets the page work again, and brings it back when it stands on a blank document. */
  async abandon(url: string, timeoutMs: number): Promise<void> {
    await ask(this.page.mainFrame().evaluate('stop()'), timeoutMs, 'to stop loading').catch(() => undefined);
    await this.end(timeoutMs);
    if (isBlank(this.page.url())) await this.leave(url, timeoutMs);
  }

  async #begin(timeoutMs: number): Promise<void> {
    if (this.isHelper)
      await ask(this.page.addInitScript({ content: guard(this.#mark) }), timeoutMs, 'page.addInitScript');
    await ask(this.page.route(EVERYTHING, this.#answer), timeoutMs, 'page.route');
    this.#isRouted = true;
  }

  /** Stops intercepting, and leaves the page where it is. */
  async end(timeoutMs: number): Promise<void> {
    this.#isBlank = false;
    if (!this.#isRouted) return;
    this.#isRouted = false;
    await ask(this.page.unroute(EVERYTHING, this.#answer), timeoutMs, 'page.unroute');
  }

  readonly #answer = async (route: ApiRoute): Promise<void> => {
    const request = route.request();
    // Whatever else the page asks for is the user's.
    if (!this.#isOfMainFrame(request)) return route.fallback();
    if (request.url() !== this.#wanted) return route.abort();
    return route.fulfill({ status: 200, headers: HEADERS, body: blankDocument(this.#mark) });
  };

  #isOfMainFrame(request: ReturnType<ApiRoute['request']>): boolean {
    try {
      return request.isNavigationRequest() && request.frame() === this.page.mainFrame();
    } catch {
      // Playwright knows no frame for what a service worker asks.
      return false;
    }
  }

  #go(url: string, timeoutMs: number): Promise<unknown> {
    return this.isHelper ? this.#goto(url, timeoutMs) : this.#replace(url, timeoutMs);
  }

  #goto(url: string, timeoutMs: number): Promise<unknown> {
    return this.page.goto(url, options(timeoutMs));
  }

  /** Goes to `url` without an entry more in the history of the page. */
  async #replace(url: string, timeoutMs: number): Promise<void> {
    const arrived = this.page.waitForNavigation(options(timeoutMs));
    arrived.catch(() => undefined); // awaited below, unless the page must be brought there in another way
    const asked = this.page.mainFrame().evaluate(`void location.replace(${JSON.stringify(url)})`);
    try {
      await ask(asked, timeoutMs, 'to go elsewhere');
    } catch (error) {
      // The page may go before it answers. A page that is broken so that it cannot answer is left all the same.
      const { code } = error as PspError;
      if (code === 'UNSUPPORTED') await this.#goto(url, timeoutMs);
      else if (code !== 'BROWSER_GONE') throw error;
    }
    await arrived;
  }

  /** about:blank has the origin of the document that it replaces, so that the page goes on from there. */
  async #leaveSites(url: string, timeoutMs: number): Promise<void> {
    await this.#replace('about:blank', timeoutMs);
    await this.#goto(url, timeoutMs);
  }

  async #where(timeoutMs: number): Promise<{ origin: string; isOurs: boolean }> {
    const mark = JSON.stringify(this.#mark);
    const where = `self.origin + (document.documentElement?.dataset.psp === ${mark} ? ' ours' : '')`;
    const [origin = '', ours] = String(
      await ask(this.page.mainFrame().evaluate(where), timeoutMs, 'where it is'),
    ).split(' ');
    return { origin, isOurs: ours !== undefined };
  }
}

/** The icon keeps browsers from asking the site for one. */
function blankDocument(mark: string): string {
  return `<!doctype html><html data-psp="${mark}"><title>psp</title><link rel="icon" href="data:,"></html>`;
}

/** Runs before any script of a document: one at our address that is not ours, from a service worker, is stopped before its first script. */
function guard(mark: string): string {
  return `(() => {
    if (location.pathname !== ${JSON.stringify(BLANK_PATH)}) return;
    const look = () => {
      const root = document.documentElement;
      if (root === null) return;
      observer.disconnect();
      if (root.getAttribute('data-psp') === ${JSON.stringify(mark)}) return;
      stop();
      root.remove();
    };
    const observer = new MutationObserver(look);
    observer.observe(document, { childList: true });
  })()`;
}

/** Ours is never broken off, but the guard breaks off any other. */
function guess(error: unknown): string {
  return /ABORTED/.test((error as Error).message) ? ' A service worker of the site answers in its place.' : '';
}

function options(timeoutMs: number): NavigationOptions {
  return { waitUntil: 'commit', timeout: timeoutMs };
}

function answered(origin: string): PspError {
  return unreachable(`A service worker of ${origin} answers in place of a blank page.`);
}

function unreachable(message: string): PspError {
  return new PspError('BROWSER_UNREACHABLE', message);
}
