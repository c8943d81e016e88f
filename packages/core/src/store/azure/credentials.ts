/** Who talks to Azure: an account with its key or a signature, from the URL of the store or from the environment. */
import type * as Sdk from '@azure/storage-blob';
import { PspError } from '@psp/protocol';
import type { ObjectLocation } from '../object/location.js';

/** A second attempt by the library would meet the first one's object and call it a conflict. */
const ONE_TRY = { retryOptions: { maxTries: 1 } };

/** Throws STORE_DENIED where nobody is named, INVALID_INPUT where what is named cannot be one. */
export function blobService(sdk: typeof Sdk, location: ObjectLocation): Sdk.BlobServiceClient {
  const { credentials, options, url } = location;
  const env = process.env;
  if (credentials !== undefined) return withKey(sdk, location, credentials.user, credentials.secret);
  const connection = env['AZURE_STORAGE_CONNECTION_STRING'] ?? '';
  const account = options['account'] ?? env['AZURE_STORAGE_ACCOUNT'] ?? '';
  const [key = '', signature = ''] = [env['AZURE_STORAGE_KEY'], env['AZURE_STORAGE_SAS_TOKEN']];
  if (connection !== '' && options['account'] === undefined) {
    return checked(url, 'AZURE_STORAGE_CONNECTION_STRING', () =>
      sdk.BlobServiceClient.fromConnectionString(connection, ONE_TRY),
    );
  }
  if (account !== '' && key !== '') return withKey(sdk, location, account, key);
  if (account !== '' && signature !== '')
    return new sdk.BlobServiceClient(
      `${endpointOf(location, account)}?${signature.replace(/^\?/, '')}`,
      undefined,
      ONE_TRY,
    );
  throw new PspError(
    'STORE_DENIED',
    `${url}: no credentials. Set AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_ACCOUNT (or ?account=) with AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN`,
  );
}

function withKey(sdk: typeof Sdk, location: ObjectLocation, account: string, key: string): Sdk.BlobServiceClient {
  return checked(location.url, 'the key of the account', () => {
    const credential = new sdk.StorageSharedKeyCredential(account, key);
    return new sdk.BlobServiceClient(endpointOf(location, account), credential, ONE_TRY);
  });
}

const endpointOf = ({ endpoint }: ObjectLocation, account: string): string =>
  endpoint ?? `https://${account}.blob.core.windows.net`;

/** The library's own words may hold what it was given, so they are no cause either. */
function checked<T>(url: string, what: string, make: () => T): T {
  try {
    return make();
  } catch {
    throw new PspError('INVALID_INPUT', `${url}: ${what} is not of the expected form`);
  }
}
