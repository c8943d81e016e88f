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

/** Where the user has been, or the caller points. Partitioned frames count too: their origin may have first-party storage as well. */
export function seenOrigins(traces: Traces): Set<string> {
  const origins = new Set<string>(traces.given);
  for (const frame of traces.frames) if (frame.origin !== undefined) origins.add(frame.origin);
  for (const url of traces.urls) {
    const origin = originOf(url);
    if (origin !== undefined) origins.add(origin);
  }
  for (const origin of traces.visited) origins.add(origin);
  return origins;
}

/** The origins that a document speaks of, those of its tabs first: they need have no storage that tabs share. */
export function originsOfDocument({ tabs, origins }: SessionDocument): string[] {
  const ofTabs = tabs.flatMap((tab) => [originOf(tab.url), ...tab.sessionStorage.map(({ origin }) => origin)]);
  const all = [...ofTabs, ...origins.map(({ origin }) => origin)].filter((origin) => origin !== undefined);
  return [...new Set(all)];
}

/** A guess: a site that sets a cookie may keep more. */
export function originsOfCookies(cookies: readonly Cookie[]): Set<string> {
  return new Set(cookies.map(originOfCookie).filter((origin) => origin !== undefined));
}

/** An address for reports, without query and fragment, which may hold secrets. */
export function addressOf(url: string): string {
  if (!URL.canParse(url)) return 'a tab without address';
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
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
