/** The adapter with what is rare: a Firefox by the classic commands alone. */
import { describeAdapter } from './adapter-suite.js';
import { KINDS } from './support.js';

for (const kind of KINDS.filter(({ isRare }) => isRare === true)) describeAdapter(kind);
