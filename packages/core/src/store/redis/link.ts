/**
 * The connection of a store to its server, opened when it is needed and again after it broke. Commands that were under way then fail;
 * which of them may be asked again is said by the caller. Knows nothing of stores.
 */
import type { ErrorCode } from '@psp/protocol';
import type { RedisAddress } from './address.js';
import { openConnection, type Argument, type RedisConnection, type RedisTls } from './connection.js';
import { connectError, lostError, replyError } from './error.js';
import type { Script } from './scripts.js';

export class RedisLink {
  readonly #address: RedisAddress;
  readonly #tls: RedisTls;
  #opened: Promise<RedisConnection> | undefined;

  constructor(address: RedisAddress, tls: RedisTls = {}) {
    this.#address = address;
    this.#tls = tls;
  }

  /** For what may be asked twice: a connection that broke is replaced once. */
  async ask<T>(question: (connection: RedisConnection) => Promise<T>): Promise<T> {
    const first = await this.#connection();
    try {
      return await this.#try('STORE_UNAVAILABLE', () => question(first));
    } catch (error) {
      if (first.isReady || isSilence(error)) throw error;
    }
    const second = await this.#connection();
    return this.#try('STORE_UNAVAILABLE', () => question(second));
  }

  /** Runs a script once. Throws OUTCOME_UNKNOWN when the reply was lost; an error that is no PspError leaves it open too. */
  async run({ source, sha1 }: Script, keys: readonly string[], args: readonly Argument[]): Promise<unknown> {
    const connection = await this.#connection();
    const rest = [String(keys.length), ...keys, ...args];
    return this.#try('OUTCOME_UNKNOWN', async () => {
      try {
        return await connection.send(['EVALSHA', sha1, ...rest]);
      } catch (error) {
        // The server does not know it yet, or not any more: nothing ran.
        if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
        return connection.send(['EVAL', source, ...rest]);
      }
    });
  }

  /** A connection of the caller's own, which closes it. */
  open(): Promise<RedisConnection> {
    return openConnection(this.#address, this.#tls);
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    // One that could not be opened has told its caller.
    const connection = await opened?.catch(() => undefined);
    await connection?.close();
  }

  async #connection(): Promise<RedisConnection> {
    const before = this.#opened;
    if (before !== undefined) {
      const connection = await before;
      if (connection.isReady) return connection;
      // Unless another caller was here first.
      if (this.#opened === before) this.#opened = undefined;
    }
    this.#opened ??= this.open().catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }

  async #try<T>(whenLost: ErrorCode, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const { ErrorReply, ClientClosedError, ClientOfflineError } = await import('redis');
      if (error instanceof ErrorReply) throw replyError(this.#address, error) ?? error;
      // Refused by the client before it was sent.
      if (error instanceof ClientClosedError || error instanceof ClientOfflineError)
        throw connectError(this.#address, error);
      throw lostError(this.#address, whenLost, error);
    }
  }
}

/** The client waited as long as it does; waiting as long again is no help. */
function isSilence(error: unknown): boolean {
  return (
    error instanceof Error && error.cause instanceof Error && error.cause.constructor.name === 'SocketTimeoutError'
  );
}
