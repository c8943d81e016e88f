/**
 * The connection of a store to its server, opened when it is needed. Commands that were under way when it broke fail, and nothing is
 * ever sent twice or later by itself: the client's own reconnecting and its queue for that time are off. Knows nothing of stores.
 */
import type { ErrorCode } from '@psp/protocol';
import type * as Client from 'redis';
import { loadPeer } from '../peer.js';
import type { RedisAddress } from './address.js';
import { connectError, lostError, replyError } from './error.js';
import type { Script } from './scripts.js';

/** A server that says nothing for this long is given up, and an idle connection is closed. */
const SILENCE_MS = 30_000;
const CONNECT_MS = 5_000;

export type Argument = string | Buffer;

/** What PSP uses of a client of the package `redis`, whose strings it asks for as bytes. */
export interface RedisConnection {
  readonly isReady: boolean;
  connect(): Promise<unknown>;
  sendCommand(args: Argument[]): Promise<unknown>;
  close(): Promise<unknown>;
  destroy(): void;
  on(event: 'error', listener: (error: unknown) => void): unknown;
}

/** Options of Node's TLS, for servers whose certificate Node does not trust by itself, or that ask for one. */
export interface RedisTls {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  /** The name in the certificate, where the host in the URL is another one. */
  readonly servername?: string;
}

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
        return await connection.sendCommand(['EVALSHA', sha1, ...rest]);
      } catch (error) {
        // The server does not know it yet, or not any more: nothing ran.
        if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
        return connection.sendCommand(['EVAL', source, ...rest]);
      }
    });
  }

  /** A connection of the caller's own, which closes it. Throws STORE_UNAVAILABLE, STORE_DENIED, PEER_MISSING. */
  async open(): Promise<RedisConnection> {
    const client = await loadPeer('redis', () => import('redis'));
    const connection = client.createClient(this.#options(client)) as unknown as RedisConnection;
    // The command under way is told as well; without a listener the error would end the process.
    connection.on('error', () => undefined);
    try {
      await connection.connect();
    } catch (error) {
      connection.destroy();
      const reply = error instanceof client.ErrorReply ? replyError(this.#address, error) : undefined;
      throw reply ?? connectError(this.#address, error);
    }
    return connection;
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    // One that could not be opened has told its caller.
    const connection = await opened?.catch(() => undefined);
    if (connection?.isReady === true) await connection.close();
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

  #options({ RESP_TYPES }: typeof Client) {
    const { host, port, tls, username, password, database } = this.#address;
    const socket = {
      host,
      port,
      connectTimeout: CONNECT_MS,
      socketTimeout: SILENCE_MS,
      reconnectStrategy: false as const,
    };
    return {
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
      database,
      // The replies of the older protocol are plain lists, and every server speaks it.
      RESP: 2 as const,
      socket: tls ? { ...socket, ...this.#tls, tls: true as const } : socket,
      disableOfflineQueue: true,
      disableClientInfo: true,
      maintNotifications: 'disabled' as const,
      commandOptions: { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } },
    };
  }
}

/** The client waited as long as it does; waiting as long again is no help. */
function isSilence(error: unknown): boolean {
  return (
    error instanceof Error && error.cause instanceof Error && error.cause.constructor.name === 'SocketTimeoutError'
  );
}
