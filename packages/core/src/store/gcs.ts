/** `gs://bucket/prefix`: Google Cloud Storage, with preconditions on generations. */
import { googleClient } from './gcs/client.js';
import { readLocation } from './object/location.js';
import { ObjectStore } from './object/store.js';
import { loadPeer } from './peer.js';
import type { Store } from './store.js';

const DENIED =
  'Check the application default credentials (GOOGLE_APPLICATION_CREDENTIALS, or gcloud auth application-default login), and that they allow storage.objects.get, create, delete and list';

/**
 * Credentials are found by Google's library. To an `?endpoint=` that is not Google's it sends none, and asks nobody for any.
 * `?project=` is for `init`, which makes a bucket in it. Nothing is sent before the first use. Throws INVALID_INPUT, PEER_MISSING.
 */
export async function openGcs(url: string): Promise<Store> {
  const location = readLocation(url, { project: /^[a-z0-9:.-]+$/ });
  const sdk = await loadPeer('@google-cloud/storage', () => import('@google-cloud/storage'));
  return new ObjectStore(googleClient(sdk, location), { url: location.url, prefix: location.prefix, denied: DENIED });
}
