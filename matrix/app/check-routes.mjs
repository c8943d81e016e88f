/**
 * The check: pages of both origins and the third party, one after the other. Cookies are judged as the server receives them, also
 * where they must not come; the rest is what the pages find.
 */
import { checkedPage, checkPage, idCheckPage, widgetPage } from './pages.mjs';
import { html, json, redirect } from './replies.mjs';

/** @typedef {import('./logins.mjs').Check} Check */

/** @param {{ urls: Record<'app' | 'id' | 'widget', string>, checks: Map<string, Check> }} state @returns {import('./replies.mjs').Routes} */
export function checkRoutes({ urls, checks }) {
  const checkOf = (text) => checks.get(JSON.parse(text).run);
  return {
    'app GET /check': ({ run }) => html(checkPage(`${urls.widget}/check?run=${run}`)),
    'widget GET /check': ({ run, cookies }) => {
      checks.get(run)?.found('widget', cookies.get('widget'));
      return html(widgetPage());
    },
    'app POST /api/expected': ({ text }) => {
      const { login, run } = checkOf(text);
      return json({ stored: login.stored, next: `${urls.id}/check?run=${run}` });
    },
    'app POST /api/report': ({ text, cookies, headers }) => {
      noteApp(checkOf(text), JSON.parse(text), { cookies, token: headers.authorization?.replace(/^Bearer /, '') });
      return json({});
    },
    'app POST /api/failed': ({ text }) => {
      checkOf(text)?.fail(JSON.parse(text).reason);
      return json({});
    },
    'id GET /check': () => html(idCheckPage()),
    'id POST /api/report-id': ({ text, cookies }) => {
      const check = checkOf(text);
      noteId(check, JSON.parse(text).token, cookies);
      return json({ next: `${urls.widget}/top?run=${check.run}` });
    },
    'widget GET /top': ({ run, cookies }) => {
      if (cookies.has('widget')) checks.get(run)?.found('widget', 'sent outside of its partition');
      return redirect(`${urls.app}/checked?run=${run}`);
    },
    'app GET /checked': () => html(checkedPage()),
    'app POST /api/checked': ({ text }) => json({ text: inWords(checkOf(text).finish()) }),
  };
}

/** @param {Check} check @param {{ wrong: Record<string, string>, tab: string | null, visible: string }} page @param {{ cookies: Map<string, string>, token: string | undefined }} request */
function noteApp(check, { wrong, tab, visible }, { cookies, token }) {
  for (const [id, name] of [
    ['session', 'session'],
    ['device', '__Host-device'],
    ['sso', 'sso'],
  ])
    check.found(id, visible.includes(`${name}=`) && id !== 'sso' ? 'open to scripts' : cookies.get(name));
  check.found('token', token === '' ? undefined : token);
  check.found('tab', tab);
  check.databases(wrong);
}

/** @param {Check} check @param {string | null} token @param {Map<string, string>} cookies */
function noteId(check, token, cookies) {
  check.found('idSession', cookies.get('id_session'));
  check.found('idToken', token);
  if (!cookies.has('sso')) check.found('sso', 'not sent to the second origin');
  for (const [id, name] of [
    ['session', 'session'],
    ['device', '__Host-device'],
  ])
    if (cookies.has(name)) check.found(id, 'sent to the second origin too');
}

function inWords({ loggedIn, wrong }) {
  const names = Object.keys(wrong);
  const rest = names.length === 0 ? 'all as it was' : `not as it was: ${names.join(', ')}`;
  return `${loggedIn ? 'logged in' : 'not logged in'}, ${rest}`;
}
