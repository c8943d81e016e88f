/** The two scripts that write. Redis runs a script alone, and keeps what it wrote in its append-only file whole or not at all. */
import { createHash } from 'node:crypto';

export interface Script {
  readonly source: string;
  /** By which the server remembers it. */
  readonly sha1: string;
}

const script = (source: string): Script => ({ source, sha1: createHash('sha1').update(source).digest('hex') });

/** Entries that the stream of changes keeps, about; a watcher who is further behind has lost hints. */
const KEPT_CHANGES = 10_000;
const TELL = (stream: string, key: string): string =>
  `redis.call('XADD', ${stream}, 'MAXLEN', '~', ${KEPT_CHANGES}, '*', 'key', ${key})`;

/**
 * KEYS: value, etags, keys, changes. ARGV: key, wanted etag or nothing, new etag, size, pieces. Gives 1, or 0 when the condition does
 * not hold. A command that a full server refuses (OOM) comes first, since what a script wrote before its error would stay.
 */
export const PUT = script(`
local found = redis.call('HGET', KEYS[2], ARGV[1])
local etag = found and string.match(found, '^%S+') or ''
if etag ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3] .. ' ' .. ARGV[4])
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'etag', ARGV[3])
for index = 5, #ARGV do redis.call('HSET', KEYS[1], index - 5, ARGV[index]) end
redis.call('ZADD', KEYS[3], 0, ARGV[1])
${TELL('KEYS[4]', 'ARGV[1]')}
return 1
`);

/** KEYS: value, etags, keys, changes. ARGV: key. */
export const REMOVE = script(`
local gone = redis.call('DEL', KEYS[1]) + redis.call('HDEL', KEYS[2], ARGV[1]) + redis.call('ZREM', KEYS[3], ARGV[1])
if gone > 0 then ${TELL('KEYS[4]', 'ARGV[1]')} end
return gone
`);
