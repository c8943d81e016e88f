/** What is used of a Stagehand instance: where its browser listens, and on which tab Stagehand acts. Knows nothing of sessions. */
import { PspError } from '@psp/protocol';
import { within } from '@psp/core/cdp';

/** The slice of a Stagehand 3 instance that is used. */
export interface StagehandV3 {
  connectURL(): string;
  readonly context: {
    /** Absent where there is no page. Its target id is that of CDP. */
    activePage(): { targetId(): string } | undefined;
  };
}

/** The slice of a Stagehand 4 instance that is used. */
export interface StagehandV4 {
  readonly browser: {
    /** Absent in 4.0 to 4.3, and for browsers of Browserbase. */
    readonly cdpUrl?: string | undefined;
    readonly closed: boolean;
    /** False once the connection was lost; absent in 4.0 to 4.3. */
    readonly connected?: boolean;
    /** Throws once `stagehand.close()` was called. */
    readonly context: {
      /** Page ids of Stagehand 4 are the target ids of CDP. */
      activePage(): Promise<{ readonly pageId: string } | undefined>;
    };
  };
  /** Absent once `stagehand.close()` was called. */
  readonly rpcClient?: { readonly browserWebSocketDebuggerUrl?: string } | undefined;
}

/** A Stagehand instance, after `await stagehand.init()` (3) or from `await Stagehand.create({ browser })` (4). */
export type StagehandInstance = StagehandV3 | StagehandV4;

/** Where the browser of an instance is, and its tab. */
export interface StagehandBrowserAddress {
  /** `ws://`, `wss://` or `http://`; may hold a token. */
  readonly url: string;
  /** CDP's id of the tab on which Stagehand acts; absent where it has none. */
  readonly targetId: string | undefined;
}

/**
 * The address of an instance's browser. Throws INVALID_INPUT (no Stagehand instance), BROWSER_GONE (closed, or not yet open),
 * UNSUPPORTED (the instance does not tell the address) or TIMEOUT.
 */
export async function addressOf(instance: StagehandInstance, timeoutMs: number): Promise<StagehandBrowserAddress> {
  if (isV3(instance)) return addressOfV3(instance);
  if (isV4(instance)) return addressOfV4(instance, timeoutMs);
  throw new PspError(
    'INVALID_INPUT',
    'Expected a Stagehand instance: one of Stagehand 3 after init(), or one that Stagehand.create() of Stagehand 4 gave.',
  );
}

function isV3(instance: unknown): instance is StagehandV3 {
  return typeof (instance as StagehandV3 | undefined | null)?.connectURL === 'function';
}

function isV4(instance: unknown): instance is StagehandV4 {
  return typeof (instance as StagehandV4 | undefined | null)?.browser?.closed === 'boolean';
}

function addressOfV3(instance: StagehandV3): StagehandBrowserAddress {
  let url: string;
  try {
    url = instance.connectURL();
  } catch (cause) {
    // The same error before init() and after close(): the instance does not remember which.
    throw new PspError('BROWSER_GONE', 'This Stagehand has no browser: init() was not called, or it was closed.', {
      cause,
    });
  }
  return { url, targetId: instance.context.activePage()?.targetId() };
}

async function addressOfV4({ browser, rpcClient }: StagehandV4, timeoutMs: number): Promise<StagehandBrowserAddress> {
  if (browser.closed || browser.connected === false) {
    throw new PspError('BROWSER_GONE', 'The browser of this Stagehand was closed or disconnected.');
  }
  const url = browser.cdpUrl ?? rpcClient?.browserWebSocketDebuggerUrl;
  if (url === undefined) {
    throw new PspError(
      'UNSUPPORTED',
      'This Stagehand does not tell the CDP address of its browser. Capture before stagehand.close(), or use connectCdp of @psp/core with the address.',
    );
  }
  return { url, targetId: await activeTarget(browser, timeoutMs) };
}

async function activeTarget(browser: StagehandV4['browser'], timeoutMs: number): Promise<string | undefined> {
  let context: StagehandV4['browser']['context'];
  try {
    context = browser.context;
  } catch {
    // The user closed Stagehand and kept the browser, in which no tab is Stagehand's any more.
    return undefined;
  }
  return (await within(context.activePage(), timeoutMs, "Stagehand's active page"))?.pageId;
}
