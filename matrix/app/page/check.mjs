/** Runs in the check page of the first origin: tells the server what the browser holds, then goes to the second origin. */
import { loaded, post, run, show } from './common.mjs';
import { checkDatabases } from './databases.mjs';

try {
  const { stored, next } = await post('/api/expected', { run });
  const wrong = await checkDatabases(stored);
  await loaded(/** @type {HTMLIFrameElement} */ (document.querySelector('#widget')));
  const token = localStorage.getItem('token') ?? '';
  const seen = { wrong, tab: sessionStorage.getItem('tab'), visible: document.cookie };
  await post('/api/report', { run, ...seen }, { authorization: `Bearer ${token}` });
  location.replace(next);
} catch (error) {
  await post('/api/failed', { run, reason: String(error) });
  show(`failed: ${error}`);
}
