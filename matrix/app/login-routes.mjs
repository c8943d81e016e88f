/** The login: two origins, a redirect with a code between them, cookies from the server, storage by script. */
import { loginPage, welcomePage, widgetPage } from './pages.mjs';
import { html, json, NOBODY, redirect } from './replies.mjs';

/** @typedef {import('./logins.mjs').Login} Login */

const WEEK_S = 604_800;

/** @param {{ urls: Record<'app' | 'id' | 'widget', string>, logins: Map<string, Login> }} state @returns {import('./replies.mjs').Routes} */
export function loginRoutes({ urls, logins }) {
  return {
    'app GET /login': ({ run }) => redirect(`${urls.id}/login?run=${run}`),
    'id GET /login': ({ run }) => (logins.has(run) ? html(loginPage(run)) : NOBODY),
    'id POST /api/id-token': ({ text }) => json({ idToken: logins.get(JSON.parse(text).run)?.secrets.idToken }),
    'id POST /login': ({ text }) => {
      const login = logins.get(new URLSearchParams(text).get('run') ?? '');
      if (login === undefined) return NOBODY;
      return redirect(`${urls.app}/callback?run=${login.run}&code=${login.code}`, idCookies(login));
    },
    'app GET /callback': ({ run, url }) => {
      const login = logins.get(run);
      if (login === undefined || url.searchParams.get('code') !== login.code) return NOBODY;
      return redirect(`/welcome?run=${run}`, appCookies(login));
    },
    'app GET /welcome': ({ run }) => html(welcomePage(`${urls.widget}/frame?run=${run}`)),
    'widget GET /frame': ({ run }) => html(widgetPage(), widgetCookies(logins.get(run))),
    'app POST /api/handover': ({ text, cookies }) => {
      const login = logins.get(JSON.parse(text).run);
      if (login === undefined || cookies.get('session') !== login.secrets.session) return NOBODY;
      return json({ token: login.secrets.token, tab: login.secrets.tab });
    },
    /** Half a logout: for tests of the matrix itself. */
    'app GET /forget': () =>
      html('<title>Forgotten</title>', ['session=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0']),
    'app POST /api/seeded': ({ text }) => {
      const { run, stored, refused } = JSON.parse(text);
      const login = logins.get(run);
      Object.assign(login, { stored, refused });
      login.seeded.resolve();
      return json({});
    },
  };
}

/** @param {Login} login */
const idCookies = ({ secrets }) => [
  `id_session=${secrets.idSession}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=${WEEK_S}`,
  `sso=${secrets.sso}; Domain=psp.localhost; Path=/; Secure; SameSite=Lax; Max-Age=${WEEK_S}`,
];

/** @param {Login} login */
const appCookies = ({ secrets }) => [
  `session=${secrets.session}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=${WEEK_S}`,
  // One that ends with the browser.
  `__Host-device=${secrets.device}; Path=/; Secure; HttpOnly; SameSite=Strict`,
];

/** @param {Login | undefined} login */
const widgetCookies = (login) => [
  `widget=${login?.secrets.widget}; Path=/; Secure; HttpOnly; SameSite=None; Partitioned; Max-Age=${WEEK_S}`,
];
