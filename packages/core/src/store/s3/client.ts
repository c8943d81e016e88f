/** The calls of @aws-sdk/client-s3 that a store needs. Conditions are S3's own; how a server wants its etags written is found by trying. */
import type * as Sdk from '@aws-sdk/client-s3';
import { PspError } from '@psp/protocol';
import type { Failure, FoundObject, ObjectClient, ObjectPage } from '../object/client.js';
import type { ObjectLocation } from '../object/location.js';
import type { Condition } from '../store.js';
import { s3Failure } from './failure.js';

const CONNECT_MS = 10_000;
/** For one call with at most 8 MiB. */
const CALL_MS = 60_000;
const QUOTED = 'etags in quotes';
const BARE = 'etags without quotes';
/** Ceph compares only as much of `If-Match` as its etag is long, so a longer one must not reach it. */
const DIGEST = /^[0-9a-f]{32}$/;
/** The library's own switch. What it warns of is the Node.js that its versions of 2027 need, which is nothing that a store lacks. */
const NO_VERSION_WARNING = 'AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED';

export class S3ObjectClient implements ObjectClient {
  readonly endpoint: string;
  readonly #sdk: typeof Sdk;
  readonly #s3: Sdk.S3Client;
  readonly #location: ObjectLocation;
  /** RFC 9110 has quotes around an etag; Ceph 16 and DigitalOcean Spaces take `If-Match` only without. */
  habits: string = QUOTED;

  constructor(sdk: typeof Sdk, location: ObjectLocation) {
    this.#sdk = sdk;
    this.#location = location;
    this.endpoint = location.endpoint ?? 'Amazon S3';
    this.#s3 = withoutVersionWarning(() => new sdk.S3Client(configuration(location)));
  }

  /** Throws INVALID_INPUT where neither the URL nor the settings of AWS name one. */
  async requireRegion(): Promise<void> {
    try {
      await this.#s3.config.region();
    } catch (error) {
      const text = `${this.#location.url}: no region. Add ?region=eu-central-1 (yours), or set AWS_REGION`;
      throw new PspError('INVALID_INPUT', text, { cause: error });
    }
  }

  get server(): string {
    return `S3, ${this.habits}`;
  }

  async get(name: string): Promise<FoundObject> {
    const found = await this.#s3.send(new this.#sdk.GetObjectCommand(this.#at(name)), limits());
    return { etag: bare(found.ETag), bytes: (await found.Body?.transformToByteArray()) ?? new Uint8Array() };
  }

  async put(name: string, bytes: Uint8Array, condition: Condition): Promise<string> {
    return this.#put(
      name,
      bytes,
      'etag' in condition ? { IfMatch: this.#written(condition.etag) } : { IfNoneMatch: '*' },
    );
  }

  async list(prefix: string, after: string | undefined, limit: number): Promise<ObjectPage> {
    const { bucket } = this.#location;
    const input = {
      Bucket: bucket,
      Prefix: prefix,
      MaxKeys: limit,
      ...(after === undefined ? {} : { StartAfter: after }),
    };
    const page = await this.#s3.send(new this.#sdk.ListObjectsV2Command(input), limits());
    const objects = (page.Contents ?? []).map(({ Key = '', ETag, Size = 0, LastModified }) => {
      return { name: Key, etag: bare(ETag), size: Size, modifiedMs: LastModified?.getTime() };
    });
    return { objects, more: page.IsTruncated === true };
  }

  async remove(name: string): Promise<void> {
    await this.#s3.send(new this.#sdk.DeleteObjectCommand(this.#at(name)), limits());
  }

  /** Amazon wants the region said, but not its oldest; others have none. */
  async makeBucket(): Promise<void> {
    const region = await this.#s3.config.region();
    const isSaid = this.#location.endpoint === undefined && region !== 'us-east-1';
    const input = {
      Bucket: this.#location.bucket,
      ...(isSaid ? { CreateBucketConfiguration: { LocationConstraint: region as Sdk.BucketLocationConstraint } } : {}),
    };
    await this.#s3.send(new this.#sdk.CreateBucketCommand(input), limits());
  }

  failureOf(error: unknown): Failure {
    return s3Failure(error);
  }

  /** Leaves the scratch object. Whether stale etags are refused is for the trial that follows. */
  async learn(scratch: string): Promise<void> {
    const etag = await this.#put(scratch, Buffer.from('one'), {});
    for (const habits of [QUOTED, BARE]) {
      this.habits = habits;
      try {
        await this.put(scratch, Buffer.from('two'), { etag });
        return;
      } catch (error) {
        if (s3Failure(error) !== 'condition') throw error;
      }
    }
    throw new PspError(
      'UNSUPPORTED',
      `${this.#location.url} does not keep the promises of a store: a put with the current etag is done`,
    );
  }

  close(): void {
    this.#s3.destroy();
  }

  async #put(name: string, bytes: Uint8Array, condition: { IfMatch?: string; IfNoneMatch?: string }): Promise<string> {
    const input = { ...this.#at(name), Body: bytes, ContentLength: bytes.byteLength, ...condition };
    return bare((await this.#s3.send(new this.#sdk.PutObjectCommand(input), limits())).ETag);
  }

  #at(name: string): { Bucket: string; Key: string } {
    return { Bucket: this.#location.bucket, Key: name };
  }

  #written(etag: string): string {
    if (this.habits === QUOTED) return `"${etag}"`;
    if (DIGEST.test(etag)) return etag;
    throw Object.assign(new Error('no etag of such a server'), { name: 'PreconditionFailed' });
  }
}

/** The library looks at its switch while it makes the client. Afterwards it stands as it stood, and a value of the user's counts. */
function withoutVersionWarning<T>(make: () => T): T {
  const before = process.env[NO_VERSION_WARNING];
  process.env[NO_VERSION_WARNING] ??= 'true';
  try {
    return make();
  } finally {
    if (before === undefined) delete process.env[NO_VERSION_WARNING];
  }
}

function configuration({ endpoint, credentials, options }: ObjectLocation): Sdk.S3ClientConfig {
  // Servers beside Amazon's have no regions, but requests are signed for one.
  const region = options['region'] ?? (endpoint === undefined || process.env['AWS_REGION'] ? undefined : 'us-east-1');
  const isPathStyle = options['pathStyle'] ?? (endpoint === undefined ? '0' : '1');
  return {
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    forcePathStyle: isPathStyle === '1',
    ...(credentials && { credentials: { accessKeyId: credentials.user, secretAccessKey: credentials.secret } }),
    // Ceph 16 answers 411 to the checksums that the library appends to a body.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // A second attempt by the library would meet the first one's object and call it a conflict.
    maxAttempts: 1,
    requestHandler: { connectionTimeout: CONNECT_MS },
  };
}

const limits = (): { abortSignal: AbortSignal } => ({ abortSignal: AbortSignal.timeout(CALL_MS) });

const bare = (etag: string | undefined): string => (etag ?? '').replaceAll('"', '');
