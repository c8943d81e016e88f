/**
 * Where the browser of a session may be, and thus who gets the API key and the session's secrets. The service names the address
 * and is trusted that far, since the key is its own. What is refused is what could show the key to others on the way: an
 * unencrypted address, unless it is on the very host that the API itself is asked at without encryption.
 */
import { PspError } from '@psp/protocol';
import type { Service } from './service.js';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * The WebSocket address of the browser. `http(s)://` addresses are asked for it, and may only name one that would be allowed
 * itself. Throws BROWSER_UNREACHABLE or UNSUPPORTED, naming hosts only.
 */
export async function socketAddress(service: Service, address: string, timeoutMs: number): Promise<string> {
  const url = allowed(service, address);
  if (url.protocol === 'ws:' || url.protocol === 'wss:') return address;
  const named = await debuggerAddress(service, url, timeoutMs);
  if (!/^wss?:$/.test(allowed(service, named).protocol)) {
    throw new PspError('BROWSER_UNREACHABLE', `Expected a WebSocket address from ${url.host}, found another.`);
  }
  return named;
}

function allowed({ baseUrl }: Service, address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !/^(ws|http)s?:$/.test(url.protocol)) {
    throw new PspError('BROWSER_UNREACHABLE', 'Skyvern named no address at which a browser could answer CDP.');
  }
  const isEncrypted = url.protocol === 'wss:' || url.protocol === 'https:';
  if (isEncrypted || (baseUrl.protocol === 'http:' && isSameHost(url, baseUrl))) return url;
  throw new PspError(
    'UNSUPPORTED',
    `Skyvern at ${baseUrl.host} named a browser at ${url.host} that is reached without encryption. The API key and the session do not go there: expected wss:// or https://, or the host of the API itself.`,
  );
}

function isSameHost(one: URL, other: URL): boolean {
  return one.hostname === other.hostname || (LOOPBACK.test(one.hostname) && LOOPBACK.test(other.hostname));
}

/** Source: the HTTP endpoints of the Chrome DevTools Protocol, /json/version. */
async function debuggerAddress({ headers }: Service, url: URL, timeoutMs: number): Promise<string> {
  const version = new URL('/json/version', url);
  version.search = url.search;
  try {
    // Whoever is redirected takes the key along.
    const reply = await fetch(version, { headers, redirect: 'error', signal: AbortSignal.timeout(timeoutMs) });
    const { webSocketDebuggerUrl } = (await reply.json()) as { webSocketDebuggerUrl?: unknown };
    if (typeof webSocketDebuggerUrl !== 'string') throw new Error(`HTTP status ${reply.status}, no debugger address`);
    return webSocketDebuggerUrl;
  } catch {
    // The cause may quote what came, and that the key.
    throw new PspError('BROWSER_UNREACHABLE', `No browser answers CDP at ${url.host}.`);
  }
}
