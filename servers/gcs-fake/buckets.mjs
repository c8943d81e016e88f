// @ts-check
/** The buckets and objects of the fake, in memory, each also in a file that was complete before the reply. Knows nothing of HTTP. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @typedef {{ name: string, bucket: string, generation: string, metageneration: string, contentType: string, size: string,
 *   md5Hash: string, timeCreated: string, updated: string, metadata?: Record<string, string> }} Resource
 * As the JSON API gives it.
 *
 * @typedef {{ resource: Resource, body: Buffer }} FakeObject
 */

export class Buckets {
  /** @type {Map<string, Map<string, FakeObject>>} */
  #buckets = new Map();
  #folder;
  #generation = 0;

  /** Reads what an earlier process left. @param {string} folder */
  constructor(folder) {
    this.#folder = folder;
    for (const bucket of readdirSync(folder)) {
      /** @type {Map<string, FakeObject>} */
      const objects = new Map();
      for (const file of readdirSync(join(folder, bucket))) {
        if (file.endsWith('.new')) continue; // never acknowledged
        const object = decoded(readFileSync(join(folder, bucket, file)));
        objects.set(object.resource.name, object);
        this.#generation = Math.max(this.#generation, Number(object.resource.generation));
      }
      this.#buckets.set(bucket, objects);
    }
  }

  /** @param {string} bucket */
  objects(bucket) {
    return this.#buckets.get(bucket);
  }

  /** @param {string} bucket */
  make(bucket) {
    mkdirSync(join(this.#folder, bucket));
    this.#buckets.set(bucket, new Map());
  }

  /**
   * Replaces whatever is there: who calls has looked at the conditions.
   *
   * @param {string} bucket @param {string} name @param {Buffer} body
   * @param {{ contentType?: string, metadata?: Record<string, string> }} about
   */
  put(bucket, name, body, { contentType = 'application/octet-stream', metadata }) {
    // Microseconds, as Google's look; one that was used does not return when the clock is set back.
    this.#generation = Math.max(this.#generation + 1, Date.now() * 1000);
    const now = new Date().toISOString();
    const object = {
      resource: {
        kind: 'storage#object',
        ...{ name, bucket, contentType },
        generation: String(this.#generation),
        metageneration: '1',
        size: String(body.length),
        md5Hash: createHash('md5').update(body).digest('base64'),
        ...{ timeCreated: now, updated: now },
        ...(metadata && { metadata }),
      },
      body,
    };
    const path = this.#path(bucket, name);
    writeFileSync(`${path}.new`, encoded(object));
    renameSync(`${path}.new`, path);
    this.#buckets.get(bucket)?.set(name, object);
    return object;
  }

  /** @param {string} bucket @param {string} name */
  remove(bucket, name) {
    rmSync(this.#path(bucket, name));
    this.#buckets.get(bucket)?.delete(name);
  }

  /** Names may be longer than those of files. @param {string} bucket @param {string} name */
  #path(bucket, name) {
    return join(this.#folder, bucket, createHash('sha256').update(name).digest('hex'));
  }
}

/** One line of JSON, then the bytes. @param {FakeObject} object */
const encoded = ({ resource, body }) => Buffer.concat([Buffer.from(`${JSON.stringify(resource)}\n`), body]);

/** @param {Buffer} bytes @returns {FakeObject} */
function decoded(bytes) {
  const end = bytes.indexOf('\n');
  return { resource: JSON.parse(bytes.subarray(0, end).toString()), body: bytes.subarray(end + 1) };
}
