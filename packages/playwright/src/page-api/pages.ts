/** The pages of a context as tabs: their ids, which of them are helpers, and what is gone. */
import { PspError } from '@psp/protocol';
import type { Tab } from '@psp/core';
import type { ApiContext, ApiFrame, ApiPage } from './playwright.js';
import { ask } from './words.js';

/** Milliseconds that a page has to tell its address and title, which Playwright does not know after Firefox went back in history. */
const TELL_TIMEOUT_MS = 2_000;

/** No address has a line break. */
const TELL = `location.href + '\\n' + document.title`;

export class Pages {
  readonly #ids = new WeakMap<ApiPage | ApiFrame, string>();
  /** What has been told of, by the id that it was given. */
  readonly #pages = new Map<string, ApiPage>();
  readonly #frames = new Map<string, ApiFrame>();
  readonly #helpers = new Set<ApiPage>();
  #lastId = 0;
  #gone: PspError | undefined;

  constructor(
    readonly context: ApiContext,
    /** The page that the user handed over. */
    readonly primary: ApiPage,
  ) {
    context.on('close', this.#lose);
  }

  get helpers(): readonly ApiPage[] {
    return [...this.#helpers];
  }

  /** Those of the user, the primary one first. */
  async tabs(): Promise<Tab[]> {
    this.check();
    const pages = this.context.pages().filter((page) => !this.#helpers.has(page));
    const tabs = await Promise.all(pages.map((page) => this.#tab(page)));
    return tabs.toSorted((a, b) => Number(b.primary) - Number(a.primary));
  }

  /** A new page. `isHelper`: it is none of the user's, and must be closed. */
  async open(isHelper: boolean, timeoutMs: number): Promise<Tab> {
    this.check();
    const opening = this.context.newPage();
    if (isHelper) {
      // Noted even where it comes too late for whoever asked.
      opening.then(
        (page) => this.#helpers.add(page),
        () => undefined,
      );
    }
    const page = await ask(opening, timeoutMs, 'a new page');
    return { id: this.#idOf(page, this.#pages), url: page.url(), title: undefined, primary: false };
  }

  async close(tab: Tab, timeoutMs: number): Promise<void> {
    const page = this.page(tab);
    this.#pages.delete(tab.id);
    await ask(page.close(), timeoutMs, 'page.close');
    this.#helpers.delete(page);
  }

  isHelper(page: ApiPage): boolean {
    return this.#helpers.has(page);
  }

  /** Throws BROWSER_GONE when it closed. */
  page(tab: Tab): ApiPage {
    this.check();
    const page = this.#pages.get(tab.id);
    if (page === undefined || page.isClosed()) throw new PspError('BROWSER_GONE', 'The tab closed.');
    return page;
  }

  /** Throws BROWSER_GONE when it went away. */
  frame(id: string): ApiFrame {
    this.check();
    const frame = this.#frames.get(id);
    if (frame === undefined || frame.isDetached()) {
      this.#frames.delete(id);
      throw new PspError('BROWSER_GONE', 'The frame is no longer there.');
    }
    return frame;
  }

  idOfFrame(frame: ApiFrame): string {
    return this.#idOf(frame, this.#frames);
  }

  /** Throws BROWSER_GONE when the context closed. */
  check(): void {
    if (this.#gone !== undefined) throw this.#gone;
  }

  forget(): void {
    this.context.off('close', this.#lose);
  }

  async #tab(page: ApiPage): Promise<Tab> {
    const id = this.#idOf(page, this.#pages);
    // A page that hangs, or broke what Playwright needs, has its address all the same.
    const told = await ask(page.mainFrame().evaluate(TELL), TELL_TIMEOUT_MS, 'its title').catch(() => '');
    const [, url = page.url(), title = ''] = /^(\S+)\n([^]*)$/.exec(String(told)) ?? [];
    return { id, url, title: title === '' ? undefined : title, primary: page === this.primary };
  }

  #idOf<T extends ApiPage | ApiFrame>(object: T, all: Map<string, T>): string {
    const id = this.#ids.get(object) ?? `playwright-${++this.#lastId}`;
    this.#ids.set(object, id);
    all.set(id, object);
    return id;
  }

  readonly #lose = (): void => {
    this.#gone = new PspError('BROWSER_GONE', 'The browser, or its context, closed.');
  };
}
