/** The whole of the adapter's tests with the less usual ways to Chromium. */
import { describeAdapter } from './adapter-suite.js';
import { KINDS } from './support.js';

for (const kind of KINDS.filter(({ isUsual }) => !isUsual)) describeAdapter(kind, { whole: true });
