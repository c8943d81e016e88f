/** Runs in the last page of a check, on the first origin as a user would be: shows what the server says of the whole. */
import { post, run, show } from './common.mjs';

const { text } = await post('/api/checked', { run });
show(text);
