/** Measures JSON text in one pass without recursion: how deep, how many values. It does not check the grammar. */
import { PspError } from './errors.js';
import type { ParseLimits } from './limits.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Throws TOO_LARGE as soon as a limit is passed, and INVALID_DOCUMENT when the text ends inside a string or a bracket. */
export function scanJson(text: string, limits: ParseLimits): void {
  let depth = 0;
  let values = 1;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case QUOTE:
        i = endOfString(text, i);
        break;
      case OPEN_ARRAY:
      case OPEN_OBJECT:
        if (++depth > limits.maxDepth) throw tooLarge('maxDepth', limits.maxDepth, 'levels of objects and arrays');
        values++;
        break;
      case CLOSE_ARRAY:
      case CLOSE_OBJECT:
        depth--;
        break;
      case COMMA:
        values++;
        break;
    }
    // An empty container counts once too often, which is within what the limit is for.
    if (values > limits.maxValues) throw tooLarge('maxValues', limits.maxValues, 'values');
  }
  if (depth > 0) throw cutShort(text.length);
}

/** The index of the closing quote. Every run of backslashes is looked at once, so that the pass stays linear. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let slash = end - 1;
    while (slash > start && text.charCodeAt(slash) === BACKSLASH) slash--;
    if ((end - slash) % 2 === 1) return end;
  }
  throw cutShort(text.length);
}

export function tooLarge(name: keyof ParseLimits, limit: number, unit: string): PspError {
  return new PspError('TOO_LARGE', `the document has more than ${limit} ${unit} (limit ${name})`);
}

function cutShort(length: number): PspError {
  return new PspError(
    'INVALID_DOCUMENT',
    `the document: expected JSON, found text that is cut short at character ${length}`,
  );
}
