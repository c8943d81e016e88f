/** The clients of object stores by themselves: one object written in one call and read again. Their own checks and retries are as they come. */
import { randomUUID } from 'node:crypto';

/** @typedef {import('./raw-clients.mjs').RawClient} RawClient */

/**
 * `s3://key:secret@bucket/prefix?endpoint=ADDRESS`
 *
 * @param {string} url @returns {Promise<RawClient>}
 */
export async function openS3(url) {
  const { GetObjectCommand, PutObjectCommand, S3Client } = await import('@aws-sdk/client-s3');
  const { user, password, bucket, endpoint } = parts(url);
  const client = new S3Client({
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: user, secretAccessKey: password },
    // Ceph 16 answers 411 to the checksums that the library appends to a body.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  let Key = '';
  return {
    async write(bytes) {
      Key = `raw/${randomUUID()}`;
      await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: bytes }));
    },
    async read() {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key }));
      return (await Body?.transformToByteArray())?.byteLength ?? 0;
    },
    close: async () => client.destroy(),
  };
}

/** `gs://bucket/prefix?endpoint=ADDRESS` @param {string} url @returns {Promise<RawClient>} */
export async function openGcs(url) {
  const { Storage } = await import('@google-cloud/storage');
  const { bucket, endpoint } = parts(url);
  const client = new Storage({ apiEndpoint: endpoint, projectId: 'bench', useAuthWithCustomEndpoint: false });
  let file = client.bucket(bucket).file('raw');
  return {
    async write(bytes) {
      file = client.bucket(bucket).file(`raw/${randomUUID()}`);
      // The fake has no checksums, which the library would ask for.
      await file.save(bytes, { resumable: false, validation: false });
    },
    read: async () => (await file.download({ validation: false }))[0].byteLength,
    close: async () => undefined,
  };
}

/** `azure://account:key@container/prefix?endpoint=ADDRESS` @param {string} url @returns {Promise<RawClient>} */
export async function openAzure(url) {
  const { BlobServiceClient, StorageSharedKeyCredential } = await import('@azure/storage-blob');
  const { user, password, bucket, endpoint } = parts(url);
  const container = new BlobServiceClient(endpoint, new StorageSharedKeyCredential(user, password)).getContainerClient(
    bucket,
  );
  let blob = container.getBlockBlobClient('raw');
  return {
    async write(bytes) {
      blob = container.getBlockBlobClient(`raw/${randomUUID()}`);
      await blob.upload(bytes, bytes.byteLength);
    },
    read: async () => (await blob.downloadToBuffer()).byteLength,
    close: async () => undefined,
  };
}

/** @param {string} url */
function parts(url) {
  const { hostname, username, password, searchParams } = new URL(url);
  const endpoint = searchParams.get('endpoint') ?? '';
  return { user: decodeURIComponent(username), password: decodeURIComponent(password), bucket: hostname, endpoint };
}
