/** Turns the id of a Skyvern browser session into a driver: one client more at the CDP address that Skyvern names. */
import { PspError } from '@psp/protocol';
import { connectCdp, SessionAdapter, type AdapterOptions, type BrowserDriver } from '@psp/core';
import { socketAddress } from './address.js';
import { browserAddress } from './browser-session.js';
import { serviceOf, type ServiceOptions } from './service.js';

/** The id of a browser session (`pbs_...`), or an object of Skyvern's that holds it. */
export type SkyvernBrowserSession = string | { readonly browserSessionId: string };

export interface SkyvernAdapterOptions extends AdapterOptions, ServiceOptions {}

const DEFAULT_TIMEOUT_MS = 30_000;

/**
 * Captures and restores the browser of a Skyvern browser session. The session goes on afterwards; ending it is its owner's.
 * `timeoutMs` is also how long to wait for a browser that is just being started.
 *
 * ```js
 * const adapter = new SkyvernAdapter({ apiKey });
 * const session = await adapter.createSession(browserSessionId, { name: 'my-auth-session' });
 * ```
 *
 * The API key goes to the API and to the browser that the API names, and never unencrypted to any host but the API's own.
 */
export class SkyvernAdapter extends SessionAdapter<SkyvernBrowserSession> {
  readonly #service: ServiceOptions;

  constructor({ apiKey, baseUrl, ...options }: SkyvernAdapterOptions = {}) {
    super(options);
    this.#service = { apiKey, baseUrl };
  }

  protected override openDriver(session: SkyvernBrowserSession): Promise<BrowserDriver> {
    const timeoutMs = this.options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    return openSkyvernDriver(session, { ...this.#service, timeoutMs });
  }
}

/** The driver of the session's browser. Throws what `serviceOf`, `browserAddress`, `socketAddress` and `connectCdp` throw. */
export async function openSkyvernDriver(
  session: SkyvernBrowserSession,
  { timeoutMs, ...options }: ServiceOptions & { timeoutMs: number },
): Promise<BrowserDriver> {
  const id = idOf(session);
  const service = serviceOf(options);
  const address = await browserAddress(service, id, timeoutMs);
  const url = await socketAddress(service, address, timeoutMs);
  try {
    return await connectCdp(url, { headers: service.headers, timeoutMs, onlyTabIsPrimary: true, framework: 'skyvern' });
  } catch (error) {
    throw refusedKey(error, new URL(url).host) ?? error;
  }
}

/** `ws` tells the answer to a refused connection in its message only. */
function refusedKey(error: unknown, host: string): PspError | undefined {
  const code = /server response: (401|403)/.exec(((error as Error).cause as Error | undefined)?.message ?? '')?.[1];
  if (code === undefined) return undefined;
  return new PspError('INVALID_INPUT', `The browser at ${host} refused the API key of Skyvern (HTTP status ${code}).`);
}

function idOf(session: unknown): string {
  const id =
    typeof session === 'string' ? session : (session as { browserSessionId?: unknown } | null)?.browserSessionId;
  if (typeof id === 'string' && /^[\w-]+$/.test(id)) return id;
  throw new PspError(
    'INVALID_INPUT',
    'Expected the id of a Skyvern browser session, as in "pbs_123", or { browserSessionId: "pbs_123" }.',
  );
}
