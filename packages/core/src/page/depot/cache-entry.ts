/** One entry of a cache: a request and its response as a value of plain members (spec/psp-1.md, section 3.1), and back. */
import { asList, asNumber, asPair, asString } from '../codec/fields.js';

import { WireError } from '../codec/wire.js';
import { wellFormed } from '../codec/text.js';

/** The value of a record, with the body beside it. Headers in the order in which the browser tells them. */
export interface CacheEntry {
  readonly url: string;
  readonly method: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly status: number;
  readonly statusText: string;
  readonly responseHeaders: readonly (readonly [string, string])[];
  readonly type: string;
  readonly redirected: boolean;
  readonly responseUrl: string;
  readonly body: ArrayBuffer | null;
}

/** The browser shows nothing of what is in them. */
export const isOpaque = ({ type }: Response): boolean => type === 'opaque' || type === 'opaqueredirect';

export function entryOf(request: Request, response: Response, body: ArrayBuffer | null): CacheEntry {
  return {
    url: request.url,
    method: request.method,
    headers: [...request.headers],
    status: response.status,
    statusText: response.statusText,
    responseHeaders: [...response.headers],
    type: response.type,
    redirected: response.redirected,
    responseUrl: response.url,
    body,
  };
}

/** Throws WireError when the value is no entry, or none that this browser could hold. */
export function requestOf(entry: Partial<CacheEntry>): Request {
  try {
    return new Request(asString(entry.url), { method: asString(entry.method), headers: headersOf(entry.headers) });
  } catch (error) {
    throw refusal(error, 'a request');
  }
}

/** Throws as `requestOf`. Only the network gives a response its address and its type, so that those are not set. */
export function responseOf(entry: Partial<CacheEntry>): Response {
  if (entry.type === 'error') return Response.error();
  const { body = null } = entry;
  if (body !== null && Object.prototype.toString.call(body) !== '[object ArrayBuffer]') {
    throw new WireError('expected the bytes of a body');
  }
  try {
    const head = { status: asNumber(entry.status), statusText: asString(entry.statusText) };
    return new Response(body, { ...head, headers: headersOf(entry.responseHeaders) });
  } catch (error) {
    throw refusal(error, 'a response');
  }
}

/** The engine's message quotes headers. */
const refusal = (error: unknown, what: string): WireError =>
  error instanceof WireError ? error : new WireError(`expected ${what} that this browser can make`);

function headersOf(field: unknown): [string, string][] {
  return asList(field).map((pair) => {
    const [name, value] = asPair(pair);
    return [asString(name), asString(value)];
  });
}

/** What a site could tell from the entry that was captured, in words; undefined for nothing. */
export function alteration(entry: Partial<CacheEntry>, made: Request): string | undefined {
  const { responseUrl = '', url = '' } = entry;
  if (responseUrl !== '' && bare(responseUrl) !== bare(url)) {
    return 'the response came from another address by a redirect, which it does not tell any more';
  }
  const varying = new Headers(headersOf(entry.responseHeaders)).get('vary')?.split(',') ?? [];
  const wanted = new Headers();
  for (const [name, value] of headersOf(entry.headers)) wanted.append(name, value);
  const lost = varying
    .map((name) => name.trim())
    .find((name) => isHeader(name) && wanted.get(name) !== made.headers.get(name));
  return lost === undefined
    ? undefined
    : `the request of the entry does not hold the header ${lost}, by which it is found`;
}

const isHeader = (name: string): boolean => /^[\w!#$%&'+.^`|~-]+$/.test(name);

const bare = (url: string): string => url.replace(/#.*$/s, '');

/** `cache/address` for a report. What follows the path may be a secret. */
export function entryLabel(cacheLabel: string, url: unknown): string {
  return `${cacheLabel}/${typeof url === 'string' ? wellFormed(url.replace(/[?#].*$/s, '')) : '?'}`;
}
