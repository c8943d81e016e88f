/** The page function that writes whatever a session can hold (contract.ts). Bundled by scripts/build-page.mjs; leaves nothing in the page. */
import type { PutEntriesRequest } from './contract.js';
import { answer, withHeader, type Actions } from './answer.js';
import { decodeValue } from './codec/decode.js';
import { removeMade } from './codec/handle.js';
import { putEntries } from './depot/load.js';
import { replaceActions } from './replace.js';

const ACTIONS: Actions = {
  ...replaceActions({ decode: decodeValue, removeMade }),
  putEntries: (request: PutEntriesRequest) => withHeader(putEntries(request)),
};

export const run = (text: string): Promise<string> => answer(ACTIONS, text);
