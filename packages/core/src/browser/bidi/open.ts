/** Which driver fits a BiDi session: CDP where the browser is a Chromium that offers it inside BiDi, else BiDi itself. */
import { PspError } from '@psp/protocol';
import { inOurWords as inCdpWords } from '../cdp/refusal.js';
import { CdpDriver } from '../cdp/driver.js';
import { within } from '../cdp/transport.js';
import type { BrowserDriver } from '../driver.js';
import { BidiDriver } from './driver.js';
import { GoogCdpTransport } from './goog-cdp.js';
import { inOurWords } from './refusal.js';
import { BidiRefusal, type BidiTransport } from './transport.js';

export interface OpenBidiOptions {
  readonly transport: BidiTransport;
  /** Milliseconds for a call that nothing should block. */
  readonly timeoutMs: number;
  /** The user context to work in. Default: that of `primaryContext`, else `default`. */
  readonly userContext?: string;
  /** The tab that the user handed over: the id of its top-level browsing context. */
  readonly primaryContext?: string;
}

interface ContextInfo {
  readonly context: string;
  readonly userContext: string;
}

/**
 * Opens a driver over a BiDi session that has begun. The driver closes the transport when it is closed, and so does a failure here.
 * Throws NOT_FOUND when the user context is not there, BROWSER_GONE when the tab is not, UNSUPPORTED where the browser is neither a
 * Chromium that offers CDP nor a Firefox.
 */
export async function openBidi(options: OpenBidiOptions): Promise<BrowserDriver> {
  const { transport, timeoutMs } = options;
  const ask = async (method: string, params: object): Promise<unknown> => {
    try {
      return await within(transport.send(method, params), timeoutMs, method);
    } catch (error) {
      throw inOurWords(error);
    }
  };
  try {
    const userContext = await chooseUserContext(ask, options);
    const primary = options.primaryContext;
    if (await offersCdp(transport, timeoutMs)) {
      return await openCdp(await GoogCdpTransport.open(transport, timeoutMs), { ...options, userContext });
    }
    const engine = engineOf(transport.capabilities['browserName']);
    const tab = primary === undefined ? {} : { primaryContext: primary };
    return await BidiDriver.open({ transport, engine, userContext, ...tab, timeoutMs });
  } catch (error) {
    await transport.close();
    throw inCdpWords(error);
  }
}

type Ask = (method: string, params: object) => Promise<unknown>;

async function chooseUserContext(ask: Ask, { userContext, primaryContext }: OpenBidiOptions): Promise<string> {
  if (primaryContext !== undefined) {
    const { contexts } = (await ask('browsingContext.getTree', { root: primaryContext, maxDepth: 0 })) as {
      contexts: ContextInfo[];
    };
    if (userContext === undefined) return contexts[0]?.userContext ?? 'default';
  }
  if (userContext === undefined) return 'default';
  const { userContexts } = (await ask('browser.getUserContexts', {})) as { userContexts: { userContext: string }[] };
  const known = userContexts.map((each) => each.userContext);
  if (known.includes(userContext)) return userContext;
  throw new PspError('NOT_FOUND', `The browser has no user context with this id. It has ${known.join(', ')}.`);
}

/** Asked of the browser itself: a session that somebody else made tells us nothing of its capabilities. */
async function offersCdp(transport: BidiTransport, timeoutMs: number): Promise<boolean> {
  const question = transport.send('goog:cdp.sendCommand', { method: 'Browser.getVersion', params: {} });
  try {
    await within(question, timeoutMs, 'goog:cdp.sendCommand');
    return true;
  } catch (error) {
    if (error instanceof BidiRefusal) return false;
    throw error;
  }
}

async function openCdp(
  transport: GoogCdpTransport,
  { timeoutMs, userContext, primaryContext }: OpenBidiOptions & { userContext: string },
): Promise<BrowserDriver> {
  try {
    const browserContextId = userContext === 'default' ? await defaultContext(transport, timeoutMs) : userContext;
    // The id of a top-level browsing context is that of its target.
    const primary = primaryContext === undefined ? {} : { primaryTargetId: primaryContext };
    return await CdpDriver.open({ transport, browserContextId, ...primary, timeoutMs, helpers: 'shown' });
  } catch (error) {
    await transport.close();
    throw error;
  }
}

async function defaultContext(transport: GoogCdpTransport, timeoutMs: number): Promise<string | undefined> {
  const method = 'Target.getBrowserContexts';
  try {
    const answer = await within(transport.send(method, {}, undefined), timeoutMs, method);
    return (answer as { defaultBrowserContextId?: string }).defaultBrowserContextId;
  } catch (error) {
    throw inCdpWords(error);
  }
}

function engineOf(browserName: unknown): BrowserDriver['engine'] {
  // A session that somebody else made does not say; the one browser that has BiDi and no CDP in it is Firefox.
  if (browserName === undefined || String(browserName).toLowerCase() === 'firefox') return 'firefox';
  throw new PspError('UNSUPPORTED', `Expected Firefox, or a Chromium that offers CDP, found ${String(browserName)}.`);
}
