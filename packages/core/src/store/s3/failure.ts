/** What an error of @aws-sdk/client-s3 means. Knows the codes of S3, of Ceph and of Node's sockets. */
import type { Failure } from '../object/client.js';
import { socketFailure } from '../object/socket-failure.js';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html; `QuotaExceeded` is Ceph's, `XMinioStorageFull` MinIO's. */
const CODES: Readonly<Record<string, Failure>> = {
  PreconditionFailed: 'condition',
  ConditionalRequestConflict: 'race',
  OperationAborted: 'race',
  // Ceph's word for ECANCELED: of writes with one etag at one moment, those that lose get it, with status 500. The library says Unknown
  // where there is no code at all.
  UnknownError: 'condition',
  NoSuchKey: 'absent',
  NoSuchBucket: 'missing',
  QuotaExceeded: 'full',
  XMinioStorageFull: 'full',
  InsufficientStorage: 'full',
  SlowDown: 'busy',
  TooManyRequests: 'busy',
  // The library has corrected its clock by the answer, so the next attempt may pass.
  RequestTimeTooSkewed: 'busy',
  NotImplemented: 'unable',
  // Of the library itself: it found no credentials, or those of a session that ended.
  CredentialsProviderError: 'denied',
  TokenProviderError: 'denied',
  ExpiredToken: 'denied',
};

const STATUSES: Readonly<Record<number, Failure>> = {
  401: 'denied',
  403: 'denied',
  404: 'absent',
  409: 'race',
  412: 'condition',
  429: 'busy',
  501: 'unable',
  507: 'full',
};

interface S3Error {
  readonly name?: string;
  readonly Code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

export function s3Failure(error: unknown): Failure {
  const { name, Code, $metadata } = error as S3Error;
  return CODES[Code ?? name ?? ''] ?? STATUSES[$metadata?.httpStatusCode ?? 0] ?? socketFailure(error);
}
