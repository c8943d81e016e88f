/** A driver for a browser by its BiDi address, whatever language drives it. */
import { checkedTimeout } from '../../timeout.js';
import type { BrowserDriver } from '../driver.js';
import { openBidi } from './open.js';
import { connectBidiSocket } from './websocket.js';

export interface ConnectBidiOptions {
  /** Milliseconds for the connection and for each call. Default 30,000. */
  readonly timeoutMs?: number;
  /** Sent with the connection, for services that want a key. */
  readonly headers?: Record<string, string>;
  /** The user context ("container") to work in. Default: `default`. */
  readonly userContext?: string;
}

/**
 * Connects to a running browser. `url` is `ws://host:port` (Firefox with `--remote-debugging-port`: one client at a time), or the
 * `webSocketUrl` of a session that WebDriver made, which goes on undisturbed. Throws BROWSER_UNREACHABLE, BROWSER_BUSY, INVALID_INPUT,
 * TIMEOUT, NOT_FOUND (of user contexts) or UNSUPPORTED.
 */
export async function connectBidi(url: string, options: ConnectBidiOptions = {}): Promise<BrowserDriver> {
  const timeoutMs = checkedTimeout(options.timeoutMs, 'timeoutMs') ?? 30_000;
  const { headers, userContext } = options;
  const transport = await connectBidiSocket(url, { timeoutMs, ...(headers === undefined ? {} : { headers }) });
  return openBidi({ transport, timeoutMs, ...(userContext === undefined ? {} : { userContext }) });
}
