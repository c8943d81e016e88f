/** Runs once after the login: puts what the server hands over, and every kind of value, into the storage of the browser. */
import { loaded, post, run } from './common.mjs';
import { seedDatabases } from './databases.mjs';

const { token, tab } = await post('/api/handover', { run });
localStorage.setItem('token', token);
sessionStorage.setItem('tab', tab);
const { stored, refused } = await seedDatabases();
await loaded(/** @type {HTMLIFrameElement} */ (document.querySelector('#widget')));
await post('/api/seeded', { run, stored, refused });
document.title = 'seeded';
