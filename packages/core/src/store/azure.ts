/** `azure://container/prefix`: Azure Blob Storage, and Azurite, which stands in for it on one machine. */
import { azureClient } from './azure/client.js';
import { readLocation } from './object/location.js';
import { ObjectStore } from './object/store.js';
import { loadPeer } from './peer.js';
import type { Store } from './store.js';

const DENIED =
  'Check AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_ACCOUNT with AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN, and that they allow to read, write, delete and list blobs';

/**
 * Credentials come from the environment, as the tools of Azure name them: AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_KEY or
 * AZURE_STORAGE_SAS_TOKEN for the account of `?account=` or AZURE_STORAGE_ACCOUNT; or they stand in the URL as `azure://ACCOUNT:KEY@container`,
 * which every list of processes and every shell history then shows. Nothing is sent before the first use. Throws INVALID_INPUT,
 * STORE_DENIED without credentials, PEER_MISSING.
 */
export async function openAzure(url: string): Promise<Store> {
  const location = readLocation(url, { account: /^[a-z0-9]{3,24}$/ });
  const sdk = await loadPeer('@azure/storage-blob', () => import('@azure/storage-blob'));
  return new ObjectStore(azureClient(sdk, location), { url: location.url, prefix: location.prefix, denied: DENIED });
}
