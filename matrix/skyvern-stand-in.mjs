/**
 * A stand-in for Skyvern, for tests and the matrix: the documented endpoints of browser sessions, each session with a Chromium
 * of this machine, whose CDP is reached through this server. Both want the header `x-api-key`, as Skyvern does. It is no
 * Skyvern: it runs no tasks, and what it does beyond these endpoints says nothing about the service.
 * Source: Skyvern's API reference, Browser Sessions.
 */
import { createServer, STATUS_CODES } from 'node:http';
import { WebSocket, WebSocketServer } from 'ws';
import { startChromium } from './browsers/chromium.mjs';

/** @typedef {import('node:http').IncomingMessage} IncomingMessage */
/** @typedef {Awaited<ReturnType<typeof startChromium>>} Browser */

/**
 * @typedef {object} StandInSession
 * @property {string} id
 * @property {'created' | 'running' | 'completed' | 'failed' | 'timeout'} status may be set by a test
 * @property {string | null} address what the API tells as `browser_address`; may be set by a test
 * @property {Browser} browser
 * @property {string} createdAt
 * @property {string | null} completedAt
 */

const MAX_MESSAGE_BYTES = 512 * 1024 * 1024;
const SESSION_PATH = /^\/v1\/browser_sessions\/([^/]+)(?:\/(close))?\/?$/;
const CDP_PATH = /^\/cdp\/([^/?]+)/;

/** Starts it on a free port of 127.0.0.1. @param {{ apiKey: string }} options */
export async function startSkyvernStandIn({ apiKey }) {
  const standIn = new SkyvernStandIn(apiKey);
  await standIn.listen();
  return standIn;
}

class SkyvernStandIn {
  /** By id. @type {Map<string, StandInSession>} */
  sessions = new Map();
  /** What was asked: `GET /v1/browser_sessions/pbs_1 200`, `CONNECT /cdp/pbs_1 101`. @type {string[]} */
  requests = [];
  #server = createServer((request, response) => void this.#respond(request, response));
  #sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES });
  #port = 0;

  /** @param {string} apiKey */
  constructor(apiKey) {
    this.apiKey = apiKey;
    this.#server.on('upgrade', (request, socket, head) => this.#connect(request, socket, head));
  }

  async listen() {
    await new Promise((resolve) => this.#server.listen(0, '127.0.0.1', () => resolve(undefined)));
    this.#port = /** @type {import('node:net').AddressInfo} */ (this.#server.address()).port;
  }

  /** The base URL. */
  get url() {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Begins a session, as `POST /v1/browser_sessions` does. @returns {Promise<StandInSession>} */
  async create() {
    const browser = await startChromium();
    const id = `pbs_${this.sessions.size + 1}`;
    const address = `ws://127.0.0.1:${this.#port}/cdp/${id}`;
    /** @type {StandInSession} */
    const session = { id, status: 'running', address, browser, createdAt: now(), completedAt: null };
    this.sessions.set(id, session);
    return session;
  }

  /** Ends the server and all browsers. */
  async close() {
    for (const client of this.#sockets.clients) client.terminate();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    await Promise.all([...this.sessions.values()].map(end));
  }

  async #respond(request, response) {
    const { status, body } = await this.#answer(request).catch((error) => refused(500, error.message));
    this.requests.push(`${request.method} ${request.url} ${status}`);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }

  /** @param {IncomingMessage} request */
  async #answer({ method, url = '', headers }) {
    if (headers['x-api-key'] !== this.apiKey) return refused(403, 'Invalid credentials');
    if (method === 'POST' && url === '/v1/browser_sessions') return found(await this.create());
    const [, id = '', verb] = SESSION_PATH.exec(url) ?? [];
    const session = this.sessions.get(id);
    if (session === undefined) return refused(404, 'Browser session not found');
    if (method === 'GET' && verb === undefined) return found(session);
    if (method !== 'POST' || verb !== 'close') return refused(405, 'Method Not Allowed');
    await end(session);
    return { status: 200, body: {} };
  }

  #connect(request, socket, head) {
    const session = this.sessions.get(CDP_PATH.exec(request.url ?? '')?.[1]);
    const isAllowed = request.headers['x-api-key'] === this.apiKey;
    const status = !isAllowed ? 403 : session?.status === 'running' ? 101 : 404;
    this.requests.push(`CONNECT ${request.url} ${status}`);
    if (status === 101) {
      this.#sockets.handleUpgrade(request, socket, head, (client) => relay(client, session.browser.ws));
    } else {
      socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\n\r\n`);
    }
  }
}

/** @param {number} status @param {string} detail */
function refused(status, detail) {
  return { status, body: { detail } };
}

/** @param {StandInSession} session */
function found(session) {
  const { id, status, address, createdAt, completedAt } = session;
  const body = {
    browser_session_id: id,
    organization_id: 'o_1',
    status,
    browser_address: status === 'running' ? address : null,
    timeout: 60,
    started_at: createdAt,
    completed_at: completedAt,
    created_at: createdAt,
    modified_at: createdAt,
  };
  return { status: 200, body };
}

/** @param {StandInSession} session */
async function end(session) {
  session.status = 'completed';
  session.completedAt ??= now();
  await session.browser.kill();
}

function now() {
  return new Date().toISOString();
}

/** Hands messages on both ways, in order. @param {WebSocket} client @param {string} url of the browser */
function relay(client, url) {
  const browser = new WebSocket(url, { perMessageDeflate: false, maxPayload: MAX_MESSAGE_BYTES });
  const early = [];
  client.on('message', (data) => {
    if (browser.readyState === WebSocket.OPEN) browser.send(String(data));
    else early.push(String(data));
  });
  browser.on('open', () => early.splice(0).forEach((text) => browser.send(text)));
  browser.on('message', (data) => client.send(String(data)));
  for (const [one, other] of [
    [client, browser],
    [browser, client],
  ]) {
    one.on('close', () => other.close());
    one.on('error', () => other.terminate()); // the end that failed closes by itself
  }
}
