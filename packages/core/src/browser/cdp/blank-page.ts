/** The blank documents that stand in for a site's own: their addresses, their text, and how a request for one is answered. */
import type { Protocol } from 'devtools-protocol';
import type { Target } from './target.js';

/** A path of our own, so that a blank page can be told from the site's pages in a tab's history. */
export const BLANK_PATH = '/__psp_blank__';

/** Of a blank page that only stands around another one, and of whose origin nothing is read or written. */
export const AROUND_PATH = '/__psp_around__';

/** Whether it is the address of a blank page, or might as well be. */
export function isBlankUrl(url: string): boolean {
  return url.endsWith(BLANK_PATH) || url.endsWith(AROUND_PATH);
}

/** The unload handler keeps the page out of the back/forward cache, whence it could come back instead of the site. */
const BODY = '<script>addEventListener("unload",()=>{})</script>';
export const BLANK_TITLE = 'psp';

const BLANK: Omit<Protocol.Fetch.FulfillRequestRequest, 'requestId' | 'body'> = {
  responseCode: 200,
  responseHeaders: [
    { name: 'content-type', value: 'text/html; charset=utf-8' },
    { name: 'cache-control', value: 'no-store' },
  ],
};

/** `pass` lets the network answer, which is for what the user's own page asks for. */
export type Verdict = 'blank' | 'fail' | 'pass';

/** Answers a request that the target holds. It can end before its answer; whoever waits for it is told of any real failure. */
export function answer(
  target: Target,
  { requestId }: Protocol.Fetch.RequestPausedEvent,
  verdict: Verdict,
  title = BLANK_TITLE,
): void {
  const answers = {
    blank: () => target.send('Fetch.fulfillRequest', { requestId, ...BLANK, body: bodyOf(title) }),
    fail: () => target.send('Fetch.failRequest', { requestId, errorReason: 'ConnectionRefused' }),
    pass: () => target.send('Fetch.continueRequest', { requestId }),
  } as const;
  const answering: Promise<unknown> = answers[verdict]();
  answering.catch(() => undefined);
}

/** Whether the request is for a document of one of the origins, at an address of ours. */
export function asksForBlank(
  { request, resourceType }: Protocol.Fetch.RequestPausedEvent,
  origins: readonly string[],
): boolean {
  return resourceType === 'Document' && isBlankUrl(request.url) && origins.includes(new URL(request.url).origin);
}

function bodyOf(title: string): string {
  const shown = title.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return Buffer.from(`<!doctype html><title>${shown}</title>${BODY}`).toString('base64');
}
