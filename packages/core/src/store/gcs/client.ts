/** The calls of @google-cloud/storage that a store needs. An etag is the generation of an object, which never returns. */
import { addAbortSignal } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type * as Sdk from '@google-cloud/storage';
import type { Failure, FoundObject, ObjectClient, ObjectPage } from '../object/client.js';
import type { ObjectLocation } from '../object/location.js';
import type { Condition } from '../store.js';
import { gcsFailure } from './failure.js';

/** For one call with at most 8 MiB. */
const CALL_MS = 60_000;
/** Generations are 64-bit integers; whatever else a caller takes for an etag matches none. */
const GENERATION = /^[1-9]\d{0,18}$/;
/** The library asks the metadata service of Google's machines for a project where it is told none. */
const NO_PROJECT = 'none';

export function googleClient(sdk: typeof Sdk, location: ObjectLocation): ObjectClient {
  return new GcsObjectClient(new sdk.Storage(configuration(location)), location);
}

class GcsObjectClient implements ObjectClient {
  readonly endpoint: string;
  readonly server = 'Google Cloud Storage, JSON API';
  readonly #storage: Sdk.Storage;
  readonly #bucket: Sdk.Bucket;

  constructor(storage: Sdk.Storage, location: ObjectLocation) {
    this.#storage = storage;
    this.#bucket = storage.bucket(location.bucket);
    this.endpoint = location.endpoint ?? 'Google Cloud Storage';
  }

  /** The generation comes with the bytes: asked for apart, it could be that of another write. */
  async get(name: string): Promise<FoundObject> {
    const stream = this.#bucket.file(name).createReadStream({ decompress: false });
    let etag = '';
    stream.once('response', (response: { headers: Record<string, string | undefined> }) => {
      etag = response.headers['x-goog-generation'] ?? '';
    });
    // The library's own time is up to the first byte of a reply.
    addAbortSignal(AbortSignal.timeout(CALL_MS), stream);
    const bytes = await buffer(stream);
    if (etag === '') throw new Error('the reply has no generation');
    return { etag, bytes };
  }

  async put(name: string, bytes: Uint8Array, condition: Condition): Promise<string> {
    const generation = 'etag' in condition ? condition.etag : '0';
    if ('etag' in condition && !GENERATION.test(generation))
      throw Object.assign(new Error('no generation'), { code: 412 });
    const file = this.#bucket.file(name);
    await file.save(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), {
      // One request: a resumable upload is two, and the library repeats the second by itself.
      resumable: false,
      // The library would remove an object whose checksum differs. Values are sealed, so damage is seen.
      validation: false,
      contentType: 'application/octet-stream',
      preconditionOpts: { ifGenerationMatch: generation as unknown as number },
    });
    return String(file.metadata.generation);
  }

  /** `startOffset` is inclusive, so one more is asked for, and the one that is known left out. */
  async list(prefix: string, after: string | undefined, limit: number): Promise<ObjectPage> {
    const query = { prefix, maxResults: Math.min(limit + 1, 1000), autoPaginate: false };
    const [files, next] = await this.#bucket.getFiles(after === undefined ? query : { ...query, startOffset: after });
    const objects = files
      .filter(({ name }) => name !== after)
      .map(({ name, metadata: { generation, size, updated } }) => {
        const modifiedMs = updated === undefined ? undefined : Date.parse(updated);
        return { name, etag: String(generation), size: Number(size), modifiedMs };
      });
    return { objects: objects.slice(0, limit), more: next !== null || objects.length > limit };
  }

  async remove(name: string): Promise<void> {
    await this.#bucket.file(name).delete();
  }

  async makeBucket(): Promise<void> {
    await this.#storage.createBucket(this.#bucket.name);
  }

  failureOf(error: unknown): Failure {
    return gcsFailure(error);
  }

  close(): void {}
}

function configuration({ endpoint, options }: ObjectLocation): Sdk.StorageOptions {
  const isGoogle = endpoint === undefined || /(?:^|\.)googleapis\.com$/.test(new URL(endpoint).hostname);
  const project = options['project'] ?? (isGoogle ? undefined : NO_PROJECT);
  return {
    ...(endpoint === undefined ? {} : { apiEndpoint: endpoint, useAuthWithCustomEndpoint: isGoogle }),
    ...(project === undefined ? {} : { projectId: project }),
    // A second attempt by the library would meet the first one's object and call it a conflict.
    retryOptions: { autoRetry: false, maxRetries: 0 },
    timeout: CALL_MS,
  };
}
