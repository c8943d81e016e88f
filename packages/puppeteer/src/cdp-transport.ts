/** CDP over Puppeteer's own connection, by WebSocket or pipe alike: flat sessions of our own beside Puppeteer's. */
import { PspError } from '@psp/protocol';
import { CdpRefusal, within, type CdpEvent, type CdpTransport } from '@psp/core/cdp';
import { HiddenTargets } from './hidden-targets.js';
import {
  isGone,
  wordsOf,
  type PuppeteerBrowser,
  type PuppeteerCdpSession,
  type PuppeteerConnection,
} from './puppeteer.js';

/** Milliseconds for letting go of a session; a browser that takes longer ends it with the connection. */
const DETACH_TIMEOUT_MS = 5_000;

export interface PuppeteerCdp {
  readonly browser: PuppeteerBrowser;
  readonly connection: PuppeteerConnection;
  /** A session of ours with the browser itself. Sessions with targets are opened from it, and end with it. */
  readonly session: PuppeteerCdpSession;
}

export class PuppeteerCdpTransport implements CdpTransport {
  readonly framework = 'puppeteer';
  readonly flatten = true;
  readonly #sessions = new Map<string, PuppeteerCdpSession>();
  readonly #listeners = new Set<(event: CdpEvent) => void>();
  readonly #undo: (() => void)[] = [];
  readonly #hidden: HiddenTargets;
  #gone: PspError | undefined;

  constructor(readonly puppeteer: PuppeteerCdp) {
    const { browser, connection, session } = puppeteer;
    this.#hidden = new HiddenTargets(connection);
    const disconnected = (): void => void this.#lose();
    browser.on('disconnected', disconnected);
    this.#undo.push(() => browser.off('disconnected', disconnected));
    this.#listen(session, undefined);
  }

  async send(method: string, params: object, sessionId: string | undefined): Promise<unknown> {
    if (this.#gone !== undefined) throw this.#gone;
    const session = sessionId === undefined ? this.puppeteer.session : this.#sessions.get(sessionId);
    if (session === undefined) throw new PspError('BROWSER_GONE', 'The tab closed.');
    const call = (): Promise<unknown> => session.send(method as never, params as never);
    try {
      return await (isHidden(method, params) ? this.#hidden.during(params, call) : call());
    } catch (error) {
      throw this.#inOurWords(method, error, sessionId);
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
    if (this.#gone === undefined) await this.#detach();
    for (const undo of this.#undo.splice(0)) undo();
    this.#gone ??= new PspError('BROWSER_GONE', 'The connection was closed.');
  }

  /** Each session in words of its own, so that Puppeteer forgets them too. What is gone already needs no more. */
  async #detach(): Promise<void> {
    const { session } = this.puppeteer;
    const detached = [...this.#sessions.keys()].map((sessionId) =>
      session.send('Target.detachFromTarget' as never, { sessionId } as never),
    );
    await within(Promise.allSettled(detached), DETACH_TIMEOUT_MS, 'Target.detachFromTarget').catch(() => undefined);
    await within(session.detach(), DETACH_TIMEOUT_MS, 'Target.detachFromTarget').catch(() => undefined);
  }

  #listen(session: PuppeteerCdpSession, sessionId: string | undefined): void {
    const listener = (name: unknown, params: unknown): void => {
      // Puppeteer's own events go by a symbol, or by a name without a domain.
      if (typeof name !== 'string' || !name.includes('.')) return;
      if (name === 'Target.attachedToTarget') this.#adopt((params as { sessionId: string }).sessionId);
      if (name === 'Target.detachedFromTarget') this.#sessions.delete((params as { sessionId: string }).sessionId);
      for (const each of this.#listeners) each({ method: name, params, sessionId });
    };
    session.on('*', listener);
    this.#undo.push(() => session.off('*', listener));
  }

  /** Before the call that asked for the session is answered, so that none of its events is missed. */
  #adopt(sessionId: string): void {
    const session = this.puppeteer.connection.session(sessionId);
    if (session === null) return;
    this.#sessions.set(sessionId, session);
    this.#listen(session, sessionId);
  }

  #lose(): PspError {
    return (this.#gone ??= new PspError('BROWSER_GONE', 'The browser closed, or Puppeteer let go of it.'));
  }

  #inOurWords(method: string, error: unknown, sessionId: string | undefined): Error {
    if (error instanceof PspError) return error;
    if (!isGone(error)) return new CdpRefusal(method, wordsOf(error));
    if (sessionId === undefined || !this.puppeteer.browser.connected) return this.#lose();
    return new PspError('BROWSER_GONE', 'The tab closed.', { cause: error });
  }
}

function isHidden(method: string, params: object): params is { browserContextId?: string } {
  return method === 'Target.createTarget' && 'hidden' in params && params.hidden === true;
}
