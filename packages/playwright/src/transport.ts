/**
 * CDP over Playwright's own connection, so that a browser launched by a pipe needs no port. Sessions are not flat here:
 * Playwright routes its own session ids only, so messages to a target travel inside messages to the browser.
 */
import { PspError } from '@psp/protocol';
import { CdpRefusal, type CdpEvent, type CdpTransport } from '@psp/core/cdp';

/** The slice of Playwright's CDPSession that is used. */
export interface PlaywrightCdpSession {
  send(method: string, params?: object): Promise<unknown>;
  on(event: string, listener: (params: never) => void): unknown;
  off(event: string, listener: (params: never) => void): unknown;
  detach(): Promise<void>;
}

/** The slice of Playwright's Browser that is used. */
export interface PlaywrightBrowser {
  newBrowserCDPSession(): Promise<PlaywrightCdpSession>;
  on(event: 'disconnected', listener: () => void): unknown;
  off(event: 'disconnected', listener: () => void): unknown;
}

interface Waiting {
  readonly method: string;
  readonly sessionId: string;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** The browser's own events that drivers listen to. */
const BROWSER_EVENTS = [
  'Target.targetCreated',
  'Target.targetInfoChanged',
  'Target.targetDestroyed',
  'Target.detachedFromTarget',
] as const;

/** Playwright says it thus when what a call needed is gone. */
const GONE = /has been closed|Target closed|browser has disconnected/i;

export class PlaywrightTransport implements CdpTransport {
  readonly framework = 'playwright';
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Set<(event: CdpEvent) => void>();
  readonly #undo: (() => void)[] = [];
  #lastId = 0;
  #gone: PspError | undefined;

  private constructor(readonly session: PlaywrightCdpSession) {}

  static async open(browser: PlaywrightBrowser): Promise<PlaywrightTransport> {
    const transport = new PlaywrightTransport(await browser.newBrowserCDPSession());
    const disconnected = (): void => transport.#lose();
    browser.on('disconnected', disconnected);
    transport.#undo.push(() => browser.off('disconnected', disconnected));
    transport.#listen();
    return transport;
  }

  async send(method: string, params: object, sessionId: string | undefined): Promise<unknown> {
    if (this.#gone !== undefined) throw this.#gone;
    try {
      return await (sessionId === undefined
        ? this.session.send(method, params)
        : this.#sendInside(method, params, sessionId));
    } catch (error) {
      throw this.#inOurWords(method, error as Error);
    }
  }

  async attach(targetId: string): Promise<string> {
    const { sessionId } = (await this.send('Target.attachToTarget', { targetId, flatten: false }, undefined)) as {
      sessionId: string;
    };
    return sessionId;
  }

  onEvent(listener: (event: CdpEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    for (const undo of this.#undo.splice(0)) undo();
    // Detaching the browser session ends those inside it. Where the browser is gone there is nothing left to detach.
    await this.session.detach().catch(() => undefined);
    this.#gone ??= new PspError('BROWSER_GONE', 'The connection was closed.');
    this.#rejectAll(this.#gone);
  }

  #sendInside(method: string, params: object, sessionId: string): Promise<unknown> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { method, sessionId, resolve, reject });
      const message = JSON.stringify({ id, method, params });
      this.session.send('Target.sendMessageToTarget', { sessionId, message }).catch((error: Error) => {
        this.#waiting.delete(id);
        reject(error);
      });
    });
  }

  #listen(): void {
    const on = (event: string, listener: (params: never) => void): void => {
      this.session.on(event, listener);
      this.#undo.push(() => this.session.off(event, listener));
    };
    on('Target.receivedMessageFromTarget', (params: { sessionId: string; message: string }) => this.#receive(params));
    for (const method of BROWSER_EVENTS) {
      on(method, (params: { sessionId?: string }) => {
        if (method === 'Target.detachedFromTarget') this.#endSession(params.sessionId ?? '');
        this.#emit({ method, params, sessionId: undefined });
      });
    }
  }

  #receive({ sessionId, message }: { sessionId: string; message: string }): void {
    const reply = JSON.parse(message) as {
      id?: number;
      method?: string;
      params?: unknown;
      result?: unknown;
      error?: { message: string };
    };
    if (reply.id === undefined) {
      this.#emit({ method: reply.method ?? '', params: reply.params, sessionId });
      return;
    }
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (reply.error === undefined) waiting?.resolve(reply.result);
    else waiting?.reject(new CdpRefusal(waiting.method, reply.error.message));
  }

  #emit(event: CdpEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  #endSession(sessionId: string): void {
    for (const [id, waiting] of this.#waiting) {
      if (waiting.sessionId !== sessionId) continue;
      this.#waiting.delete(id);
      waiting.reject(new PspError('BROWSER_GONE', 'The tab closed.'));
    }
  }

  #lose(): void {
    this.#gone ??= new PspError('BROWSER_GONE', 'The browser closed.');
    this.#rejectAll(this.#gone);
  }

  #rejectAll(error: PspError): void {
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
  }

  #inOurWords(method: string, error: Error): Error {
    if (error instanceof PspError || error instanceof CdpRefusal) return error;
    if (GONE.test(error.message))
      return (this.#gone ??= new PspError('BROWSER_GONE', 'The browser closed.', { cause: error }));
    const protocolError = /Protocol error \([^)]*\): ([^\n]*)/.exec(error.message);
    return new CdpRefusal(method, protocolError?.[1] ?? error.message);
  }
}
