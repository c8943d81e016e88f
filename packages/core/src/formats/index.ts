/** The table of import and export formats (`@psp/core/formats`), and the choice among them. */
import { PspError } from '@psp/protocol';
import { cookiesTxt } from './cookies-txt.js';
import type { Format } from './format.js';
import { faultOf } from './place.js';
import { playwright } from './playwright.js';
import { psp } from './psp.js';
import { puppeteer } from './puppeteer.js';
import { selenium } from './selenium.js';

export type { Format, SessionParts, Written } from './format.js';

/** In the order in which a text of unknown format is tried. */
export const FORMATS: readonly Format[] = [psp, playwright, cookiesTxt, selenium, puppeteer];

/** Throws INVALID_INPUT with the names that exist. */
export function formatNamed(name: string): Format {
  const format = FORMATS.find((candidate) => candidate.name === name);
  if (format !== undefined) return format;
  const names = FORMATS.map((candidate) => candidate.name).join(', ');
  throw new PspError('INVALID_INPUT', `format: expected one of ${names}, found ${JSON.stringify(name)}`);
}

/** The format that a text is most likely of. Throws INVALID_DOCUMENT when it is of none. */
export function detectFormat(text: string): Format {
  const json = jsonOf(text);
  const format = FORMATS.find((candidate) => candidate.recognises(json, text));
  if (format !== undefined) return format;
  const names = FORMATS.map((candidate) => candidate.name).join(', ');
  const other = json === undefined ? 'text that is not JSON' : 'JSON that is none of them';
  const found = text.trim() === '' ? 'an empty file' : other;
  throw new PspError('INVALID_DOCUMENT', `expected one of the formats ${names}, found ${found}`);
}

/** Undefined for a text that is not meant to be JSON: cookies.txt is none. Throws INVALID_DOCUMENT for JSON with a fault. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (!/^\s*[[{]/.test(text)) return undefined;
    // No cause: the engine's message quotes the text, which may be a secret.
    throw new PspError('INVALID_DOCUMENT', `expected JSON, found ${faultOf(text, error)}`);
  }
}
