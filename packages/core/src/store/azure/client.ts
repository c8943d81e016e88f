/** The calls of @azure/storage-blob that a store needs. Conditions and etags are the service's own. */
import type * as Sdk from '@azure/storage-blob';
import type { Failure, FoundObject, ObjectClient, ObjectPage } from '../object/client.js';
import type { ObjectLocation } from '../object/location.js';
import type { Condition } from '../store.js';
import { blobService } from './credentials.js';
import { azureFailure } from './failure.js';

/** For one call with at most 8 MiB. */
const CALL_MS = 60_000;
/** So many ends of pages are remembered, with what continues them. */
const MAX_MARKERS = 64;

export function azureClient(sdk: typeof Sdk, location: ObjectLocation): ObjectClient {
  return new AzureObjectClient(blobService(sdk, location).getContainerClient(location.bucket));
}

class AzureObjectClient implements ObjectClient {
  readonly endpoint: string;
  readonly server = 'Azure Blob Storage';
  readonly #container: Sdk.ContainerClient;
  readonly #markers = new Map<string, string>();

  constructor(container: Sdk.ContainerClient) {
    this.#container = container;
    this.endpoint = new URL(container.url).origin;
  }

  async get(name: string): Promise<FoundObject> {
    const found = await this.#container.getBlobClient(name).download(0, undefined, limits());
    const parts: Uint8Array[] = [];
    for await (const part of found.readableStreamBody ?? []) parts.push(part as Buffer);
    return { etag: bare(found.etag), bytes: Buffer.concat(parts) };
  }

  async put(name: string, bytes: Uint8Array, condition: Condition): Promise<string> {
    const conditions = 'etag' in condition ? { ifMatch: `"${condition.etag}"` } : { ifNoneMatch: '*' };
    const blob = this.#container.getBlockBlobClient(name);
    return bare((await blob.upload(bytes, bytes.byteLength, { conditions, ...limits() })).etag);
  }

  /**
   * A page goes on from a marker of the service, which is opaque. For a start after any name there is `startFrom`, inclusive and of
   * newer services only: an older one begins at the beginning, and what was asked to be skipped is skipped here.
   */
  async list(prefix: string, after: string | undefined, limit: number): Promise<ObjectPage> {
    const marker = after === undefined ? undefined : this.#markers.get(`${prefix} ${after}`);
    const options = {
      prefix,
      ...(after === undefined || marker !== undefined ? {} : { startFrom: after }),
      ...limits(),
    };
    const settings = { maxPageSize: limit, ...(marker === undefined ? {} : { continuationToken: marker }) };
    for await (const page of this.#container.listBlobsFlat(options).byPage(settings)) {
      const objects = page.segment.blobItems
        .filter(({ name }) => after === undefined || isAfter(name, after))
        .map(({ name, properties: { etag, contentLength = 0, lastModified } }) => {
          return { name, etag: bare(etag), size: contentLength, modifiedMs: lastModified.getTime() };
        });
      const more = (page.continuationToken ?? '') !== '';
      const last = objects.at(-1);
      if (last === undefined && more) continue;
      if (last !== undefined && more) this.#remember(`${prefix} ${last.name}`, page.continuationToken as string);
      return { objects, more };
    }
    return { objects: [], more: false };
  }

  async remove(name: string): Promise<void> {
    await this.#container.getBlobClient(name).delete(limits());
  }

  async makeBucket(): Promise<void> {
    await this.#container.create(limits());
  }

  failureOf(error: unknown): Failure {
    return azureFailure(error);
  }

  close(): void {}

  #remember(place: string, marker: string): void {
    this.#markers.delete(place);
    this.#markers.set(place, marker);
    const [oldest] = this.#markers.keys();
    if (this.#markers.size > MAX_MARKERS && oldest !== undefined) this.#markers.delete(oldest);
  }
}

const limits = (): { abortSignal: AbortSignal } => ({ abortSignal: AbortSignal.timeout(CALL_MS) });

const bare = (etag: string | undefined): string => (etag ?? '').replaceAll('"', '');

const isAfter = (name: string, other: string): boolean => Buffer.compare(Buffer.from(name), Buffer.from(other)) > 0;
