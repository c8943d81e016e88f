/** CONTRACT of a connection to a browser by WebDriver BiDi (W3C). */

/** An event of the session, such as `network.beforeRequestSent`. */
export interface BidiEvent {
  readonly method: string;
  readonly params: unknown;
}

/**
 * What an adapter provides: a session that has begun. Rejections for the browser's own errors are BidiRefusal; after the connection is
 * lost every call rejects with PspError BROWSER_GONE, those under way too.
 */
export interface BidiTransport {
  /** How it got in, for messages and the session's `source`, without credentials. */
  readonly framework: string;
  /** What `session.new` answered, as far as it is known: `browserName`, `browserVersion`, `userAgent` and more. */
  readonly capabilities: Readonly<Record<string, unknown>>;
  send(method: string, params: object): Promise<unknown>;
  onEvent(listener: (event: BidiEvent) => void): () => void;
  /** Ends the session where it is ours, and closes the socket where that is. Never throws. */
  close(): Promise<void>;
}

/** The browser answered a command with an error of its own. `code` is the standard's, such as `no such frame`. */
export class BidiRefusal extends Error {
  override readonly name = 'BidiRefusal';
  constructor(
    readonly method: string,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}
