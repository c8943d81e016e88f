/** What the document shows: whether a text or an element is there, and the status that it came with. Changes nothing. */
import { WireError } from './codec/wire.js';
import type { FindReply, FindRequest } from './contract.js';

/** Newer than the DOM types of TypeScript. */
type Navigation = PerformanceNavigationTiming & { readonly responseStatus?: number };

export function find({ text, selector }: FindRequest): FindReply {
  // Page code may run in a frame that was added for it; what is asked for is the page.
  const { document, performance } = top ?? self;
  const isShown = text === undefined || oneSpaced(document.body?.innerText ?? '').includes(oneSpaced(text));
  const isThere = selector === undefined || select(document, selector) !== null;
  const [navigation] = performance.getEntriesByType('navigation') as Navigation[];
  const status = navigation?.responseStatus;
  return {
    found: isShown && isThere,
    isLoaded: document.readyState === 'complete',
    // Some browsers do not tell; 0 is said of what did not come by HTTP.
    ...(status === undefined || status === 0 ? {} : { status }),
  };
}

const oneSpaced = (text: string): string => text.replace(/\s+/g, ' ');

function select(document: Document, selector: string): Element | null {
  try {
    return document.querySelector(selector);
  } catch {
    throw new WireError('expected a selector of CSS');
  }
}
