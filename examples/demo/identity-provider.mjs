/** The identity provider: knows passwords, shows the login form, and hands out one-time codes. Knows no dashboard. */
import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';
import { file, html, json, redirect, serve } from './http.mjs';
import { loginPage } from './pages.mjs';

const CODE_LIFE_MS = 60_000;
const UNKNOWN_APPLICATION = { status: 400, body: 'Unknown application.' };
const random = () => randomBytes(24).toString('base64url');

/**
 * Starts it on an origin of its own. It sends people back to the addresses that `register` was told, and to no other.
 *
 * @param {{ user: string, name: string, password: string, clientSecret: string }} options one person, one application
 */
export async function startIdentityProvider({ user, name, password, clientSecret }) {
  const salt = randomBytes(16);
  const state = {
    person: { user, name, salt, passwordHash: scryptSync(password, salt, 32) },
    clientSecret,
    redirectUris: new Set(),
    /** Of people who logged in here, by the value of their cookie. */
    sessions: new Set(),
    /** Codes that wait to be redeemed, each with the moment of its end. */
    codes: new Map(),
  };
  const server = await serve('idp.localhost', () => routesOf(state));
  return { ...server, register: (redirectUri) => state.redirectUris.add(redirectUri) };
}

function routesOf(state) {
  return {
    'GET /authorize': ({ url, cookies }) => {
      const back = wayBack(url.searchParams);
      if (!state.redirectUris.has(back.redirectUri)) return UNKNOWN_APPLICATION;
      return state.sessions.has(cookies.get('idp_session')) ? sendBack(state, back) : html(loginPage(back));
    },
    'POST /login': async ({ form }) => {
      const fields = await form();
      const back = wayBack(fields);
      if (!state.redirectUris.has(back.redirectUri)) return UNKNOWN_APPLICATION;
      if (!isPerson(state.person, fields)) return html(loginPage(back, 'User or password is wrong.'), { status: 401 });
      const session = random();
      state.sessions.add(session);
      return sendBack(state, back, [`idp_session=${session}; Path=/; HttpOnly; SameSite=Lax; Max-Age=604800`]);
    },
    'POST /token': async ({ form }) => {
      const { user, name } = state.person;
      return redeem(state, await form()) ? json({ user, name }) : json({ error: 'invalid_grant' }, 400);
    },
    'GET /login.js': () => file('login.js'),
    'GET /style.css': () => file('style.css'),
  };
}

/** Where the browser goes with its code, from a query or a form. */
function wayBack(fields) {
  return { redirectUri: fields.get('redirect_uri') ?? '', state: fields.get('state') ?? '' };
}

function sendBack({ codes }, back, cookies) {
  const code = random();
  codes.set(code, Date.now() + CODE_LIFE_MS);
  const target = new URL(back.redirectUri);
  target.searchParams.set('code', code);
  target.searchParams.set('state', back.state);
  return redirect(target, cookies);
}

function isPerson({ user, salt, passwordHash }, fields) {
  const attempt = scryptSync(fields.get('password') ?? '', salt, 32);
  return timingSafeEqual(attempt, passwordHash) && fields.get('user') === user;
}

/** Whether the code was good. It is used up either way. */
function redeem({ codes, clientSecret }, fields) {
  const code = fields.get('code') ?? '';
  const expiresAtMs = codes.get(code);
  codes.delete(code);
  return fields.get('client_secret') === clientSecret && expiresAtMs !== undefined && expiresAtMs > Date.now();
}
