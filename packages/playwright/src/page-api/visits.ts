/** Notes the origins of documents that are seen in a context, frames and popups included. Helpers are not watched. */
import { originOf } from '@psp/protocol';
import { isBlank } from './address.js';
import type { ApiContext, ApiFrame, ApiPage } from './playwright.js';

export class Visits {
  readonly #origins = new Set<string>();
  /** Hosts of pages. */
  readonly #hosts = new Set<string>();
  /** Hosts of frames below pages of other sites. */
  readonly #below = new Set<string>();
  readonly #watched = new Set<ApiPage>();

  constructor(readonly context: ApiContext) {
    for (const page of context.pages()) this.#watch(page);
    context.on('page', this.#watch);
  }

  list(): string[] {
    return [...this.#origins];
  }

  /** Hosts that were seen as pages of their own. */
  hosts(): string[] {
    return [...this.#hosts];
  }

  /** Hosts that were seen below pages of other sites. */
  hostsBelow(): string[] {
    return [...this.#below];
  }

  unwatch(page: ApiPage): void {
    if (this.#watched.delete(page)) page.off('framenavigated', this.#note);
  }

  close(): void {
    this.context.off('page', this.#watch);
    for (const page of this.#watched) this.unwatch(page);
  }

  readonly #watch = (page: ApiPage): void => {
    this.#watched.add(page);
    page.on('framenavigated', this.#note);
    for (const frame of page.frames()) this.#note(frame);
  };

  readonly #note = (frame: ApiFrame): void => {
    const url = frame.url();
    const origin = originOf(url);
    if (origin === undefined || isBlank(url)) return;
    this.#origins.add(origin);
    const host = new URL(origin).hostname;
    const top = topOf(frame);
    if (top === frame) this.#hosts.add(host);
    else if (!mayBeOneSite(host, originOf(top.url()))) this.#below.add(host);
  };
}

function topOf(frame: ApiFrame): ApiFrame {
  let at = frame;
  for (let above = at.parentFrame(); above !== null; above = at.parentFrame()) at = above;
  return at;
}

/** Without a list of public suffixes: hosts whose last two labels are equal may be of one site. */
function mayBeOneSite(host: string, top: string | undefined): boolean {
  const end = (name: string): string => name.split('.').slice(-2).join('.');
  return top !== undefined && end(new URL(top).hostname) === end(host);
}
