/** The slices of Puppeteer's objects that are used, so that any version and both `puppeteer` and `puppeteer-core` fit. */
import { PspError } from '@psp/protocol';

/** An emitter of Puppeteer's. `'*'` gets every event, its name first. Names that are no text are Puppeteer's own. */
export interface PuppeteerEmitter {
  on(type: '*', listener: (name: unknown, params: unknown) => void): unknown;
  on(type: string, listener: (params: never) => void): unknown;
  off(type: '*', listener: (name: unknown, params: unknown) => void): unknown;
  off(type: string, listener: (params: never) => void): unknown;
}

export interface PuppeteerCdpSession extends PuppeteerEmitter {
  id(): string;
  send(method: never, params?: never): Promise<unknown>;
  connection(): unknown;
  detach(): Promise<void>;
}

/** Puppeteer's connection to a Chromium, which all its CDP sessions share. */
export interface PuppeteerConnection extends PuppeteerEmitter {
  send(method: never, params?: never): Promise<unknown>;
  session(id: string): PuppeteerCdpSession | null;
  /** Attaches to a target as a session that Puppeteer itself takes no notice of. */
  createSession(target: { targetId: string }): Promise<PuppeteerCdpSession>;
}

/** Puppeteer's connection to a browser by WebDriver BiDi. */
export interface PuppeteerBidiConnection extends PuppeteerEmitter {
  send(method: string, params: object): Promise<{ result: unknown }>;
}

export interface PuppeteerBrowser {
  readonly connected: boolean;
  version(): Promise<string>;
  userAgent(): Promise<string>;
  target(): { createCDPSession(): Promise<unknown> };
  on(event: 'disconnected', listener: () => void): unknown;
  off(event: 'disconnected', listener: () => void): unknown;
}

/** What the browser of a BiDi page has besides. Puppeteer's types do not tell of it. */
export interface PuppeteerBidiBrowser extends PuppeteerBrowser {
  readonly connection?: unknown;
  /** Where a Chromium is driven by BiDi: the CDP connection beneath. */
  readonly cdpConnection?: unknown;
}

/** The slice of Puppeteer's Page that is used. */
export interface PuppeteerPage {
  browser(): PuppeteerBrowser;
  browserContext(): { readonly id?: string | undefined };
  createCDPSession(): Promise<unknown>;
  isClosed(): boolean;
  mainFrame(): unknown;
}

const PAGE_METHODS = ['browser', 'browserContext', 'createCDPSession', 'isClosed', 'mainFrame'] as const;

/** Throws INVALID_INPUT when it is no page of Puppeteer's, BROWSER_GONE when it is closed. */
export function checkPage(page: PuppeteerPage): void {
  if (!PAGE_METHODS.every((method) => typeof page?.[method] === 'function')) {
    throw new PspError('INVALID_INPUT', 'Expected a Puppeteer page, as browser.newPage() gives it.');
  }
  if (page.isClosed()) throw new PspError('BROWSER_GONE', 'The page is closed.');
  if (!page.browser().connected) throw new PspError('BROWSER_GONE', 'Puppeteer is not connected to the browser.');
}

/** Gives `value` where it has all of `methods`. Throws UNSUPPORTED naming `what` this version of Puppeteer has otherwise. */
export function expectMethods<T>(value: unknown, methods: readonly (keyof T)[], what: string): T {
  const missing = methods.find((method) => typeof (value as T | undefined)?.[method] !== 'function');
  if (missing === undefined) return value as T;
  throw new PspError(
    'UNSUPPORTED',
    `This version of Puppeteer has no ${String(missing)}() of ${what}. Versions 24 and 25 are known to work.`,
  );
}

/** Puppeteer's errors for a call to a target, session or browser that is gone. */
export function isGone(error: unknown): boolean {
  const { name, message } = error as Error;
  return (
    name === 'TargetCloseError' ||
    name === 'ConnectionClosedError' ||
    /Session closed|Target closed|Connection closed/.test(message)
  );
}

/** The browser's own words in an error of Puppeteer's. */
export function wordsOf(error: unknown): string {
  const { originalMessage, message } = error as Error & { originalMessage?: string };
  return originalMessage === undefined || originalMessage === '' ? message : originalMessage;
}
