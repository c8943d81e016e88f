/**
 * `s3://bucket/prefix?endpoint=http://127.0.0.1:7480&region=eu-central-1&pathStyle=1`: Amazon S3 and every server that speaks its
 * protocol with conditional writes.
 */
import { ObjectStore } from './object/store.js';
import { readLocation } from './object/location.js';
import { loadPeer } from './peer.js';
import { S3ObjectClient } from './s3/client.js';
import type { Store } from './store.js';

const DENIED =
  'Check them (the AWS environment variables, profiles or roles, or s3://KEY:SECRET@bucket), and that they allow s3:GetObject, s3:PutObject, s3:DeleteObject and s3:ListBucket';

/**
 * Credentials are found by the AWS library (environment, profile, role), or stand in the URL as `s3://KEY:SECRET@bucket`, which every
 * list of processes and every shell history then shows. Nothing is sent before the first use. Throws INVALID_INPUT, PEER_MISSING.
 */
export async function openS3(url: string): Promise<Store> {
  const location = readLocation(url, { region: /^[a-z0-9-]+$/, pathStyle: /^[01]$/ });
  const sdk = await loadPeer('@aws-sdk/client-s3', () => import('@aws-sdk/client-s3'));
  const client = new S3ObjectClient(sdk, location);
  await client.requireRegion();
  return new ObjectStore(client, { url: location.url, prefix: location.prefix, denied: DENIED });
}
