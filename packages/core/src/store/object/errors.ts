/** What a failure of an object store means to a caller, in words. */
import { PspError, type ErrorCode } from '@psp/protocol';
import type { Failure, ObjectClient } from './client.js';

/** What the failure of a call is, where it is not decided by what the call was. */
const CODES: Readonly<Partial<Record<Failure, ErrorCode>>> = {
  missing: 'STORE_MISSING',
  denied: 'STORE_DENIED',
  full: 'STORE_FULL',
  unreachable: 'STORE_UNAVAILABLE',
  busy: 'STORE_UNAVAILABLE',
  unable: 'UNSUPPORTED',
};

/** `otherwise` is for what is unknown: STORE_UNAVAILABLE where nothing was written. `denied` is what the credentials of this cloud are. */
export function objectError(
  error: unknown,
  client: Pick<ObjectClient, 'endpoint' | 'failureOf'>,
  where: { url: string; denied: string; otherwise: ErrorCode },
): PspError {
  if (error instanceof PspError) return error;
  const failure = client.failureOf(error);
  const words: Readonly<Partial<Record<Failure, string>>> = {
    missing: `there is no such ${where.url.startsWith('azure:') ? 'container' : 'bucket'} at ${client.endpoint}. Run: psp store init '${where.url}'`,
    denied: `${client.endpoint} refused these credentials (${nameOf(error)}). ${where.denied}`,
    full: `${client.endpoint} has no space left (${nameOf(error)})`,
    unreachable: `${client.endpoint} does not answer (${nameOf(error)}). Check the endpoint, and that its server runs`,
    busy: `${client.endpoint} refused for now (${nameOf(error)})`,
    unable: `${client.endpoint} does not know conditional writes (${nameOf(error)})`,
  };
  const what = words[failure] ?? `${client.endpoint} failed (${nameOf(error)})`;
  return new PspError(CODES[failure] ?? where.otherwise, `${where.url}: ${what}`, { cause: error });
}

/** The name of an error and no more: what a library says may hold credentials. */
function nameOf(error: unknown): string {
  const { Code, code, name, statusCode } = error as Record<string, unknown>;
  const found = [Code, code, statusCode, name].find((one) => /^[A-Za-z0-9_.]{1,60}$/.test(String(one ?? '')));
  return String(found ?? typeof error);
}
