/** The little of HTTP that both servers of the demo share: routes, cookies, forms, files. Knows nothing of logins. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';

const FORM_LIMIT_BYTES = 16 * 1024;
const TYPES = { css: 'text/css', js: 'text/javascript', svg: 'image/svg+xml' };

/**
 * @typedef {object} Request What a route is given.
 * @property {URL} url
 * @property {import('node:http').IncomingHttpHeaders} headers
 * @property {Map<string, string>} cookies
 * @property {() => Promise<URLSearchParams>} form
 */
/**
 * @typedef {object} Reply What a route gives back.
 * @property {number} [status]
 * @property {Record<string, string | string[]>} [headers]
 * @property {string | Buffer} [body]
 */
/** @typedef {Record<string, (request: Request) => Reply | Promise<Reply>>} Routes Keys are like `GET /path`. */

/**
 * Serves routes on a free port of the loopback address.
 *
 * @param {string} host the name that the browser uses, such as `app.localhost`
 * @param {(url: string) => Routes} makeRoutes is told the address first, since routes redirect to it
 * @returns {Promise<{ url: string, close: () => Promise<void> }>}
 */
export async function serve(host, makeRoutes) {
  /** @type {Routes} */
  let routes = {};
  const server = createServer((incoming, outgoing) => {
    answer(routes, incoming, outgoing).catch((error) => {
      console.error(error);
      outgoing.destroy();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const url = `http://${host}:${port}`;
  routes = makeRoutes(url);
  const close = async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return { url, close };
}

async function answer(routes, incoming, outgoing) {
  const url = new URL(incoming.url ?? '/', `http://${incoming.headers.host ?? 'localhost'}`);
  const route = routes[`${incoming.method} ${url.pathname}`];
  const request = {
    url,
    headers: incoming.headers,
    cookies: readCookies(incoming.headers.cookie),
    form: () => readForm(incoming),
  };
  const {
    status = 200,
    headers = {},
    body = '',
  } = route === undefined ? { status: 404, body: 'Not found' } : await route(request);
  outgoing.writeHead(status, {
    'cache-control': 'no-store',
    'content-security-policy':
      "default-src 'self'; img-src 'self' blob: data:; form-action 'self' http://*.localhost:*",
    'x-content-type-options': 'nosniff',
    ...headers,
  });
  outgoing.end(body);
}

function readCookies(header = '') {
  const pairs = header.split(';').filter((part) => part.includes('='));
  return new Map(
    pairs.map((part) => [part.slice(0, part.indexOf('=')).trim(), part.slice(part.indexOf('=') + 1).trim()]),
  );
}

async function readForm(incoming) {
  let text = '';
  for await (const chunk of incoming) {
    text += chunk;
    if (text.length > FORM_LIMIT_BYTES) throw new Error('the form is too large');
  }
  return new URLSearchParams(text);
}

/** @param {string} markup @param {Reply} [more] @returns {Reply} */
export function html(markup, { status = 200, headers = {} } = {}) {
  return { status, headers: { 'content-type': 'text/html; charset=utf-8', ...headers }, body: markup };
}

/** @param {unknown} value @param {number} [status] @returns {Reply} */
export function json(value, status = 200) {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}

/** @param {string | URL} location @param {string[]} [cookies] @returns {Reply} */
export function redirect(location, cookies = []) {
  return { status: 303, headers: { location: String(location), 'set-cookie': cookies } };
}

/** A file of the folder `public`. @param {string} name @returns {Promise<Reply>} */
export async function file(name) {
  const type = TYPES[name.slice(name.lastIndexOf('.') + 1)];
  return { headers: { 'content-type': type }, body: await readFile(new URL(`public/${name}`, import.meta.url)) };
}
