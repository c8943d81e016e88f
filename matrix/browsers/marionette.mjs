/**
 * Firefox for tests of classic WebDriver, where there is no geckodriver: an HTTP server in front of the browser's own Marionette port.
 * Each session is a browser of its own.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { find } from './available.mjs';
import { MarionetteClient, MarionetteError } from './marionette-client.mjs';
import { commandFor } from './marionette-commands.mjs';
import { endProcess, startProcess, temporaryFolder, untilReady } from './process.mjs';

/** A browser of tests goes nowhere by itself, and asks its user nothing. */
const PREFS = {
  'marionette.port': 0,
  'remote.active-protocols': 1,
  'app.update.enabled': false,
  'browser.aboutwelcome.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.page': 0,
  'datareporting.policy.dataSubmissionEnabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'toolkit.telemetry.reportingpolicy.firstRun': false,
};

/** Errors whose HTTP status is not 500. Source: W3C WebDriver 2, section "Errors". @type {Record<string, number>} */
const STATUS = {
  'element click intercepted': 400,
  'element not interactable': 400,
  'insecure certificate': 400,
  'invalid argument': 400,
  'invalid cookie domain': 400,
  'invalid element state': 400,
  'invalid selector': 400,
  'invalid session id': 404,
  'no such alert': 404,
  'no such cookie': 404,
  'no such element': 404,
  'no such frame': 404,
  'no such window': 404,
  'no such shadow root': 404,
  'stale element reference': 404,
  'detached shadow root': 404,
  'unknown command': 404,
  'unknown method': 405,
};

/** Capabilities of a session. `bidi` asks for an address of WebDriver BiDi too. @param {{ bidi?: boolean }} options */
export function firefoxCapabilities({ bidi = false } = {}) {
  return { browserName: 'firefox', acceptInsecureCerts: true, ...(bidi ? { webSocketUrl: true } : {}) };
}

/** Starts the server. Its end ends its browsers. @returns {Promise<import('./process.mjs').DriverServer>} */
export async function startMarionetteBridge() {
  /** @type {Map<string, Awaited<ReturnType<typeof startBrowser>>>} */
  const sessions = new Map();
  const server = createServer((request, response) => {
    const send = (/** @type {{ status: number, value?: unknown }} */ { status, value }) => {
      response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-cache' });
      response.end(JSON.stringify({ value: value ?? null }));
    };
    void answer(sessions, request).catch(refusal).then(send);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${port}`,
    async kill() {
      server.close();
      server.closeAllConnections();
      await Promise.all([...sessions.values()].map((session) => session.end()));
    },
  };
}

/** @param {any} error */
function refusal(error) {
  const code = error instanceof MarionetteError ? error.code : 'unknown error';
  const value = { error: code, message: error.message, stacktrace: error.stacktrace ?? '' };
  return { status: STATUS[code] ?? 500, value };
}

/** @param {Map<string, any>} sessions @param {import('node:http').IncomingMessage} request */
async function answer(sessions, request) {
  const { method = 'GET', url = '/' } = request;
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  const body = text === '' ? {} : JSON.parse(text);
  if (url === '/status') return { status: 200, value: { ready: true, message: '' } };
  if (method === 'POST' && url === '/session') return { status: 200, value: await begin(sessions, body) };
  const [, id = '', path = ''] = /^\/session\/([^/]+)(.*)$/.exec(url) ?? [];
  const session = sessions.get(id);
  if (session === undefined) throw new MarionetteError('invalid session id', 'There is no such session.');
  if (method === 'DELETE' && path === '') {
    sessions.delete(id);
    await session.end();
    return { status: 200, value: null };
  }
  const command = commandFor(method, path, body);
  if (command === undefined) throw new MarionetteError('unknown command', `${method} ${path}`);
  const value = /** @type {unknown} */ (command.answer(await session.client.send(command.name, command.params)));
  // A session ends with its last window.
  if (command.name === 'WebDriver:CloseWindow' && Array.isArray(value) && value.length === 0) {
    sessions.delete(id);
    await session.end();
  }
  return { status: 200, value };
}

/** @param {Map<string, any>} sessions @param {any} body */
async function begin(sessions, { capabilities = {} }) {
  const wanted = { ...capabilities.alwaysMatch, ...capabilities.firstMatch?.[0] };
  const { 'moz:firefoxOptions': options = {}, ...others } = wanted;
  const browser = await startBrowser(options, others.webSocketUrl === true);
  try {
    const { sessionId, capabilities: found } = await browser.client.send('WebDriver:NewSession', others);
    sessions.set(sessionId, browser);
    return { sessionId, capabilities: found };
  } catch (error) {
    await browser.end();
    throw error;
  }
}

/** @param {{ binary?: string, args?: string[], prefs?: object }} options @param {boolean} bidi */
async function startBrowser({ binary = find('firefox') ?? 'firefox', args = [], prefs = {} }, bidi) {
  const profile = await temporaryFolder('firefox');
  const lines = Object.entries({ ...PREFS, ...prefs }).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`,
  );
  await writeFile(join(profile.path, 'user.js'), lines.join(''));
  const remote = bidi ? ['--remote-debugging-port=0'] : [];
  const flags = ['--headless', '--marionette', '--no-remote', '--profile', profile.path, ...remote, ...args];
  const child = startProcess(binary, flags);
  const end = async () => {
    await endProcess(child);
    await profile.remove();
  };
  try {
    const port = await untilReady(child, async () => {
      const text = await readFile(join(profile.path, 'MarionetteActivePort'), 'utf8');
      return text === '' ? undefined : Number(text);
    });
    return { client: await MarionetteClient.open(port), end };
  } catch (error) {
    await end();
    throw error;
  }
}
