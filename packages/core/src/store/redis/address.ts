/** From a Redis URL to what the store connects to and the names of its keys. Knows nothing of connections. */
import { PspError } from '@psp/protocol';

const DEFAULT_PORT = 6379;
const DEFAULT_PREFIX = 'psp';
const PREFIX = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/;
const DATABASE = /^\/(?:0|[1-9]\d{0,4})$/;

export interface RedisAddress {
  /** The URL without credentials, with which the same store is opened by who has them otherwise. */
  readonly shown: string;
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly database: number;
  /** What the names of all keys of the store begin with. */
  readonly prefix: string;
  /** The user accepts that the server may lose what it acknowledged. */
  readonly isCache: boolean;
}

/** Throws INVALID_INPUT, without a word of the URL that may be secret. */
export function parseRedisAddress(url: string): RedisAddress {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^rediss?:$/.test(parsed.protocol) || parsed.hostname === '')
    throw invalid('a URL such as redis://user:password@host:6379/0?prefix=psp');
  const { prefix, durability } = parametersOf(parsed);
  const path = parsed.pathname === '/' || parsed.pathname === '' ? '/0' : parsed.pathname;
  if (!DATABASE.test(path)) throw invalid('a database number after the host, such as /0');
  const database = Number(path.slice(1));
  const query = parsed.search;
  return {
    shown: `${parsed.protocol}//${parsed.host}${database === 0 ? '' : path}${query}`,
    host: parsed.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: parsed.port === '' ? DEFAULT_PORT : Number(parsed.port),
    tls: parsed.protocol === 'rediss:',
    username: decoded(parsed.username),
    password: decoded(parsed.password),
    database,
    prefix: prefix ?? DEFAULT_PREFIX,
    isCache: durability === 'cache',
  };
}

/** Only those that are known, so that a misspelt one is not a promise that nobody keeps. */
function parametersOf({ searchParams }: URL): Partial<Record<'prefix' | 'durability', string>> {
  const { prefix, durability, ...others } = Object.fromEntries(searchParams);
  if (Object.keys(others).length > 0) throw invalid('no other parameters than prefix and durability');
  if (prefix !== undefined && !PREFIX.test(prefix))
    throw invalid('as prefix 1 to 64 letters, digits and . _ : -, of which the first is a letter or digit');
  if (durability !== undefined && durability !== 'cache') throw invalid('durability=cache, or no durability');
  return { ...(prefix !== undefined && { prefix }), ...(durability !== undefined && { durability }) };
}

function decoded(text: string): string | undefined {
  if (text === '') return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    // Not as the cause: its message may hold the password.
    throw invalid('user and password with their special characters escaped by %');
  }
}

const invalid = (expected: string): PspError => new PspError('INVALID_INPUT', `Redis store: expected ${expected}`);

/** The names of the keys of one store. The hash tag keeps them together where a proxy spreads keys over several servers. */
export interface RedisNames {
  /** Sorted set of all keys of the store, all with the score 0: Redis orders them by their bytes. */
  readonly keys: string;
  /** Hash from key to `etag size`. What it says is what conditions are held against. */
  readonly etags: string;
  /** Stream of changed keys. */
  readonly changes: string;
  /** Hash of one value: its etag and its pieces. */
  value(key: string): string;
}

export function namesOf({ prefix }: RedisAddress): RedisNames {
  const named = (name: string): string => `{${prefix}}:${name}`;
  return {
    keys: named('keys'),
    etags: named('etags'),
    changes: named('changes'),
    value: (key) => named(`value:${key}`),
  };
}
