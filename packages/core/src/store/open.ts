/** From what a user writes as `storage` to a guarded store. Drivers are loaded only when used. */
import { fileURLToPath } from 'node:url';
import { PspError } from '@psp/protocol';
import { dataFolder, type Environment } from '../folders.js';
import { guardStore } from './guard.js';
import type { Store } from './store.js';

type Opener = (url: string) => Promise<Store>;

/** One row for each scheme. */
const SCHEMES: Readonly<Record<string, Opener>> = {
  file: async (url) => openFolder(pathOf(url, 'file')),
  sqlite: async (url) => new (await import('./sqlite.js')).SqliteStore(pathOf(url, 'sqlite')),
  postgres: openPostgres,
  postgresql: openPostgres,
  mysql: openMysql,
  mariadb: openMysql,
  memory: async (url) => {
    const { MemoryStore } = await import('./memory.js');
    const name = url.slice('memory:'.length);
    return new MemoryStore(name === '' ? undefined : name);
  },
  redis: openRedis,
  rediss: openRedis,
  s3: async (url) => (await import('./s3.js')).openS3(url),
  gs: async (url) => (await import('./gcs.js')).openGcs(url),
  azure: async (url) => (await import('./azure.js')).openAzure(url),
};

/**
 * Opens `'local'`, a store URL or a store object; without one, what PSP_STORE says, else `'local'`. Nothing is read or written
 * before the first use. Throws INVALID_INPUT for anything else.
 */
export async function openStore(storage?: string | Store, env: Environment = process.env): Promise<Store> {
  const chosen = storage === undefined ? env['PSP_STORE'] || 'local' : storage;
  if (typeof chosen !== 'string') return guardStore(asStore(chosen));
  if (chosen === 'local') return guardStore(await openFolder(dataFolder(env)));
  const scheme = /^([a-z][a-z0-9+.-]*):/.exec(chosen)?.[1] ?? '';
  const opener = Object.hasOwn(SCHEMES, scheme) ? SCHEMES[scheme] : undefined;
  if (opener === undefined)
    throw new PspError('INVALID_INPUT', `storage: ${expected()}, found ${scheme === '' ? 'neither' : `${scheme}:`}`);
  return guardStore(await opener(chosen));
}

async function openRedis(url: string): Promise<Store> {
  const { RedisStore } = await import('./redis.js');
  return new RedisStore(url);
}

async function openFolder(folder: string): Promise<Store> {
  const { FsStore } = await import('./fs.js');
  return new FsStore(folder);
}

async function openPostgres(url: string): Promise<Store> {
  const { PostgresStore } = await import('./postgres.js');
  return new PostgresStore(url);
}

async function openMysql(url: string): Promise<Store> {
  const { MysqlStore } = await import('./mysql.js');
  return new MysqlStore(url);
}

/** `file:relative`, `file:/absolute` or a URL `file:///absolute`, which may hold percent signs; so with `sqlite:`. */
function pathOf(url: string, scheme: 'file' | 'sqlite'): string {
  const path = url.slice(`${scheme}:`.length);
  const what = scheme === 'file' ? 'folder' : 'file';
  if (path === '') throw new PspError('INVALID_INPUT', `storage: expected a ${what} after ${scheme}:, found nothing`);
  if (!path.startsWith('//')) return path;
  try {
    return fileURLToPath(`file:${path}`);
  } catch (error) {
    const expected = `expected a URL such as ${scheme}:///home/me/sessions`;
    throw new PspError('INVALID_INPUT', `storage: ${expected}`, { cause: error });
  }
}

function asStore(value: unknown): Store {
  const methods = ['get', 'put', 'list', 'remove', 'probe', 'close'] as const;
  const store = value as Partial<Store> | null;
  if (store !== null && typeof store === 'object' && methods.every((name) => typeof store[name] === 'function'))
    return store as Store;
  throw new PspError(
    'INVALID_INPUT',
    `storage: ${expected()} or a store object, found ${value === null ? 'null' : typeof value}`,
  );
}

/** Never the value itself: a store URL may hold a password. */
function expected(): string {
  const schemes = Object.keys(SCHEMES).map((scheme) => `${scheme}:`);
  return `expected "local" or a URL with one of the schemes ${schemes.join(', ')}`;
}
