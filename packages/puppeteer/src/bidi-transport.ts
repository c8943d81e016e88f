/** WebDriver BiDi over Puppeteer's own connection and session, which both stay Puppeteer's. */
import { PspError } from '@psp/protocol';
import { BidiRefusal, type BidiEvent, type BidiTransport } from '@psp/core/bidi';
import { isGone, wordsOf, type PuppeteerBidiConnection, type PuppeteerBrowser } from './puppeteer.js';

export class PuppeteerBidiTransport implements BidiTransport {
  readonly framework = 'puppeteer';
  readonly #listeners = new Set<(event: BidiEvent) => void>();
  readonly #undo: (() => void)[] = [];
  #gone: PspError | undefined;

  private constructor(
    readonly connection: PuppeteerBidiConnection,
    readonly capabilities: Readonly<Record<string, unknown>>,
  ) {}

  static async open(browser: PuppeteerBrowser, connection: PuppeteerBidiConnection): Promise<PuppeteerBidiTransport> {
    const [version, userAgent] = await Promise.all([browser.version(), browser.userAgent()]);
    // `firefox/153.7.0`
    const [browserName, browserVersion] = version.split('/');
    const transport = new PuppeteerBidiTransport(connection, { browserName, browserVersion, userAgent });
    transport.#listen(browser);
    return transport;
  }

  async send(method: string, params: object): Promise<unknown> {
    if (this.#gone !== undefined) throw this.#gone;
    // Puppeteer keeps the events of CDP to itself, and calls without their events are of no use.
    if (method.startsWith('goog:')) throw new BidiRefusal(method, 'unknown command', 'Not over this connection.');
    try {
      return (await this.connection.send(method, params)).result;
    } catch (error) {
      throw this.#inOurWords(method, error);
    }
  }

  onEvent(listener: (event: BidiEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    for (const undo of this.#undo.splice(0)) undo();
    this.#gone ??= new PspError('BROWSER_GONE', 'The connection was closed.');
  }

  #listen(browser: PuppeteerBrowser): void {
    const listener = (name: unknown, params: unknown): void => {
      if (typeof name !== 'string') return;
      for (const each of this.#listeners) each({ method: name, params });
    };
    this.connection.on('*', listener);
    const disconnected = (): void => void this.#lose();
    browser.on('disconnected', disconnected);
    this.#undo.push(
      () => this.connection.off('*', listener),
      () => browser.off('disconnected', disconnected),
    );
  }

  #lose(): PspError {
    return (this.#gone ??= new PspError('BROWSER_GONE', 'The browser closed, or Puppeteer let go of it.'));
  }

  #inOurWords(method: string, error: unknown): Error {
    if (error instanceof PspError) return error;
    if (isGone(error)) return this.#lose();
    // `no such frame: Browsing Context with id ... not found`
    const words = wordsOf(error);
    const end = words.indexOf(': ');
    return end < 0
      ? new BidiRefusal(method, 'unknown error', words)
      : new BidiRefusal(method, words.slice(0, end), words.slice(end + 2));
  }
}
