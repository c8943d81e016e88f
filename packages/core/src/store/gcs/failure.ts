/** What an error of @google-cloud/storage means. */
import type { Failure } from '../object/client.js';
import { socketFailure } from '../object/socket-failure.js';

/** https://cloud.google.com/storage/docs/json_api/v1/status-codes */
const STATUSES: Readonly<Record<number, Failure>> = {
  401: 'denied',
  403: 'denied',
  404: 'absent',
  409: 'race',
  412: 'condition',
  429: 'busy',
  501: 'unable',
};

/** google-auth-library has no code for it: where it looked everywhere, and where a refresh token is no longer good. */
const NO_CREDENTIALS = /could not load the default credentials|could not refresh access token|invalid_grant/i;

/** A bucket and an object that are not there have the same status and reason; only the message tells them apart. */
const NO_BUCKET = /bucket does not exist/i;

export function gcsFailure(error: unknown): Failure {
  const { code, message } = error as { code?: unknown; message?: unknown };
  const failure = typeof code === 'number' || /^\d{3}$/.test(String(code)) ? STATUSES[Number(code)] : undefined;
  if (failure === 'absent' && NO_BUCKET.test(String(message))) return 'missing';
  if (failure !== undefined) return failure;
  return NO_CREDENTIALS.test(String(message)) ? 'denied' : socketFailure(error);
}
