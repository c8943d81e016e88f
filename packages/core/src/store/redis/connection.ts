/** One connection through the package `redis`. It ends where it breaks: nothing is sent twice or later by itself. Knows nothing of stores. */
import { loadPeer } from '../peer.js';
import type { RedisAddress } from './address.js';
import { connectError, replyError } from './error.js';

/** A server that says nothing for this long is given up, and an idle connection is closed. */
const SILENCE_MS = 30_000;
const CONNECT_MS = 5_000;
/** How the protocol marks strings. Not every version of the client exports it, nor applies what it was once told to each command. */
const BLOB_STRING = 36;
const AS_BYTES = { typeMapping: { [BLOB_STRING]: Buffer } };

export type Argument = string | Buffer;

export interface RedisConnection {
  readonly isReady: boolean;
  /** Strings of the reply are bytes. Rejects with the client's error. */
  send(command: readonly Argument[]): Promise<unknown>;
  /** After the replies that are due. */
  close(): Promise<void>;
  /** At once; does nothing a second time. */
  destroy(): void;
}

/** Options of Node's TLS, for servers whose certificate Node does not trust by itself, or that ask for one. */
export interface RedisTls {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  /** The name in the certificate, where the host in the URL is another one. */
  readonly servername?: string;
}

/** Throws STORE_UNAVAILABLE, STORE_DENIED, PEER_MISSING. */
export async function openConnection(address: RedisAddress, tls: RedisTls): Promise<RedisConnection> {
  const { createClient, ErrorReply } = await loadPeer('redis', () => import('redis'));
  const client = createClient(optionsFor(address, tls));
  // The command under way is told as well; without a listener the error would end the process.
  client.on('error', () => undefined);
  let pending = 0;
  const connection: RedisConnection = {
    get isReady() {
      return client.isReady;
    },
    // An idle connection does not keep the process of a user who closes nothing.
    async send(command) {
      if ((pending += 1) === 1) client.ref();
      try {
        return await client.sendCommand([...command], AS_BYTES);
      } finally {
        if ((pending -= 1) === 0) client.unref();
      }
    },
    async close() {
      if (client.isReady) await client.close();
    },
    destroy() {
      if (client.isOpen) client.destroy();
    },
  };
  try {
    await client.connect();
    client.unref();
  } catch (error) {
    connection.destroy();
    const reply = error instanceof ErrorReply ? replyError(address, error) : undefined;
    throw reply ?? connectError(address, error);
  }
  return connection;
}

function optionsFor({ host, port, tls, username, password, database }: RedisAddress, more: RedisTls) {
  const patience = { connectTimeout: CONNECT_MS, socketTimeout: SILENCE_MS };
  const socket = { host, port, ...patience, reconnectStrategy: false as const };
  return {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    database,
    // The replies of the older protocol are plain lists, and every server speaks it.
    RESP: 2 as const,
    socket: tls ? { ...socket, ...more, tls: true as const } : socket,
    disableOfflineQueue: true,
    disableClientInfo: true,
    maintNotifications: 'disabled' as const,
  };
}
