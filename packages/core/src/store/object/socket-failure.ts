/** Tells a connection that was never made from one that broke: only then is it known that nothing was sent. */
import type { Failure } from './client.js';

const NEVER_MADE = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN']);

/** Libraries wrap the errors of sockets in their own, so causes are followed; a host with several addresses gives an AggregateError. */
export function socketFailure(error: unknown): Failure {
  for (let one = error, depth = 0; one instanceof Error && depth < 5; one = one.cause, depth += 1) {
    const { code, syscall, errors } = one as { code?: unknown; syscall?: unknown; errors?: readonly unknown[] };
    if (NEVER_MADE.has(String(code)) || (code === 'ETIMEDOUT' && syscall === 'connect')) return 'unreachable';
    if (errors !== undefined && errors.length > 0 && errors.every((each) => socketFailure(each) === 'unreachable'))
      return 'unreachable';
  }
  return 'unknown';
}
