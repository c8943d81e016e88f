/** What a Redis server says of itself, and whether that is enough for a store. Knows nothing of keys and values. */
import { PspError } from '@psp/protocol';
import type { StoreFact } from '../store.js';
import type { RedisAddress } from './address.js';
import type { RedisConnection } from './connection.js';

/** The scripts rely on how Redis 7 replicates them: by what they wrote, as one transaction. */
const OLDEST_VERSION = 7;

/** What is undefined the server does not tell this user. */
export interface RedisServer {
  readonly product: string;
  readonly version: string | undefined;
  readonly isCluster: boolean;
  readonly isReplica: boolean;
  readonly replicas: number;
  readonly appendOnly: boolean | undefined;
  readonly appendFsync: string | undefined;
  /** Flushing pauses while the append-only file is rewritten. */
  readonly pausesFsync: boolean;
  readonly evictionPolicy: string | undefined;
  /** Bytes, 0 for no limit. */
  readonly maxMemory: number | undefined;
}

export async function askServer(connection: RedisConnection): Promise<RedisServer> {
  const [info, append, memory] = await Promise.all([
    lines(connection, ['INFO']),
    pairs(connection, ['CONFIG', 'GET', '*append*']),
    pairs(connection, ['CONFIG', 'GET', 'maxmemory*']),
  ]);
  const config = new Map([...append, ...memory]);
  const limit = config.get('maxmemory') ?? info.get('maxmemory');
  return {
    product: info.has('valkey_version') ? 'Valkey' : 'Redis',
    version: info.get('valkey_version') ?? info.get('redis_version'),
    isCluster: info.get('cluster_enabled') === '1',
    isReplica: info.get('role') === 'slave',
    replicas: Number(info.get('connected_slaves') ?? 0),
    appendOnly: truth(config.get('appendonly'), 'yes') ?? truth(info.get('aof_enabled'), '1'),
    appendFsync: config.get('appendfsync'),
    pausesFsync: config.get('no-appendfsync-on-rewrite') === 'yes',
    evictionPolicy: config.get('maxmemory-policy') ?? info.get('maxmemory_policy'),
    maxMemory: limit === undefined ? undefined : Number(limit),
  };
}

/** Throws UNSUPPORTED when the server does not promise what a store needs. */
export function requirePromises(address: RedisAddress, server: RedisServer): void {
  const problem = placeProblem(server) ?? (address.isCache ? undefined : lossProblem(server));
  if (problem !== undefined) throw new PspError('UNSUPPORTED', `${address.shown}: ${problem}`);
}

function placeProblem({ isCluster, isReplica, version }: RedisServer): string | undefined {
  if (isCluster) return 'the server is part of a cluster. Name a single server';
  if (isReplica) return 'the server is a replica. Name the master';
  if (version !== undefined && Number.parseInt(version, 10) < OLDEST_VERSION)
    return `version ${OLDEST_VERSION} or later of the server is needed, found ${version}`;
  return undefined;
}

function lossProblem({ appendOnly, appendFsync, evictionPolicy }: RedisServer): string | undefined {
  const accept = 'or accept that sessions may be lost: add durability=cache to the URL';
  const untold = [
    ...(appendOnly === undefined ? ['appendonly'] : []),
    ...(evictionPolicy === undefined ? ['maxmemory-policy'] : []),
  ];
  if (untold.length > 0)
    return `the server does not tell its ${untold.join(' and ')}. Allow this user INFO or CONFIG GET, ${accept}`;
  const wanted = [
    ...(appendOnly === false ? ['appendonly yes'] : []),
    ...(appendFsync === 'no' ? ['appendfsync everysec'] : []),
    ...(evictionPolicy === 'noeviction' ? [] : ['maxmemory-policy noeviction']),
  ];
  if (wanted.length === 0) return undefined;
  return `the server may lose sessions. Set ${wanted.join(' and ')} in its redis.conf, ${accept}`;
}

/** For `psp store check`. */
export function factsOf({ isCache }: RedisAddress, server: RedisServer): readonly StoreFact[] {
  const limit = server.maxMemory === undefined ? 'a limit that it does not tell' : `${server.maxMemory} bytes`;
  return [
    { name: 'server', value: `${server.product} ${server.version ?? 'of a version that it does not tell'}` },
    { name: 'durability', value: `${isCache ? cacheLoss(server) : flushing(server)}${failover(server)}` },
    { name: 'conditions', value: 'one Lua script, which Redis runs alone, compares and writes' },
    {
      name: 'limits',
      value:
        `all is held in memory (${server.maxMemory === 0 ? 'maxmemory is not set' : `maxmemory ${limit}`}); ` +
        'bodies in pieces of 1 MiB; changes by a stream of about 10,000 entries',
    },
  ];
}

function flushing({ appendFsync, pausesFsync }: RedisServer): string {
  const paused = pausesFsync ? ', except while it rewrites that file (no-appendfsync-on-rewrite)' : '';
  if (appendFsync === 'always')
    return `a put is in the append-only file and on the disk when it is acknowledged (appendfsync always)${paused}`;
  const how =
    appendFsync === undefined
      ? 'how often that is put on the disk the server does not tell: a crash may cost the last seconds'
      : `that is put on the disk once a second (appendfsync ${appendFsync})${paused}: a crash or a full disk may cost the last two seconds`;
  return `a put goes to the append-only file; ${how}`;
}

function cacheLoss({ appendOnly, evictionPolicy }: RedisServer): string {
  const restart =
    appendOnly === true
      ? 'a restart keeps what the append-only file has'
      : 'a restart may cost all since the last snapshot';
  const eviction = evictionPolicy === 'noeviction' ? 'a full server refuses puts' : 'a full server may drop sessions';
  return `taken as a cache (durability=cache): ${restart}; ${eviction}`;
}

const failover = ({ replicas }: RedisServer): string =>
  replicas === 0 ? '' : `; ${replicas} replicas get it later, so a failover may cost the last puts`;

const truth = (value: string | undefined, yes: string): boolean | undefined =>
  value === undefined ? undefined : value === yes;

async function lines(connection: RedisConnection, command: string[]): Promise<Map<string, string>> {
  const reply = await told(connection, command);
  if (!Buffer.isBuffer(reply)) return new Map();
  const found = reply.toString().matchAll(/^([a-z0-9_]+):(.*?)\r?$/gm);
  return new Map(Array.from(found, ([, name = '', value = '']) => [name, value]));
}

async function pairs(connection: RedisConnection, command: string[]): Promise<Map<string, string>> {
  const reply = await told(connection, command);
  const words = Array.isArray(reply) ? reply.map(String) : [];
  return new Map(words.flatMap((word, index) => (index % 2 === 0 ? [[word, words[index + 1] ?? '']] : [])));
}

/** Undefined where a managed server or its access list forbids to ask. */
async function told(connection: RedisConnection, command: string[]): Promise<unknown> {
  try {
    return await connection.send(command);
  } catch (error) {
    const { message } = error as Error;
    if (/^NOPERM|^ERR unknown (?:sub)?command/i.test(message)) return undefined;
    throw error;
  }
}
