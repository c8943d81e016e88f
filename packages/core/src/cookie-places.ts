/** Addresses to which the cookies of a session are sent, for browsers that look at cookies by page. */
import { type Cookie, domainMatches, originOf, type SessionDocument } from '@psp/protocol';
import { originOfCookie, originsOfDocument } from './origins.js';

export class CookiePlaces {
  readonly #origins: readonly string[];
  readonly #document: SessionDocument;

  constructor(document: SessionDocument) {
    this.#document = document;
    this.#origins = originsOfDocument(document);
  }

  /** An address of an origin of the session where one receives the cookie, else of the cookie's own host and source. */
  of(cookie: Cookie): string | undefined {
    const receiving = this.#origins.filter((origin) => domainMatches(new URL(origin).hostname, cookie));
    const best = receiving.find((origin) => !cookie.secure || origin.startsWith('https:')) ?? receiving[0];
    const origin = best ?? originOfCookie(cookie);
    return origin === undefined ? undefined : new URL(cookie.path, origin).href;
  }

  /** Every place of the session: of its cookies, its origins and its tabs. */
  all(): string[] {
    const ofCookies = this.#document.cookies.map((cookie) => this.of(cookie)).filter((place) => place !== undefined);
    const ofTabs = this.#document.tabs.map(({ url }) => url).filter((url) => originOf(url) !== undefined);
    return [...new Set([...ofTabs, ...ofCookies, ...this.#origins.map((origin) => `${origin}/`)])];
  }
}
