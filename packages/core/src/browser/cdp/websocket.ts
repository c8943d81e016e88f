/** A CDP connection by WebSocket, for any browser with a debugging address. Sessions are flat: one socket for all targets. */
import { PspError } from '@psp/protocol';
import WebSocket from 'ws';
import { CdpRefusal, within, type CdpEvent, type CdpTransport } from './transport.js';

interface Reply {
  id?: number;
  method?: string;
  params?: unknown;
  sessionId?: string;
  result?: unknown;
  error?: { message: string; data?: string };
}

interface Waiting {
  readonly method: string;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/**
 * Opens a CDP connection. `url` is `ws://host/devtools/browser/ID`, or `http://host:port`, whose `/json/version` names it.
 * Throws BROWSER_UNREACHABLE or INVALID_INPUT; messages name the host only, since such addresses may hold tokens.
 */
export async function connectWebSocket(
  url: string,
  options: { timeoutMs: number; headers?: Record<string, string> },
): Promise<CdpTransport> {
  const address = await browserAddress(url, options);
  const socket = new WebSocket(address, {
    perMessageDeflate: false,
    maxPayload: 512 * 1024 * 1024,
    ...(options.headers === undefined ? {} : { headers: options.headers }),
  });
  const opened = new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  try {
    await within(opened, options.timeoutMs, 'the connection');
  } catch (cause) {
    socket.on('error', () => {
      // The attempt is over; the socket may still report that it was cut off.
    });
    socket.terminate();
    throw unreachable(address, cause);
  }
  return new WebSocketTransport(socket, new URL(address).host);
}

async function browserAddress(
  url: string,
  options: { timeoutMs: number; headers?: Record<string, string> },
): Promise<string> {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol === 'ws:' || parsed?.protocol === 'wss:') return url;
  if (parsed === undefined || (parsed.protocol !== 'http:' && parsed.protocol !== 'https:')) {
    throw new PspError(
      'INVALID_INPUT',
      'Expected the CDP address as http://host:port or ws://host:port/devtools/browser/ID.',
    );
  }
  const version = new URL('/json/version', parsed);
  version.search = parsed.search;
  try {
    const reply = await fetch(version, {
      signal: AbortSignal.timeout(options.timeoutMs),
      ...(options.headers === undefined ? {} : { headers: options.headers }),
    });
    const body = (await reply.json()) as { webSocketDebuggerUrl?: unknown };
    if (typeof body.webSocketDebuggerUrl !== 'string') throw new Error(`status ${reply.status}, no debugger address`);
    return body.webSocketDebuggerUrl;
  } catch (cause) {
    throw unreachable(url, cause);
  }
}

function unreachable(url: string, cause: unknown): PspError {
  if (cause instanceof PspError && cause.code !== 'TIMEOUT') return cause;
  return new PspError('BROWSER_UNREACHABLE', `No browser answers CDP at ${new URL(url).host}.`, { cause });
}

class WebSocketTransport implements CdpTransport {
  readonly framework = 'cdp';
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Set<(event: CdpEvent) => void>();
  #lastId = 0;
  #gone: PspError | undefined;

  constructor(
    readonly socket: WebSocket,
    host: string,
  ) {
    socket.on('message', (data: WebSocket.RawData) => this.#receive(JSON.parse(String(data)) as Reply));
    socket.on('error', (cause) => this.#lose(host, cause));
    socket.on('close', () => this.#lose(host, undefined));
  }

  send(method: string, params: object, sessionId: string | undefined): Promise<unknown> {
    if (this.#gone !== undefined) return Promise.reject(this.#gone);
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { method, resolve, reject });
      this.socket.send(JSON.stringify({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) }));
    });
  }

  async attach(targetId: string): Promise<string> {
    const { sessionId } = (await this.send('Target.attachToTarget', { targetId, flatten: true }, undefined)) as {
      sessionId: string;
    };
    return sessionId;
  }

  onEvent(listener: (event: CdpEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    if (this.socket.readyState === WebSocket.CLOSED) return;
    const closed = new Promise<void>((resolve) => this.socket.once('close', () => resolve()));
    this.socket.close();
    const timer = setTimeout(() => this.socket.terminate(), 1000);
    await closed;
    clearTimeout(timer);
  }

  #receive(reply: Reply): void {
    if (reply.id === undefined) {
      for (const listener of this.#listeners) {
        listener({ method: reply.method ?? '', params: reply.params, sessionId: reply.sessionId });
      }
      return;
    }
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (reply.error === undefined) waiting?.resolve(reply.result);
    else waiting?.reject(new CdpRefusal(waiting.method, reply.error.message));
  }

  #lose(host: string, cause: unknown): void {
    this.#gone ??= new PspError('BROWSER_GONE', `The browser at ${host} closed the connection.`, { cause });
    for (const waiting of this.#waiting.values()) waiting.reject(this.#gone);
    this.#waiting.clear();
  }
}
