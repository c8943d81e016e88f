/** From what a Redis server or its connection says to an error of PSP. The server's own words stay in the cause. */
import { PspError, type ErrorCode } from '@psp/protocol';
import type { RedisAddress } from './address.js';

/** By the first word of an error reply. All of these mean that nothing was done. */
const REPLIES: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  NOAUTH: ['STORE_DENIED', 'the server wants a password. Put it into the URL: redis://user:password@host'],
  WRONGPASS: ['STORE_DENIED', 'the server refused user and password'],
  NOPERM: [
    'STORE_DENIED',
    'this user lacks permissions. PSP needs the commands EVAL, EVALSHA, HGET, HMGET, ZRANGEBYLEX, XREAD, XREVRANGE and INFO, and what ' +
      'its scripts call: HSET, HDEL, DEL, ZADD, ZREM, XADD',
  ],
  OOM: ['STORE_FULL', 'the memory of the server is full (maxmemory)'],
  LOADING: ['STORE_UNAVAILABLE', 'the server has just started and still reads its data'],
  BUSY: ['STORE_UNAVAILABLE', 'the server is busy with a script of somebody else'],
  MISCONF: ['STORE_UNAVAILABLE', 'the server cannot write to its disk, and takes no writes. See its log'],
  MASTERDOWN: ['STORE_UNAVAILABLE', 'the server is a replica that has lost its master'],
  READONLY: ['STORE_UNAVAILABLE', 'the server is a replica. Name the master'],
  MOVED: ['UNSUPPORTED', 'the server is part of a cluster. Name a single server'],
  CROSSSLOT: ['UNSUPPORTED', 'the server is part of a cluster. Name a single server'],
  CLUSTERDOWN: ['UNSUPPORTED', 'the server is part of a cluster. Name a single server'],
};

/** By a part of the reply, where the first word is merely ERR. */
const ERR_REPLIES: readonly (readonly [RegExp, ErrorCode, string])[] = [
  [/AUTH/, 'STORE_DENIED', 'the server refused user and password'],
  [/DB index/, 'INVALID_INPUT', 'the server has no database of the number in the URL'],
  [/max number of clients/, 'STORE_UNAVAILABLE', 'the server has no room for another client (maxclients)'],
];

/** What an error reply means; `undefined` for one that tells nothing, which then has an unknown outcome. */
export function replyError({ shown }: RedisAddress, reply: Error): PspError | undefined {
  const [word = ''] = reply.message.split(' ', 1);
  const known = Object.hasOwn(REPLIES, word) ? REPLIES[word] : undefined;
  const [code, words] = known ?? ERR_REPLIES.find(([pattern]) => pattern.test(reply.message))?.slice(1) ?? [];
  if (code === undefined) return undefined;
  return new PspError(code as ErrorCode, `${shown}: ${words}`, { cause: reply });
}

/** The connection broke before the reply came. */
export function lostError({ shown }: RedisAddress, code: ErrorCode, error: unknown): PspError {
  return new PspError(code, `${shown}: the connection broke before the server replied (${nameOf(error)})`, {
    cause: error,
  });
}

/** No connection came about, so nothing was sent. */
export function connectError({ shown, tls }: RedisAddress, error: unknown): PspError {
  const how = tls ? 'that it speaks TLS with a certificate that Node trusts (NODE_EXTRA_CA_CERTS)' : 'that it runs';
  return new PspError(
    'STORE_UNAVAILABLE',
    `${shown}: no connection (${nameOf(error)}). Check host and port of the Redis server, and ${how}`,
    { cause: error },
  );
}

/** Those of the system have a code, those of the client a class. */
function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  return 'code' in error && typeof error.code === 'string' ? error.code : error.constructor.name;
}
