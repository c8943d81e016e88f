/** PSP's own document as one JSON text, with the records in line: holds everything (spec/psp-1.md, section "Session"). */
import { parseSessionDocument, type SessionDocument } from '@psp/protocol';
import type { Format } from './format.js';

export const psp: Format = {
  name: 'psp',
  extension: '.json',
  description: 'the session document of PSP: holds everything',
  write(document) {
    return { text: `${JSON.stringify(document, undefined, 2)}\n`, losses: [] };
  },
  read(text) {
    const { format: _format, version: _version, id: _id, ...parts } = parseSessionDocument(text);
    return parts;
  },
  recognises(json) {
    return (json as Partial<SessionDocument> | undefined)?.format === 'psp-session';
  },
};
