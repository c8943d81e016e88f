/** Measures JSON text in one pass without recursion: how deep, how many values. It does not check the grammar. */
import { PspError } from './errors.js';
import type { ParseLimits } from './limits.js';

const SPACE = 0x20;
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
  let isEmpty = false;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    switch (unit) {
      case QUOTE:
        i = endOfString(text, i);
        isEmpty = false;
        break;
      case OPEN_ARRAY:
      case OPEN_OBJECT:
        if (++depth > limits.maxDepth) throw tooLarge('maxDepth', limits.maxDepth, 'levels of objects and arrays');
        values++;
        isEmpty = true;
        break;
      case CLOSE_ARRAY:
      case CLOSE_OBJECT:
        depth--;
        // An opening bracket counts for the first value within, which was not there.
        if (isEmpty) values--;
        isEmpty = false;
        break;
      case COMMA:
        // Brackets alone are bounded by the depth.
        if (++values > limits.maxValues) throw tooLarge('maxValues', limits.maxValues, 'values');
        break;
      default:
        if (unit > SPACE) isEmpty = false;
    }
  }
  if (values > limits.maxValues) throw tooLarge('maxValues', limits.maxValues, 'values');
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
