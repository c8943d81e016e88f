/**
 * The login application of the matrix: two origins of one site and a third party, on https. Any driver that can go to an address
 * can log in and be checked, since the pages do the rest and the server tells how it went.
 */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { checkRoutes } from './app/check-routes.mjs';
import { fileRoutes } from './app/file-routes.mjs';
import { loginRoutes } from './app/login-routes.mjs';
import { Check, Login } from './app/logins.mjs';

/** @typedef {import('./app/logins.mjs').Report} Report */

/**
 * @typedef {object} MatrixApp
 * @property {Record<"app" | "id" | "widget", string>} urls `https://app.psp.localhost:PORT`, the second origin `id`, and a third party
 * @property {() => { login: Login, url: string }} begin a new login; going to its address logs in, then `login.seeded` resolves
 * @property {(login: Login) => { check: Check, url: string }} check going to its address tells `check.report` what a browser holds
 * @property {string[]} errors what went wrong in the server itself
 * @property {() => Promise<void>} close
 */

const FORM_LIMIT_BYTES = 256 * 1024;

/** Starts it on a free port of the loopback address, with the certificate for tests beside it. @returns {Promise<MatrixApp>} */
export async function startMatrixApp() {
  const [key, cert, kit] = await Promise.all([
    file('certificate/key.pem'),
    file('certificate/certificate.pem'),
    bundleKit(),
  ]);
  /** @type {Map<string, Login>} */
  const logins = new Map();
  /** @type {Map<string, Check>} */
  const checks = new Map();
  const errors = [];
  const routes = {};
  const { port, close } = await serve({ key, cert, routes, errors });
  const at = (host) => `https://${host}:${port}`;
  const urls = { app: at('app.psp.localhost'), id: at('id.psp.localhost'), widget: at('widget.localhost') };
  Object.assign(routes, loginRoutes({ urls, logins }), checkRoutes({ urls, checks }), fileRoutes(kit));
  return {
    urls,
    errors,
    begin() {
      const login = new Login();
      logins.set(login.run, login);
      return { login, url: `${urls.app}/login?run=${login.run}` };
    },
    check(login) {
      const check = new Check(login);
      checks.set(check.run, check);
      return { check, url: `${urls.app}/check?run=${check.run}` };
    },
    close,
  };
}

async function serve({ key, cert, routes, errors }) {
  const server = createServer({ key, cert }, (incoming, outgoing) => {
    answer(routes, incoming, outgoing).catch((error) => {
      // A browser that is closed in the midst of a request is no mistake of the server.
      if (!outgoing.destroyed) errors.push(`${incoming.method} ${incoming.url?.split('?')[0]}: ${error.message}`);
      outgoing.destroy();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return { port: /** @type {import('node:net').AddressInfo} */ (server.address()).port, close };
}

async function answer(routes, incoming, outgoing) {
  const url = new URL(incoming.url ?? '/', `https://${incoming.headers.host ?? 'localhost'}`);
  const site = url.hostname.split('.')[0];
  const route =
    routes[`${site} ${incoming.method} ${url.pathname}`] ?? routes[`any ${incoming.method} ${url.pathname}`];
  const text = await readText(incoming);
  const request = {
    run: url.searchParams.get('run') ?? '',
    url,
    headers: incoming.headers,
    text,
    cookies: readCookies(incoming.headers.cookie),
  };
  const {
    status = 200,
    headers = {},
    body = '',
  } = route === undefined ? { status: 404, body: 'Not found' } : await route(request);
  outgoing.writeHead(status, { 'cache-control': 'no-store', ...headers });
  outgoing.end(body);
}

async function readText(incoming) {
  let text = '';
  for await (const chunk of incoming.setEncoding('utf8')) {
    text += chunk;
    if (text.length > FORM_LIMIT_BYTES) throw new Error('the request is too large');
  }
  return text;
}

function readCookies(header = '') {
  const pairs = header.split('; ').filter((part) => part.includes('='));
  return new Map(pairs.map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)]));
}

/** One value of each structured-clone kind, and their comparison: those with which the page code itself is tested. */
async function bundleKit() {
  const entry = new URL('../packages/core/test/page/kit.ts', import.meta.url);
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(entry)],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'kit',
    target: 'es2022',
  });
  return `${outputFiles[0].text};globalThis.kit = kit;`;
}

const file = (name) => readFile(new URL(`app/${name}`, import.meta.url));
