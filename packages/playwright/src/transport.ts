/**
 * CDP over Playwright's own connection, so that a browser launched by a pipe needs no port. Sessions are not flat here:
 * Playwright routes its own session ids only, so messages to a target travel inside messages to the browser.
 */
import { PspError } from '@psp/protocol';
import { CdpRefusal, PendingReplies, type CdpEvent, type CdpTransport } from '@psp/core/cdp';

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

/** The browser's own events that drivers listen to. */
const BROWSER_EVENTS = [
  'Target.targetCreated',
  'Target.targetInfoChanged',
  'Target.targetDestroyed',
  'Target.detachedFromTarget',
  'Fetch.requestPaused',
] as const;

/** Playwright says it thus when what a call needed is gone. */
const GONE = /has been closed|Target closed|browser has disconnected/i;

export class PlaywrightTransport implements CdpTransport {
  readonly framework = 'playwright';
  readonly flatten = false;
  /** By session, each with ids of its own. */
  readonly #replies = new Map<string, PendingReplies>();
  readonly #listeners = new Set<(event: CdpEvent) => void>();
  readonly #undo: (() => void)[] = [];
  #gone: PspError | undefined;

  private constructor(readonly session: PlaywrightCdpSession) {}

  static async open(browser: PlaywrightBrowser): Promise<PlaywrightTransport> {
    const transport = new PlaywrightTransport(await browser.newBrowserCDPSession());
    const disconnected = (): void => transport.#lose('The browser closed.');
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

  onEvent(listener: (event: CdpEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Ends a session of the page's with the connection. Not before: Chromium takes the virtual authenticators of a page away when any
   * session with it ends.
   */
  keep(session: { detach(): Promise<void> }): void {
    // Not waited for: a page with an open dialog detaches when the dialog closes. A page that is gone has nothing to detach.
    this.#undo.push(() => void session.detach().catch(() => undefined));
  }

  async close(): Promise<void> {
    for (const undo of this.#undo.splice(0)) undo();
    // Detaching the browser session ends those inside it. Where the browser is gone there is nothing left to detach.
    await this.session.detach().catch(() => undefined);
    this.#lose('The connection was closed.');
  }

  #sendInside(method: string, params: object, sessionId: string): Promise<unknown> {
    const replies = this.#replies.get(sessionId) ?? new PendingReplies();
    this.#replies.set(sessionId, replies);
    return replies.call(method, (id) => {
      const message = JSON.stringify({ id, method, params });
      this.session
        .send('Target.sendMessageToTarget', { sessionId, message })
        .catch((error: Error) => replies.reject(id, () => error));
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
    const { id, error } = reply;
    const replies = this.#replies.get(sessionId);
    if (error === undefined) replies?.resolve(id, reply.result);
    else replies?.reject(id, (method) => new CdpRefusal(method, error.message));
  }

  #emit(event: CdpEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  #endSession(sessionId: string): void {
    this.#replies.get(sessionId)?.lose(new PspError('BROWSER_GONE', 'The tab closed.'));
    this.#replies.delete(sessionId);
  }

  #lose(message: string): void {
    this.#gone ??= new PspError('BROWSER_GONE', message);
    for (const replies of this.#replies.values()) replies.lose(this.#gone);
    this.#replies.clear();
  }

  #inOurWords(method: string, error: Error): Error {
    if (error instanceof PspError || error instanceof CdpRefusal) return error;
    if (GONE.test(error.message))
      return (this.#gone ??= new PspError('BROWSER_GONE', 'The browser closed.', { cause: error }));
    const protocolError = /Protocol error \([^)]*\): ([^\n]*)/.exec(error.message);
    return new CdpRefusal(method, protocolError?.[1] ?? error.message);
  }
}
