/** A browser session of Skyvern: waits until its browser runs, and gives its address. Source: Skyvern's API, /v1/browser_sessions. */
import { setTimeout as sleep } from 'node:timers/promises';
import { PspError } from '@psp/protocol';
import type { Service } from './service.js';

/** The fields of the answer that are used. */
interface Answer {
  readonly status?: unknown;
  readonly browser_address?: unknown;
  readonly completed_at?: unknown;
}

/** The browser of such a session is gone for good. */
const ENDED = new Set(['completed', 'failed', 'timeout']);
/** Codes of a service that is there and cannot answer just now. */
const BUSY = new Set([429, 502, 503, 504]);
const POLL_MS = 500;

/**
 * The address at which the session's browser answers CDP, once it runs. Throws INVALID_INPUT (id, key), NOT_FOUND, BROWSER_GONE
 * (the session has ended), BROWSER_UNREACHABLE (no answer, or none of Skyvern's) or TIMEOUT (not running after `timeoutMs`).
 */
export async function browserAddress(service: Service, id: string, timeoutMs: number): Promise<string> {
  const deadline = performance.now() + timeoutMs;
  let last = 'no answer';
  for (let left = timeoutMs; left > 0; left = deadline - performance.now()) {
    const reply = await ask(service, id, left);
    if (reply === undefined) break;
    const answer = answerOf(service, reply);
    if (answer === undefined) {
      last = `HTTP status ${reply.code}`;
    } else {
      const { status, browser_address: address, completed_at: completed } = answer;
      last = `status ${wordOf(status)}`;
      if (ENDED.has(String(status)) || typeof completed === 'string') {
        throw new PspError('BROWSER_GONE', `The browser session of Skyvern has ended (${last}). Begin a new one.`);
      }
      if (status === 'running' && typeof address === 'string' && address !== '') return address;
      if (status === 'running') last += ', without an address';
    }
    await sleep(Math.min(POLL_MS, Math.max(0, deadline - performance.now())));
  }
  throw new PspError('TIMEOUT', `The browser session of Skyvern was not running within ${timeoutMs} ms: ${last}.`);
}

interface Reply {
  /** HTTP status. */
  readonly code: number;
  readonly body: string;
}

/** What the API tells of the session; undefined when it does not answer in time. */
async function ask({ baseUrl, headers }: Service, id: string, timeoutMs: number): Promise<Reply | undefined> {
  try {
    const reply = await fetch(new URL(`v1/browser_sessions/${encodeURIComponent(id)}`, baseUrl), {
      headers: { ...headers, accept: 'application/json' },
      // Whoever is redirected takes the key along.
      redirect: 'manual',
      signal: AbortSignal.timeout(Math.ceil(timeoutMs)),
    });
    return { code: reply.status, body: await reply.text() };
  } catch (cause) {
    if ((cause as Error).name === 'TimeoutError') return undefined;
    throw new PspError('BROWSER_UNREACHABLE', `Nobody answers at ${baseUrl.host}.`, { cause });
  }
}

/** The answer's fields; undefined while the service is busy. */
function answerOf({ baseUrl: { host } }: Service, { code, body }: Reply): Answer | undefined {
  if (code === 401 || code === 403) {
    throw new PspError(
      'INVALID_INPUT',
      `Skyvern at ${host} refused the API key (HTTP status ${code}). Is it a key of this server?`,
    );
  }
  if (code === 404) throw new PspError('NOT_FOUND', `Skyvern at ${host} has no browser session with this id.`);
  if (code >= 300 && code < 400) {
    throw new PspError(
      'BROWSER_UNREACHABLE',
      `${host} sends elsewhere (HTTP status ${code}), and the API key does not go along. Name the server itself as baseUrl.`,
    );
  }
  if (BUSY.has(code)) return undefined;
  const answer = code === 200 ? objectIn(body) : undefined;
  if (answer === undefined) {
    throw new PspError(
      'BROWSER_UNREACHABLE',
      `Expected a browser session of Skyvern from ${host}, found something else (HTTP status ${code}).`,
    );
  }
  return answer;
}

/** The JSON object that is the text, if it is one. Its text is never told: a strange server may have put the key into it. */
function objectIn(text: string): Answer | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A status that is a plain word may be told. */
function wordOf(status: unknown): string {
  return typeof status === 'string' && /^[a-z_]{1,30}$/.test(status) ? status : 'unknown';
}
