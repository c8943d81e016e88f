/**
 * Bodies that page code in blank pages fetches from an address that the browser answers from here: much data goes that way at
 * half the cost of an argument, which is text in messages within messages. No request of theirs reaches the network.
 */
import { randomUUID } from 'node:crypto';
import type { Protocol } from 'devtools-protocol';
import type { Offer } from '../driver.js';
import type { Interceptor } from './interception.js';
import type { Targets } from './targets.js';

/** Browsers end at messages of 100 MiB, and base64 takes a third more. */
const MAX_BODY_BYTES = 48 * 1024 * 1024;

const HEADERS = [
  { name: 'content-type', value: 'application/json' },
  { name: 'cache-control', value: 'no-store' },
];

export class Offers implements Interceptor {
  /** No page can guess it. */
  readonly #folder = `/__psp_${randomUUID()}__/`;
  readonly #bodies = new Map<string, Uint8Array>();
  #users = 0;
  #joined: Promise<boolean> | undefined;

  constructor(readonly targets: Targets) {}

  /** Whether pages that come after this may fetch; where they may, call `end` later. Never throws. */
  async begin(): Promise<boolean> {
    this.#users += 1;
    // Where the browser will not, data goes as an argument.
    this.#joined ??= this.targets.interception.join(this, this.targets.timeoutMs).then(yes, no);
    const joined = await this.#joined;
    if (!joined) await this.end();
    return joined;
  }

  /** Never throws: a browser that is gone pauses nothing. */
  async end(): Promise<void> {
    this.#users -= 1;
    if (this.#users > 0) return;
    this.#joined = undefined;
    await this.targets.interception.leave(this, this.targets.timeoutMs).catch(no);
  }

  /** Undefined where the body is too large for one message. */
  offer(body: Uint8Array): Offer | undefined {
    if (body.byteLength > MAX_BODY_BYTES) return undefined;
    const path = this.#folder + randomUUID();
    this.#bodies.set(path, body);
    return { path, end: () => void this.#bodies.delete(path) };
  }

  /** Whether a page may fetch the address now. */
  has(url: string): boolean {
    return this.#bodies.has(pathOf(url));
  }

  patterns(): Protocol.Fetch.RequestPattern[] {
    return [{ urlPattern: `*${this.#folder}*`, requestStage: 'Request' }];
  }

  takes({ request }: Protocol.Fetch.RequestPausedEvent): boolean {
    return pathOf(request.url).startsWith(this.#folder);
  }

  onPaused({ requestId, request }: Protocol.Fetch.RequestPausedEvent): void {
    const body = this.#bodies.get(pathOf(request.url));
    const answering: Promise<unknown> =
      body === undefined
        ? this.targets.send('Fetch.failRequest', { requestId, errorReason: 'ConnectionRefused' })
        : this.targets.send('Fetch.fulfillRequest', {
            requestId,
            responseCode: 200,
            responseHeaders: HEADERS,
            body: base64(body),
          });
    // The page that asked tells of a failure.
    answering.catch(() => undefined);
  }
}

const yes = (): boolean => true;
const no = (): boolean => false;

const pathOf = (url: string): string => new URL(url).pathname;

const base64 = (body: Uint8Array): string =>
  Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('base64');
