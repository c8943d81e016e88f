/** A driver for a browser by its CDP address, whatever language drives it. */
import { PspError } from '@psp/protocol';
import { checkedTimeout } from '../../timeout.js';
import type { BrowserDriver } from '../driver.js';
import { CdpDriver, type HelperTabs } from './driver.js';
import { inOurWords } from './refusal.js';
import type { TargetInfo } from './targets.js';
import { within, type CdpTransport } from './transport.js';
import { connectWebSocket } from './websocket.js';

export interface ConnectCdpOptions {
  /** Milliseconds for the connection and for each call. Default 30,000. */
  readonly timeoutMs?: number;
  /** Sent with the connection, for services that want a key. */
  readonly headers?: Record<string, string>;
  /** The browser context to work in. Default: the one that has tabs, the browser's default context first. */
  readonly browserContextId?: string;
  /** The user's own tab, where it is known. Its context is used, unless `browserContextId` names one. */
  readonly primaryTargetId?: string;
  /** Where `primaryTargetId` is not given and the context has exactly one tab, that tab counts as the user's own. Default false. */
  readonly onlyTabIsPrimary?: boolean;
  /** What helper tabs are, which depends on who else uses the browser. Default `hidden`. */
  readonly helpers?: HelperTabs;
  /** Who got in, for the session's `source`. Default `cdp`. */
  readonly framework?: string;
}

/**
 * Connects to a running Chromium. `url` is `http://host:port` or `ws://host:port/devtools/browser/ID`. Several clients may be
 * connected at once; the user's is not disturbed. Throws BROWSER_UNREACHABLE, INVALID_INPUT, TIMEOUT, BROWSER_GONE (the primary
 * tab), NOT_FOUND or AMBIGUOUS (of contexts).
 */
export async function connectCdp(url: string, options: ConnectCdpOptions = {}): Promise<BrowserDriver> {
  const timeoutMs = checkedTimeout(options.timeoutMs, 'timeoutMs') ?? 30_000;
  const transport = await connectWebSocket(url, { ...options, timeoutMs });
  try {
    const browserContextId = await chooseContext(transport, options, timeoutMs);
    const primaryTargetId =
      options.primaryTargetId ??
      (options.onlyTabIsPrimary === true ? await onlyTab(transport, browserContextId, timeoutMs) : undefined);
    const primary = primaryTargetId === undefined ? {} : { primaryTargetId };
    const { helpers = 'hidden' } = options;
    return await CdpDriver.open({ transport, browserContextId, ...primary, timeoutMs, helpers });
  } catch (error) {
    await transport.close();
    throw error;
  }
}

async function chooseContext(
  transport: CdpTransport,
  { browserContextId: wanted, primaryTargetId }: ConnectCdpOptions,
  timeoutMs: number,
): Promise<string | undefined> {
  const ask = (method: string, params: object = {}): Promise<unknown> =>
    askBrowser(transport, { method, params, timeoutMs });
  if (wanted === undefined && primaryTargetId !== undefined) {
    const answer = await ask('Target.getTargetInfo', { targetId: primaryTargetId });
    return (answer as { targetInfo: TargetInfo }).targetInfo.browserContextId;
  }
  const { browserContextIds, defaultBrowserContextId } = (await ask('Target.getBrowserContexts')) as {
    browserContextIds: string[];
    defaultBrowserContextId?: string;
  };
  if (wanted !== undefined) {
    const known = [...(defaultBrowserContextId === undefined ? [] : [defaultBrowserContextId]), ...browserContextIds];
    if (known.includes(wanted)) return wanted;
    throw new PspError('NOT_FOUND', `The browser has no context with this id. It has ${known.join(', ')}.`);
  }
  const { targetInfos } = (await ask('Target.getTargets')) as { targetInfos: TargetInfo[] };
  const pages = targetInfos.filter(({ type }) => type === 'page');
  const contextsOf = (tabs: TargetInfo[]): Set<string | undefined> => new Set(tabs.map((tab) => tab.browserContextId));
  const used = contextsOf(pages.filter(({ url }) => /^https?:/.test(url)));
  if (used.size > 1) {
    throw new PspError(
      'AMBIGUOUS',
      `The browser has tabs in several contexts: ${[...used].join(', ')}. Name the one to use.`,
    );
  }
  // A browser started with --incognito has its tabs in a context that is neither the default one nor listed.
  const [only] = used.size === 1 ? used : contextsOf(pages);
  return used.size === 1 || contextsOf(pages).size === 1 ? only : defaultBrowserContextId;
}

async function onlyTab(
  transport: CdpTransport,
  browserContextId: string | undefined,
  timeoutMs: number,
): Promise<string | undefined> {
  const answer = await askBrowser(transport, { method: 'Target.getTargets', params: {}, timeoutMs });
  const tabs = (answer as { targetInfos: TargetInfo[] }).targetInfos.filter(
    (target) =>
      target.type === 'page' && (browserContextId === undefined || target.browserContextId === browserContextId),
  );
  return tabs.length === 1 ? tabs[0]?.targetId : undefined;
}

async function askBrowser(
  transport: CdpTransport,
  { method, params, timeoutMs }: { method: string; params: object; timeoutMs: number },
): Promise<unknown> {
  try {
    return await within(transport.send(method, params, undefined), timeoutMs, method);
  } catch (error) {
    throw inOurWords(error);
  }
}
