/** Runs in the check page of the second origin: tells the server what is there, then goes back to the first. */
import { post, run } from './common.mjs';

const { next } = await post('/api/report-id', { run, token: localStorage.getItem('token') });
location.replace(next);
