/** Which driver fits a WebDriver session: CDP where it leads to a Chromium, BiDi where the session has that too, else classic. */
import { PspError } from '@psp/protocol';
import { connectBidiSocket } from '../bidi/websocket.js';
import { openBidi } from '../bidi/open.js';
import { CdpDriver } from '../cdp/driver.js';
import { within } from '../cdp/transport.js';
import { connectWebSocket } from '../cdp/websocket.js';
import type { BrowserDriver } from '../driver.js';
import { checkedTimeout } from '../../timeout.js';
import { Commands } from './commands.js';
import { WebDriverDriver } from './driver.js';
import { connectHttp } from './http.js';
import type { WebDriverTransport } from './transport.js';

export interface OpenWebDriverOptions {
  /** A session that has begun, and stays the user's. The driver closes the transport when it is closed, and so does a failure here. */
  readonly transport: WebDriverTransport;
  /** Milliseconds for a call that nothing should block. */
  readonly timeoutMs: number;
}

export interface ConnectWebDriverOptions {
  /** The id of a session that has begun. It goes on as it was. */
  readonly sessionId: string;
  /** Milliseconds for the connection and for each call. Default 30,000. */
  readonly timeoutMs?: number;
  /** Sent with every command, for services that want a key. */
  readonly headers?: Record<string, string>;
  /** What the session answered when it began, where the server does not tell again: only chromedriver does. */
  readonly capabilities?: Readonly<Record<string, unknown>>;
}

/**
 * Joins a WebDriver session that some other program began, whatever language drives it. `url` is that of the server, such as
 * `http://127.0.0.1:4444`. The window that is current is the tab handed over. Throws INVALID_INPUT, BROWSER_UNREACHABLE, NOT_FOUND (no
 * such session), BROWSER_GONE or TIMEOUT.
 */
export async function connectWebDriver(url: string, options: ConnectWebDriverOptions): Promise<BrowserDriver> {
  const timeoutMs = checkedTimeout(options.timeoutMs, 'timeoutMs') ?? 30_000;
  const { sessionId, headers, capabilities } = options;
  if (typeof sessionId !== 'string' || sessionId === '') {
    throw new PspError('INVALID_INPUT', 'connectWebDriver: expected the id of the session, as in { sessionId }.');
  }
  const transport = await connectHttp(url, { sessionId, headers, capabilities, timeoutMs });
  return openWebDriver({ transport, timeoutMs });
}

/**
 * Opens the best driver that a session offers. Throws BROWSER_GONE, TIMEOUT, and what the drivers throw; an offer that cannot be taken
 * up, such as the debugger's address on another machine, is passed over.
 */
export async function openWebDriver({ transport, timeoutMs }: OpenWebDriverOptions): Promise<BrowserDriver> {
  try {
    const window = await currentWindow(transport, timeoutMs);
    const driver =
      (await openOverCdp(transport, window, timeoutMs)) ?? (await openOverBidi(transport, window, timeoutMs));
    if (driver === undefined) return await WebDriverDriver.open({ transport, timeoutMs });
    // Nothing more is asked of WebDriver.
    await transport.close();
    return driver;
  } catch (error) {
    await transport.close();
    throw error;
  }
}

async function currentWindow(transport: WebDriverTransport, timeoutMs: number): Promise<string | undefined> {
  return new Commands(transport, timeoutMs).window();
}

/** chromedriver's name of a window is that of its target, so the right browser is known by it. */
async function openOverCdp(
  { capabilities, framework }: WebDriverTransport,
  window: string | undefined,
  timeoutMs: number,
): Promise<BrowserDriver | undefined> {
  const address = debuggerAddress(capabilities);
  if (address === undefined || window === undefined) return undefined;
  const cdp = await connectWebSocket(address, { timeoutMs, framework }).catch(() => undefined);
  if (cdp === undefined) return undefined;
  try {
    const asked = cdp.send('Target.getTargetInfo', { targetId: window }, undefined);
    const { targetInfo } = (await within(asked, timeoutMs, 'Target.getTargetInfo')) as {
      targetInfo: { browserContextId?: string };
    };
    const { browserContextId } = targetInfo;
    return await CdpDriver.open({
      transport: cdp,
      browserContextId,
      primaryTargetId: window,
      timeoutMs,
      // chromedriver lists even hidden tabs among the user's windows.
      helpers: capabilities['webSocketUrl'] === undefined ? 'listed' : 'shown',
    });
  } catch {
    // Some other browser, or none that lets us in.
    await cdp.close();
    return undefined;
  }
}

function debuggerAddress(capabilities: Readonly<Record<string, unknown>>): string | undefined {
  for (const name of ['goog:chromeOptions', 'ms:edgeOptions']) {
    const options = capabilities[name] as { debuggerAddress?: unknown } | undefined;
    if (typeof options?.debuggerAddress === 'string') return `http://${options.debuggerAddress}`;
  }
  return undefined;
}

async function openOverBidi(
  { capabilities, framework }: WebDriverTransport,
  window: string | undefined,
  timeoutMs: number,
): Promise<BrowserDriver | undefined> {
  const address = capabilities['webSocketUrl'];
  if (typeof address !== 'string' || window === undefined) return undefined;
  const bidi = await connectBidiSocket(address, { timeoutMs }).catch(() => undefined);
  if (bidi === undefined) return undefined;
  const { send, onEvent, close } = bidi;
  const transport = {
    framework,
    capabilities: { ...capabilities, ...bidi.capabilities },
    send: send.bind(bidi),
    onEvent: onEvent.bind(bidi),
    close: close.bind(bidi),
  };
  return openBidi({ transport, timeoutMs, primaryContext: window });
}
