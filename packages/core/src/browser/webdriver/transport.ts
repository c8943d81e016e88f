/** CONTRACT of a classic WebDriver session (W3C WebDriver 2): HTTP, or whatever a framework makes of it. */

/**
 * What an adapter provides: a session that has begun and that stays the user's. Rejections for errors of the browser are
 * WebDriverRefusal; when the server or session is gone, PspError BROWSER_GONE.
 */
export interface WebDriverTransport {
  /** How it got in, for messages and the session's `source`, without credentials. */
  readonly framework: string;
  /** What the new session answered, as far as it is known: `browserName`, `browserVersion`, `webSocketUrl` and more. */
  readonly capabilities: Readonly<Record<string, unknown>>;
  /** One command. `path` is below `/session/{id}`, such as `/window/handles`; `body` is that of a POST. Gives the answer's `value`. */
  send(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<unknown>;
  /** Lets go of the connection, never of the session. Never throws. */
  close(): Promise<void>;
}

/** The browser answered a command with an error of its own. `code` is the standard's, such as `no such window`. */
export class WebDriverRefusal extends Error {
  override readonly name = 'WebDriverRefusal';
  constructor(
    readonly command: string,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}
