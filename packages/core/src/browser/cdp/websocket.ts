/** A CDP connection by WebSocket, for any browser with a debugging address. Sessions are flat: one socket for all targets. */
import { PspError } from '@psp/protocol';
import type WebSocket from 'ws';
import { PendingReplies } from '../replies.js';
import { closeSocket, openSocket, type SocketOptions } from '../socket.js';
import { CdpRefusal, type CdpEvent, type CdpTransport } from './transport.js';

interface Reply {
  id?: number;
  method?: string;
  params?: unknown;
  sessionId?: string;
  result?: unknown;
  error?: { message: string; data?: string };
}

export interface WebSocketOptions extends SocketOptions {
  /** Who got in, for the session's `source`. Default `cdp`. */
  readonly framework?: string;
}

/**
 * Opens a CDP connection. `url` is `ws://host/devtools/browser/ID`, or `http://host:port`, whose `/json/version` names it.
 * Throws BROWSER_UNREACHABLE or INVALID_INPUT; messages name the host only, since such addresses may hold tokens.
 */
export async function connectWebSocket(url: string, options: WebSocketOptions): Promise<CdpTransport> {
  const address = await browserAddress(url, options);
  try {
    const socket = await openSocket(address, options);
    return new WebSocketTransport(socket, new URL(address).host, options.framework ?? 'cdp');
  } catch (cause) {
    throw unreachable(address, cause);
  }
}

async function browserAddress(url: string, options: SocketOptions): Promise<string> {
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
  readonly flatten = true;
  readonly #replies = new PendingReplies();
  readonly #listeners = new Set<(event: CdpEvent) => void>();

  constructor(
    readonly socket: WebSocket,
    host: string,
    readonly framework: string,
  ) {
    socket.on('message', (data: WebSocket.RawData) => this.#receive(JSON.parse(String(data)) as Reply));
    socket.on('error', (cause) => this.#lose(host, cause));
    socket.on('close', () => this.#lose(host, undefined));
  }

  send(method: string, params: object, sessionId: string | undefined): Promise<unknown> {
    const session = sessionId === undefined ? {} : { sessionId };
    return this.#replies.call(method, (id) => this.socket.send(JSON.stringify({ id, method, params, ...session })));
  }

  onEvent(listener: (event: CdpEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): Promise<void> {
    return closeSocket(this.socket);
  }

  #receive(reply: Reply): void {
    if (reply.id === undefined) {
      for (const listener of this.#listeners) {
        listener({ method: reply.method ?? '', params: reply.params, sessionId: reply.sessionId });
      }
      return;
    }
    const { id, error } = reply;
    if (error === undefined) this.#replies.resolve(id, reply.result);
    else this.#replies.reject(id, (method) => new CdpRefusal(method, error.message));
  }

  #lose(host: string, cause: unknown): void {
    this.#replies.lose(new PspError('BROWSER_GONE', `The browser at ${host} closed the connection.`, { cause }));
  }
}
