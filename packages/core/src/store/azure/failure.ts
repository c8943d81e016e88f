/** What an error of @azure/storage-blob means. */
import type { Failure } from '../object/client.js';
import { socketFailure } from '../object/socket-failure.js';

/** https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes */
const CODES: Readonly<Record<string, Failure>> = {
  ConditionNotMet: 'condition',
  BlobAlreadyExists: 'condition',
  TargetConditionNotMet: 'condition',
  BlobNotFound: 'absent',
  ContainerNotFound: 'missing',
  ResourceNotFound: 'absent',
  // For half a minute after a container was removed it can neither be used nor made.
  ContainerBeingDeleted: 'busy',
  ServerBusy: 'busy',
  AccountBeingCreated: 'busy',
};

const STATUSES: Readonly<Record<number, Failure>> = {
  401: 'denied',
  403: 'denied',
  404: 'absent',
  412: 'condition',
  429: 'busy',
  501: 'unable',
  507: 'full',
};

export function azureFailure(error: unknown): Failure {
  const { code, statusCode, details } = error as {
    code?: string;
    statusCode?: number;
    details?: { errorCode?: string };
  };
  return CODES[code ?? ''] ?? CODES[details?.errorCode ?? ''] ?? STATUSES[statusCode ?? 0] ?? socketFailure(error);
}
