/** The page function that gives a page its look back: its scroll position and the values of its forms (contract.ts). */
import type { TabRequest } from './contract.js';
import { answer, withHeader, type Actions } from './answer.js';
import { writeTabView } from './tab-view.js';

const ACTIONS: Actions = {
  tab: (request: TabRequest) => withHeader(writeTabView(request)),
};

export const run = (text: string): Promise<string> => answer(ACTIONS, text);
