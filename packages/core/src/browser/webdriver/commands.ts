/** The commands of classic WebDriver that the driver uses, each with a time limit. Knows nothing of what they are for. */
import { PspError } from '@psp/protocol';
import { within } from '../cdp/transport.js';
import { inOurWords, isRefusal } from './refusal.js';
import type { WebDriverTransport } from './transport.js';

/** Milliseconds, `script` null where scripts may run on for ever. Source: W3C WebDriver 2, section "Timeouts". */
export interface Timeouts {
  readonly script?: number | null;
  readonly pageLoad?: number;
}

/** A cookie as the protocol has it. */
export interface WireCookie {
  readonly name: string;
  readonly value: string;
  readonly path?: string;
  readonly domain?: string;
  readonly secure?: boolean;
  readonly httpOnly?: boolean;
  readonly expiry?: number;
  readonly sameSite?: string;
}

/** The browser ends what takes too long itself; only where it does not, this much later, the call is given up. */
const SLACK_MS = 2_000;

export class Commands {
  constructor(
    readonly transport: WebDriverTransport,
    /** Milliseconds for a command that no page should block. */
    readonly timeoutMs: number,
  ) {}

  /** Throws TIMEOUT, BROWSER_GONE or UNSUPPORTED; the browser's refusal is the cause. */
  async send(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    options: { body?: object; timeoutMs?: number } = {},
  ): Promise<unknown> {
    const { body, timeoutMs = this.timeoutMs } = options;
    try {
      return await within(this.transport.send(method, path, body), timeoutMs, `${method} ${path}`);
    } catch (error) {
      throw inOurWords(error);
    }
  }

  async windows(): Promise<string[]> {
    return (await this.send('GET', '/window/handles')) as string[];
  }

  /** The current window, or undefined when it has been closed. */
  async window(): Promise<string | undefined> {
    try {
      return (await this.send('GET', '/window')) as string;
    } catch (error) {
      if (isRefusal(error, 'no such window')) return undefined;
      throw error;
    }
  }

  async switchTo(window: string, timeoutMs = this.timeoutMs): Promise<void> {
    // `name` is what the protocol's first edition called it; some servers still ask for it.
    await this.send('POST', '/window', { body: { handle: window, name: window }, timeoutMs });
  }

  /** Opens a window, as a tab where there are tabs. It does not become the current one. */
  async newWindow(): Promise<string> {
    return ((await this.send('POST', '/window/new', { body: { type: 'tab' } })) as { handle: string }).handle;
  }

  async closeWindow(): Promise<void> {
    await this.send('DELETE', '/window');
  }

  /** Whether a dialog is open in the current window. Most other commands would close it. */
  async hasDialog(): Promise<boolean> {
    try {
      await this.send('GET', '/alert/text');
      return true;
    } catch (error) {
      if (isRefusal(error, 'no such alert')) return false;
      throw error;
    }
  }

  async url(): Promise<string> {
    return (await this.send('GET', '/url')) as string;
  }

  async title(): Promise<string> {
    return (await this.send('GET', '/title')) as string;
  }

  async timeouts(): Promise<Timeouts> {
    return (await this.send('GET', '/timeouts')) as Timeouts;
  }

  async setTimeouts(timeouts: Timeouts): Promise<void> {
    await this.send('POST', '/timeouts', { body: timeouts });
  }

  /** Loads an address in the current window. The time limit is that of the session. */
  async navigate(url: string, timeoutMs: number): Promise<void> {
    await this.send('POST', '/url', { body: { url }, timeoutMs: timeoutMs + SLACK_MS });
  }

  /** The document of the window itself. */
  async toTop(): Promise<void> {
    await this.send('POST', '/frame', { body: { id: null } });
  }

  /** The frame below the current one by its index. False when there is none. */
  async toFrame(index: number): Promise<boolean> {
    try {
      await this.send('POST', '/frame', { body: { id: index } });
      return true;
    } catch (error) {
      if (isRefusal(error, 'no such frame')) return false;
      throw error;
    }
  }

  async toParent(): Promise<void> {
    await this.send('POST', '/frame/parent');
  }

  /** Calls a function expression in the current frame. */
  async call(source: string, args: readonly unknown[], timeoutMs: number): Promise<unknown> {
    const body = { script: `return (${source}).apply(null, arguments);`, args };
    return this.send('POST', '/execute/sync', { body, timeoutMs: timeoutMs + SLACK_MS });
  }

  /** Runs a script whose last argument is the function that takes its answer. The time limit is that of the session. */
  async callAsync(script: string, args: readonly unknown[], timeoutMs: number): Promise<unknown> {
    return this.send('POST', '/execute/async', { body: { script, args }, timeoutMs: timeoutMs + SLACK_MS });
  }

  async cookies(): Promise<WireCookie[]> {
    return (await this.send('GET', '/cookie')) as WireCookie[];
  }

  async setCookie(cookie: WireCookie): Promise<void> {
    await this.send('POST', '/cookie', { body: { cookie } });
  }
}

/** Of a tab whose dialog is open: it is the user's to answer. */
export function dialogOpen(): PspError {
  return new PspError('TIMEOUT', 'A dialog is open in the window, and a WebDriver command would close it.');
}
