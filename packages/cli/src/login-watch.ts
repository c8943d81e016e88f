/**
 * Keeps a login from being lost: while the window is open it takes snapshots in memory, and when the person is done it makes
 * of the browser and the last snapshot the session to store. Stores nothing itself.
 */
import { captureState, type BrowserDriver, type CapturedState, type CaptureOptions } from '@psp/core';
import { PspError } from '@psp/protocol';
import type { Browser, BrowserContext, Page } from 'playwright-core';

/** How the person said that they are done: Enter, by closing the window, or the browser went away as a whole. */
export type Ending = 'enter' | 'closed' | 'gone';

export interface LoginResult {
  /** What could be done, not what was seen first: tabs close before a browser is known to be gone. */
  readonly ending: Ending;
  readonly state: CapturedState;
  /** When cookies and storage were read, and when tabs and sessionStorage were. RFC 3339. */
  readonly capturedAt: string;
  readonly tabsCapturedAt: string;
  /** Why the final look failed, where the last one had to do. */
  readonly fault?: Error;
}

export interface Watched {
  readonly browser: Browser;
  readonly context: BrowserContext;
  readonly driver: BrowserDriver;
}

const AFTER_NAVIGATION_MS = 1000;
const AT_LEAST_EVERY_MS = 5000;

export class LoginWatch {
  /** Resolves when the last tab closed or the browser is gone. */
  readonly ended: Promise<'closed' | 'gone'>;
  readonly #driver: BrowserDriver;
  readonly #context: BrowserContext;
  readonly #options: CaptureOptions;
  readonly #interval: NodeJS.Timeout;
  readonly #onLook: (state: CapturedState) => void;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #last: CapturedState | undefined;
  #fault: Error | undefined;

  constructor(opened: Watched, options: CaptureOptions, onLook: (state: CapturedState) => void) {
    this.#onLook = onLook;
    this.#driver = opened.driver;
    this.#context = opened.context;
    this.#options = options;
    this.ended = new Promise((resolve) => {
      opened.browser.once('disconnected', () => resolve('gone'));
      const watch = (page: Page): void => {
        page.on('framenavigated', () => this.#soon());
        page.once('close', () => {
          if (this.#context.pages().length === 0) resolve('closed');
        });
      };
      opened.context.pages().forEach(watch);
      opened.context.on('page', watch);
    });
    this.#interval = setInterval(() => this.#soon(), AT_LEAST_EVERY_MS);
  }

  /** Throws what went wrong when nothing could be read before the end. */
  async finish(ending: Ending): Promise<LoginResult> {
    this.stop();
    await this.#running;
    const last = this.#last;
    const final = ending === 'gone' ? undefined : await this.#try();
    if (final !== undefined && ending === 'enter') return resultOf('enter', final);
    if (final !== undefined) {
      // The context outlives its tabs: cookies and storage can be read still, tabs and their sessionStorage cannot.
      const { tabs, capturedAt } = last?.document ?? final.document;
      const state = { ...final, document: { ...final.document, tabs } };
      return { ...resultOf('closed', state), tabsCapturedAt: capturedAt };
    }
    const fault =
      this.#fault ?? new PspError('BROWSER_GONE', 'login: the browser closed before anything could be read');
    if (last === undefined) throw fault;
    return { ...resultOf('gone', last), fault };
  }

  stop(): void {
    clearInterval(this.#interval);
    clearTimeout(this.#timer);
  }

  #soon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#running ??= this.#snapshot().finally(() => (this.#running = undefined));
    }, AFTER_NAVIGATION_MS);
  }

  async #snapshot(): Promise<void> {
    const state = await this.#try();
    // One taken while the window closed lacks the tabs.
    if (state === undefined || this.#context.pages().length === 0) return;
    this.#last = state;
    this.#onLook(state);
  }

  /** A page in the midst of a navigation, or a closed window, ends nothing: the next look follows, and the person waits for none. */
  async #try(): Promise<CapturedState | undefined> {
    try {
      return await captureState(this.#driver, this.#options);
    } catch (error) {
      this.#fault = error as Error;
      return undefined;
    }
  }
}

function resultOf(ending: Ending, state: CapturedState): LoginResult {
  const { capturedAt } = state.document;
  return { ending, state, capturedAt, tabsCapturedAt: capturedAt };
}
