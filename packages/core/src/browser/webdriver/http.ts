/** A classic WebDriver session over HTTP: that of any server, whatever language began it. */
import { PspError } from '@psp/protocol';
import { within } from '../cdp/transport.js';
import { WebDriverRefusal, type WebDriverTransport } from './transport.js';

export interface HttpOptions {
  readonly sessionId: string;
  /** Milliseconds for the first commands. */
  readonly timeoutMs: number;
  /** Sent with every command, for services that want a key. */
  readonly headers?: Record<string, string> | undefined;
  /** What the session answered when it began. Default: asked of the server, where it tells. */
  readonly capabilities?: Readonly<Record<string, unknown>> | undefined;
}

type Capabilities = Readonly<Record<string, unknown>>;

/**
 * Reaches a session that has begun. `url` is that of the server, such as `http://127.0.0.1:9515`. Throws INVALID_INPUT,
 * BROWSER_UNREACHABLE (no such server), NOT_FOUND (no such session) or TIMEOUT; messages name the host only, since addresses may hold
 * tokens.
 */
export async function connectHttp(url: string, options: HttpOptions): Promise<WebDriverTransport> {
  const server = new Server(url, options.headers ?? {});
  const root = `/session/${encodeURIComponent(options.sessionId)}`;
  try {
    // The one question that no dialog of a page stands in the way of.
    await within(server.send('GET', `${root}/timeouts`), options.timeoutMs, 'the first command');
    const capabilities = options.capabilities ?? (await capabilitiesOf(server, options));
    return new HttpTransport(server, root, capabilities);
  } catch (error) {
    server.close();
    if (!(error instanceof WebDriverRefusal) || error.code !== 'invalid session id') throw firstFailure(server, error);
    throw new PspError('NOT_FOUND', `The WebDriver server at ${server.host} has no session with this id.`, {
      cause: error,
    });
  }
}

function firstFailure(server: Server, error: unknown): unknown {
  if (error instanceof PspError && error.code === 'BROWSER_GONE') {
    return new PspError('BROWSER_UNREACHABLE', `No WebDriver server answers at ${server.host}.`, {
      cause: error.cause,
    });
  }
  if (!(error instanceof WebDriverRefusal)) return error;
  return new PspError('BROWSER_UNREACHABLE', `The server at ${server.host} refused the session: ${error.code}.`, {
    cause: error,
  });
}

/** chromedriver lists its sessions, with the address of the browser's debugger. Others have no such command. */
async function capabilitiesOf(server: Server, { sessionId, timeoutMs }: HttpOptions): Promise<Capabilities> {
  try {
    const listed = await within(server.send('GET', '/sessions'), timeoutMs, 'the list of sessions');
    if (!Array.isArray(listed)) return {};
    const found = (listed as { id?: unknown; capabilities?: Capabilities }[]).find(({ id }) => id === sessionId);
    return found?.capabilities ?? {};
  } catch (error) {
    if (error instanceof WebDriverRefusal || (error instanceof PspError && error.code === 'UNSUPPORTED')) return {};
    throw error;
  }
}

class HttpTransport implements WebDriverTransport {
  readonly framework = 'webdriver';

  constructor(
    readonly server: Server,
    readonly root: string,
    readonly capabilities: Capabilities,
  ) {}

  async send(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<unknown> {
    try {
      return await this.server.send(method, `${this.root}${path}`, body);
    } catch (error) {
      if (!(error instanceof WebDriverRefusal) || error.code !== 'invalid session id') throw error;
      throw new PspError('BROWSER_GONE', 'The WebDriver session has ended.', { cause: error });
    }
  }

  async close(): Promise<void> {
    this.server.close();
  }
}

/** The server by its address. */
class Server {
  readonly host: string;
  readonly #base: string;
  readonly #headers: Record<string, string>;
  readonly #end = new AbortController();

  constructor(url: string, headers: Record<string, string>) {
    const parsed = URL.canParse(url) ? new URL(url) : undefined;
    if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
      throw new PspError('INVALID_INPUT', 'Expected the address of the WebDriver server, as in http://127.0.0.1:9515.');
    }
    this.host = parsed.host;
    this.#headers = { ...authorization(parsed), 'content-type': 'application/json; charset=utf-8', ...headers };
    this.#base = `${parsed.origin}${parsed.pathname.replace(/\/$/, '')}`;
  }

  /** Rejects with WebDriverRefusal, and with BROWSER_GONE where the server does not answer. */
  async send(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<unknown> {
    const text = method === 'POST' ? { body: JSON.stringify(body ?? {}) } : {};
    const init = { method, headers: this.#headers, signal: this.#end.signal, redirect: 'error', ...text } as const;
    let answer: string;
    try {
      answer = await (await fetch(`${this.#base}${path}`, init)).text();
    } catch (cause) {
      throw new PspError('BROWSER_GONE', `The WebDriver server at ${this.host} does not answer.`, { cause });
    }
    return valueOf(answer, `${method} ${path.replace(/^\/session\/[^/]+/, '')}`, this.host);
  }

  /** Commands under way are given up. */
  close(): void {
    this.#end.abort();
  }
}

/** `fetch` takes no user and password in an address. */
function authorization({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

function valueOf(answer: string, command: string, host: string): unknown {
  let value: unknown;
  try {
    value = (JSON.parse(answer) as { value?: unknown }).value;
  } catch (cause) {
    throw new PspError('UNSUPPORTED', `Expected a WebDriver server at ${host}: its answer is no JSON.`, { cause });
  }
  if (typeof value !== 'object' || value === null || !('error' in value) || typeof value.error !== 'string') {
    return value;
  }
  const message = 'message' in value && typeof value.message === 'string' ? value.message : '';
  throw new WebDriverRefusal(command, value.error, message);
}
