/** From what a Redis server or its connection says to an error of PSP. The server's own words stay in the cause. */
import { PspError, type ErrorCode } from '@psp/protocol';
import type { RedisAddress } from './address.js';

const RIGHTS =
  'this user lacks permissions. PSP needs the commands EVAL, EVALSHA, HGET, HMGET, ZRANGEBYLEX, XREAD, XREVRANGE and INFO, and what ' +
  'its scripts call: HSET, HDEL, DEL, ZADD, ZREM, XADD';
const CLUSTER = 'the server is part of a cluster. Name a single server';

/** By the beginning of an error reply. Nothing was done, except where the code says that this is unknown. */
const REPLIES: readonly (readonly [RegExp, ErrorCode, string])[] = [
  [/^NOAUTH/, 'STORE_DENIED', 'the server wants a password. Put it into the URL: redis://user:password@host'],
  [/^WRONGPASS|^ERR .*AUTH/, 'STORE_DENIED', 'the server refused user and password'],
  [/^NOPERM/, 'STORE_DENIED', RIGHTS],
  // Within a script, of which the commands before are not undone.
  [/^ERR .*user executing the script/, 'OUTCOME_UNKNOWN', RIGHTS],
  [/^OOM/, 'STORE_FULL', 'the memory of the server is full (maxmemory)'],
  [/^MISCONF.*No space left/, 'STORE_FULL', 'the disk of the server is full'],
  [/^MISCONF/, 'STORE_UNAVAILABLE', 'the server cannot write to its disk, and takes no writes. See its log'],
  [/^LOADING/, 'STORE_UNAVAILABLE', 'the server has just started and still reads its data'],
  [/^BUSY/, 'STORE_UNAVAILABLE', 'the server is busy with a script of somebody else'],
  [/^MASTERDOWN/, 'STORE_UNAVAILABLE', 'the server is a replica that has lost its master'],
  [
    /^NOREPLICAS/,
    'STORE_UNAVAILABLE',
    'the server lacks replicas that it must have for a write (min-replicas-to-write)',
  ],
  [/^READONLY/, 'STORE_UNAVAILABLE', 'the server is a replica. Name the master'],
  [/^ERR max number of clients/, 'STORE_UNAVAILABLE', 'the server has no room for another client (maxclients)'],
  [/^MOVED|^CROSSSLOT|^CLUSTERDOWN/, 'UNSUPPORTED', CLUSTER],
  [/^ERR .*DB index/, 'INVALID_INPUT', 'the server has no database of the number in the URL'],
];

/** What an error reply means; `undefined` for one that tells nothing, which then has an unknown outcome. */
export function replyError({ shown }: RedisAddress, reply: Error): PspError | undefined {
  const found = REPLIES.find(([beginning]) => beginning.test(reply.message));
  return found && new PspError(found[1], `${shown}: ${found[2]}`, { cause: reply });
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
