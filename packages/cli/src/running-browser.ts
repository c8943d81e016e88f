/** The running browser in which capture and restore work: the options that say where it is, and the driver that they lead to. */
import { connectBidi, connectCdp, connectWebDriver, type BrowserDriver } from '@psp/core';
import { PspError } from '@psp/protocol';
import { browserAddress, type AddressKind } from './addresses.js';
import type { OptionRow } from './command.js';
import { usageError } from './failure.js';
import { wordsFromInput } from './standard-input.js';

export const BROWSER_OPTIONS: readonly OptionRow[] = [
  { flags: '--cdp <url>', description: 'a Chromium, by its CDP address: http://host:port or ws://...' },
  { flags: '--bidi <url>', description: 'a Firefox, by its WebDriver BiDi address: ws://host:port' },
  {
    flags: '--webdriver <url>',
    description: 'any browser that a WebDriver client drives, by the address of its server: http://host:port',
  },
  { flags: '--session-id <id>', description: 'the WebDriver session that the client began; it goes on' },
  {
    flags: '--context <id>',
    description: 'the browser context (--cdp) or user context (--bidi), where the browser has several in use',
  },
];

/** For the descriptions of both commands. */
export const ADDRESS_HELP =
  'Name the browser with exactly one of --cdp, --bidi and --webdriver; "-" reads the address, or the session id, from standard input.';

export interface BrowserOptions {
  readonly cdp?: string;
  readonly bidi?: string;
  readonly webdriver?: string;
  readonly sessionId?: string;
  readonly context?: string;
}

/** Opens the driver. Milliseconds for the connection and for each call. */
type Connect = (timeout: { readonly timeoutMs?: number }) => Promise<BrowserDriver>;

interface Place {
  readonly address: string;
  readonly sessionId: string | undefined;
  readonly context: string | undefined;
}

const CONNECT: Readonly<
  Record<AddressKind, (place: Place, timeout: Parameters<Connect>[0]) => Promise<BrowserDriver>>
> = {
  cdp: ({ address, context }, timeout) =>
    connectCdp(address, { ...timeout, ...(context === undefined ? {} : { browserContextId: context }) }),
  bidi: ({ address, context }, timeout) =>
    connectBidi(address, { ...timeout, ...(context === undefined ? {} : { userContext: context }) }),
  webdriver: ({ address, sessionId = '' }, timeout) => connectWebDriver(address, { ...timeout, sessionId }),
};

/**
 * Reads the options, and gives what connects to the browser that they name: nothing is opened yet. Throws INVALID_INPUT, which
 * names the option that is missing, wrong or too much.
 */
export async function runningBrowser(options: BrowserOptions): Promise<Connect> {
  const kind = kindOf(options);
  checkCompanions(kind, options);
  const words = [options[kind], options.sessionId].includes('-') ? await wordsFromInput() : [];
  const given = (value: string | undefined): string | undefined => (value === '-' ? (words.shift() ?? '') : value);
  const address = browserAddress(kind, given(options[kind]) ?? '');
  const sessionId = given(options.sessionId);
  if (sessionId === '') throw usageError('--session-id: expected the id of a WebDriver session, found nothing');
  return async (timeout) => {
    try {
      return await CONNECT[kind]({ address, sessionId, context: options.context }, timeout);
    } catch (error) {
      // Here they mean the browser's contexts and sessions, and their advice speaks of stored sessions.
      if (!(error instanceof PspError) || !['AMBIGUOUS', 'NOT_FOUND'].includes(error.code)) throw error;
      throw usageError(`${error.message} (${kind === 'webdriver' ? '--session-id' : '--context'})`);
    }
  };
}

function kindOf(options: BrowserOptions): AddressKind {
  const kinds = (Object.keys(CONNECT) as AddressKind[]).filter((kind) => options[kind] !== undefined);
  const [kind] = kinds;
  if (kind !== undefined && kinds.length === 1) return kind;
  if (kind !== undefined)
    throw usageError(`expected one browser, found ${kinds.map((one) => `--${one}`).join(' and ')}. Leave one of them`);
  if (options.sessionId !== undefined)
    throw usageError(
      '--session-id: expected --webdriver URL as well, the address of the server that began the session',
    );
  throw usageError(
    'expected the browser, --cdp URL, --bidi URL, or --webdriver URL --session-id ID, found none of them. See psp --help',
  );
}

/** Options that go with some kinds of address only. */
function checkCompanions(kind: AddressKind, { sessionId, context }: BrowserOptions): void {
  if (kind === 'webdriver' && sessionId === undefined)
    throw usageError(
      '--webdriver: expected --session-id ID as well, the session that your client began (driver.session_id in Python)',
    );
  if (kind !== 'webdriver' && sessionId !== undefined)
    throw usageError(`--session-id: goes with --webdriver, found --${kind}`);
  if (kind === 'webdriver' && context !== undefined)
    throw usageError('--context: goes with --cdp and --bidi. A WebDriver session has one context');
}
