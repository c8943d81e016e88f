/** A BiDi connection by WebSocket: in a session of our own, which ends with it, or in one that somebody made by WebDriver. */
import { PspError } from '@psp/protocol';
import type WebSocket from 'ws';
import { within } from '../cdp/transport.js';
import { PendingReplies } from '../replies.js';
import { closeSocket, openSocket, type SocketOptions } from '../socket.js';
import { BidiRefusal, type BidiEvent, type BidiTransport } from './transport.js';

interface Reply {
  id?: number | null;
  type?: string;
  method?: string;
  params?: unknown;
  result?: unknown;
  error?: string;
  message?: string;
}

/** Dialogs stay as the user's session has them: by default the standard would have every one of the browser dismissed. */
const CAPABILITIES = { alwaysMatch: { unhandledPromptBehavior: { default: 'ignore' } } };

/** Milliseconds that the browser gets to end our session, which is what lets the next client in. */
const END_MS = 5_000;

/**
 * Opens a BiDi connection. `url` is `ws://host:port` or `ws://host:port/session` (a new session, which `close` ends), or
 * `ws://host:port/session/ID` (one that is there and stays). Throws BROWSER_UNREACHABLE, INVALID_INPUT, or BROWSER_BUSY where the
 * browser has a session already and takes no second; messages name the host only, since such addresses may hold tokens.
 */
export async function connectBidiSocket(url: string, options: SocketOptions): Promise<BidiTransport> {
  const address = addressOf(url);
  const isJoined = /\/session\/[^/]+\/?$/.test(address.pathname);
  let socket: WebSocket;
  try {
    socket = await openSocket(address.href, options);
  } catch (cause) {
    throw new PspError('BROWSER_UNREACHABLE', `No browser answers WebDriver BiDi at ${address.host}.`, { cause });
  }
  const transport = new WebSocketTransport(socket, address.host, isJoined);
  try {
    if (!isJoined) await transport.begin(options.timeoutMs);
    return transport;
  } catch (error) {
    await transport.close();
    throw error;
  }
}

function addressOf(url: string): URL {
  const address = URL.canParse(url) ? new URL(url) : undefined;
  if (address === undefined || (address.protocol !== 'ws:' && address.protocol !== 'wss:')) {
    throw new PspError('INVALID_INPUT', 'Expected the BiDi address as ws://host:port or ws://host:port/session/ID.');
  }
  if (address.pathname === '/') address.pathname = '/session';
  return address;
}

class WebSocketTransport implements BidiTransport {
  readonly framework = 'bidi';
  capabilities: Readonly<Record<string, unknown>> = {};
  readonly #replies = new PendingReplies();
  readonly #listeners = new Set<(event: BidiEvent) => void>();
  /** Also when the answer never came: the browser may have begun the session nevertheless. */
  #mayHaveBegun = false;
  #closed: Promise<void> | undefined;

  constructor(
    readonly socket: WebSocket,
    readonly host: string,
    readonly isJoined: boolean,
  ) {
    socket.on('message', (data: WebSocket.RawData) => this.#receive(JSON.parse(String(data)) as Reply));
    socket.on('error', (cause) => this.#lose(cause));
    socket.on('close', () => this.#lose(undefined));
  }

  async begin(timeoutMs: number): Promise<void> {
    this.#mayHaveBegun = true;
    try {
      const answer = await within(this.send('session.new', { capabilities: CAPABILITIES }), timeoutMs, 'session.new');
      this.capabilities = (answer as { capabilities: Record<string, unknown> }).capabilities;
    } catch (error) {
      if (!(error instanceof BidiRefusal)) throw error;
      this.#mayHaveBegun = false;
      throw this.#refused(error);
    }
  }

  send(method: string, params: object): Promise<unknown> {
    return this.#replies.call(method, (id) => this.socket.send(JSON.stringify({ id, method, params })));
  }

  onEvent(listener: (event: BidiEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #close(): Promise<void> {
    // Firefox takes no other client until the session has ended, not even after the socket is gone.
    if (this.#mayHaveBegun) await within(this.send('session.end', {}), END_MS, 'session.end').catch(() => undefined);
    await closeSocket(this.socket);
  }

  #refused(cause: BidiRefusal): PspError {
    if (/maximum number of active sessions/i.test(cause.message)) {
      const what = `The browser at ${this.host} has a BiDi session already, and takes one at a time`;
      const advice =
        'Close the program that began it, or restart the browser where that program is gone; join the session by ws://host:port/session/ID where WebDriver made it';
      return new PspError('BROWSER_BUSY', `${what}. ${advice}.`, { cause });
    }
    return new PspError('BROWSER_UNREACHABLE', `The browser at ${this.host} began no BiDi session: ${cause.code}.`, {
      cause,
    });
  }

  #receive(reply: Reply): void {
    if (typeof reply.id !== 'number') {
      if (reply.method === undefined) return;
      for (const listener of this.#listeners) listener({ method: reply.method, params: reply.params });
    } else if (reply.type === 'error') {
      const { error = 'unknown error', message = '' } = reply;
      this.#replies.reject(reply.id, (method) => new BidiRefusal(method, error, message));
    } else this.#replies.resolve(reply.id, reply.result);
  }

  #lose(cause: unknown): void {
    this.#replies.lose(new PspError('BROWSER_GONE', `The browser at ${this.host} closed the connection.`, { cause }));
  }
}
