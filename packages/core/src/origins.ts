/** Which origins a capture looks at. Browsers do not list those that have storage, so they are found by their traces. */
import { type Cookie, originOf, type SessionDocument } from '@psp/protocol';
import type { Frame } from './browser/driver.js';

export interface Traces {
  readonly frames: readonly Frame[];
  /** Addresses of tabs and of their histories. */
  readonly urls: readonly string[];
  readonly visited: readonly string[];
  /** By the caller, checked before. */
  readonly given: readonly string[];
}

/**
 * Where the user has been, or the caller points. Not the origins of frames below other sites: their storage there is another than what
 * they have for themselves, which a restore is not to empty on the strength of such a frame.
 */
export function seenOrigins(traces: Traces): Set<string> {
  const origins = new Set<string>(traces.given);
  for (const { origin, firstParty } of traces.frames) if (origin !== undefined && firstParty) origins.add(origin);
  for (const url of traces.urls) {
    const origin = originOf(url);
    if (origin !== undefined) origins.add(origin);
  }
  for (const origin of traces.visited) origins.add(origin);
  return origins;
}

/** A guess: whoever has storage below another site may have some for itself. */
export function originsBelow(frames: readonly Frame[], places: readonly { readonly origin: string }[]): string[] {
  const foreign = frames.filter(({ firstParty }) => !firstParty);
  return [...foreign, ...places].map(({ origin }) => origin).filter((origin) => origin !== undefined);
}

/**
 * The origins that a document speaks of, those of its tabs first: they need have no storage that tabs share. Places below other sites
 * say nothing of what their origin has for itself.
 */
export function originsOfDocument({ tabs, origins }: SessionDocument): string[] {
  const own = (places: readonly { readonly origin: string; readonly partition?: unknown }[]): string[] =>
    places.filter(({ partition }) => partition === undefined).map(({ origin }) => origin);
  const ofTabs = tabs.flatMap((tab) => [originOf(tab.url), ...own(tab.sessionStorage)]);
  return [...new Set([...ofTabs, ...own(origins)].filter((origin) => origin !== undefined))];
}

/** A guess: a site that sets a cookie may keep more. */
export function originsOfCookies(cookies: readonly Cookie[]): Set<string> {
  return new Set(cookies.map(originOfCookie).filter((origin) => origin !== undefined));
}

/** An address for reports, without query and fragment, which may hold secrets. */
export function addressOf(url: string): string {
  if (!URL.canParse(url)) return 'a tab without address';
  const { protocol, host, pathname } = new URL(url);
  return host === '' ? `${protocol}${pathname}` : `${protocol}//${host}${pathname}`;
}

/** A cookie tells the scheme and port of the response that set it, where the browser keeps them. */
export function originOfCookie(cookie: Cookie): string | undefined {
  const secure =
    cookie.sourceScheme === undefined || cookie.sourceScheme === 'unset'
      ? cookie.secure
      : cookie.sourceScheme === 'secure';
  const port = cookie.sourcePort === undefined || cookie.sourcePort < 1 ? '' : `:${cookie.sourcePort}`;
  return originOf(`${secure ? 'https' : 'http'}://${cookie.domain}${port}/`);
}
