/** The web application: a dashboard for whoever the identity provider vouches for. It never sees a password. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { file, html, json, redirect, serve } from './http.mjs';
import { dashboardPage, welcomePage } from './pages.mjs';

const random = () => randomBytes(24).toString('base64url');
const digest = (value) =>
  createHash('sha256')
    .update(value ?? '')
    .digest();
const isSame = (known, given) => timingSafeEqual(known, digest(given));

/**
 * Starts it on an origin of its own. `whoami` grows by one entry with each `GET /api/me`: who the server saw, or what was missing.
 *
 * @param {{ idpUrl: string, clientSecret: string }} options
 */
export async function startWebApp({ idpUrl, clientSecret }) {
  const state = {
    /** By the value of the session cookie. Only digests of the token and of the tab value are kept. */
    sessions: new Map(),
    /** What the browser takes over after the login, once. */
    handovers: new Map(),
    whoami: [],
  };
  const server = await serve('app.localhost', (appUrl) => ({
    ...loginRoutes(state, { appUrl, idpUrl, clientSecret }),
    ...dashboardRoutes(state),
    ...fileRoutes(['dashboard.js', 'welcome.js', 'profile.js', 'style.css']),
  }));
  return { ...server, whoami: state.whoami };
}

function loginRoutes(state, { appUrl, idpUrl, clientSecret }) {
  return {
    'GET /login': () => {
      const proof = random();
      const target = new URL('/authorize', idpUrl);
      target.searchParams.set('redirect_uri', `${appUrl}/callback`);
      target.searchParams.set('state', proof);
      return redirect(target, [`login_state=${proof}; Path=/callback; HttpOnly; SameSite=Lax; Max-Age=600`]);
    },
    'GET /callback': async ({ url, cookies }) => {
      const proof = url.searchParams.get('state');
      if (proof === null || proof !== cookies.get('login_state'))
        return { status: 400, body: 'This login was not started here.' };
      const person = await redeem(idpUrl, clientSecret, url.searchParams.get('code') ?? '');
      if (person === undefined) return { status: 400, body: 'The code is used up or unknown.' };
      const session = `app_session=${logIn(state, person)}; Path=/; HttpOnly; SameSite=Lax; Max-Age=604800`;
      return redirect('/welcome', [session, 'login_state=; Path=/callback; HttpOnly; Max-Age=0']);
    },
    'GET /welcome': () => html(welcomePage()),
    'POST /api/handover': ({ cookies }) => {
      const session = cookies.get('app_session');
      const secrets = state.handovers.get(session);
      state.handovers.delete(session);
      return secrets === undefined ? json({ missing: 'login' }, 401) : json(secrets);
    },
    'POST /logout': ({ cookies }) => {
      state.sessions.delete(cookies.get('app_session'));
      return redirect('/dashboard', ['app_session=; Path=/; HttpOnly; Max-Age=0']);
    },
  };
}

function dashboardRoutes(state) {
  return {
    'GET /': () => redirect('/dashboard'),
    'GET /dashboard': () => html(dashboardPage()),
    'GET /api/me': (request) => {
      const found = identify(state, request);
      state.whoami.push({ at: new Date(), ...found });
      return json(found, found.missing === undefined ? 200 : 401);
    },
  };
}

function fileRoutes(names) {
  return Object.fromEntries(names.map((name) => [`GET /${name}`, () => file(name)]));
}

/** Who it is, when cookie, token and tab value fit together; else the first that does not. */
function identify({ sessions }, { cookies, headers }) {
  const session = sessions.get(cookies.get('app_session'));
  if (session === undefined) return { missing: 'session cookie' };
  if (!isSame(session.tokenDigest, headers.authorization?.replace(/^Bearer /, ''))) return { missing: 'token' };
  if (!isSame(session.tabDigest, headers['x-tab'])) return { missing: 'tab value' };
  return { user: session.user, name: session.name };
}

function logIn({ sessions, handovers }, person) {
  const session = random();
  const secrets = { token: random(), tab: random() };
  sessions.set(session, { ...person, tokenDigest: digest(secrets.token), tabDigest: digest(secrets.tab) });
  handovers.set(session, { ...secrets, ...person, memberSince: '2019-12-10T09:30:00.000Z' });
  return session;
}

/** From server to server: who the code stands for, once. Asked at the loopback address, which every system can resolve. */
async function redeem(idpUrl, clientSecret, code) {
  const response = await fetch(`http://127.0.0.1:${new URL(idpUrl).port}/token`, {
    method: 'POST',
    body: new URLSearchParams({ code, client_secret: clientSecret }),
  });
  return response.ok ? response.json() : undefined;
}
