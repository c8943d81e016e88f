/** The Redis store on a real server: the suite, what it refuses, the end and the return of the server, hints of changes. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { createClient } from 'redis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { freePort } from '../../../servers/process.mjs';
import { startProxy } from '../../../servers/proxy.mjs';
import { findProgram } from '../../../servers/programs.mjs';
import { redis, startRedis } from '../../../servers/redis.mjs';
import type { TestServer } from '../../../servers/server.js';
import { guardStore } from '../src/store/guard.js';
import { openStore } from '../src/store/open.js';
import { RedisStore } from '../src/store/redis.js';
import type { Store } from '../src/store/store.js';
import { STORE_CASES } from '../src/testing/index.js';
import { withSmallDisk } from './support/tmpfs.js';

const run = promisify(execFile);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (body: Uint8Array | undefined): string => Buffer.from(body ?? []).toString();
const create = { absent: true } as const;

const stores: Store[] = [];
afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()));
});

/** A store with a prefix of its own, so that a server may hold other things. */
function open(url: string, parameters: Record<string, string> = {}): Store {
  const address = new URL(url);
  for (const [name, value] of Object.entries({ prefix: `t-${randomUUID()}`, ...parameters }))
    address.searchParams.set(name, value);
  const store = guardStore(new RedisStore(address.href));
  stores.push(store);
  return store;
}

describe('the store suite', () => {
  let server: TestServer;
  beforeAll(async () => {
    if (redis.missing() === undefined) server = await redis.start();
  });
  afterAll(() => server?.stop());

  beforeEach((context) => context.skip(server === undefined, redis.missing()));

  it.each(STORE_CASES.map(({ name, run }) => [name, run] as const))('%s', async (_case, runCase) => {
    await runCase(open(server.url));
  });
});

describe('a server of our own', () => {
  let server: TestServer;
  let admin: ReturnType<typeof clientOf>;
  const clientOf = (url: string) => createClient({ url, RESP: 2 }).on('error', () => undefined);
  const set = async (name: string, value: string): Promise<void> => {
    await admin.configSet(name, value);
  };

  beforeAll(async () => {
    if (findProgram('redis-server') === undefined) return;
    server = await startRedis();
    admin = clientOf(server.url);
    await admin.connect();
  });
  beforeEach((context) => context.skip(server === undefined, 'redis-server not found (Debian: redis-server)'));
  afterAll(async () => {
    admin?.destroy();
    await server?.stop();
  });

  describe('is refused', () => {
    afterEach(async () => {
      await set('appendonly', 'yes');
      await set('appendfsync', 'always');
      await set('maxmemory-policy', 'noeviction');
    });

    it.each([
      ['appendonly', 'no', 'Set appendonly yes in'],
      ['appendfsync', 'no', 'Set appendfsync everysec in'],
      ['maxmemory-policy', 'allkeys-lru', 'Set maxmemory-policy noeviction in'],
    ])('[PSP-STORE-10] with %s %s, unless the user takes it as a cache', async (name, value, advice) => {
      await set(name, value);
      const store = open(server.url);
      await expect(store.put('h/a', bytes('x'), create)).rejects.toMatchObject({
        code: 'UNSUPPORTED',
        message: expect.stringContaining(advice),
      });
      await expect(store.probe()).rejects.toThrow('add durability=cache to the URL');
      const cache = open(server.url, { durability: 'cache' });
      await cache.put('h/a', bytes('x'), create);
      const durability = (await cache.facts!()).find((fact) => fact.name === 'durability')!.value;
      expect(durability).toContain(name === 'maxmemory-policy' ? 'may drop sessions' : 'durability=cache');
    });

    it('where it tells this user nothing of itself; INFO alone is enough', async () => {
      const url = new URL(server.url);
      [url.username, url.password] = ['limited', 'p%40ss'];
      const rights = ['on', '>p@ss', 'allkeys', '+@all', '-config', '+info'];
      await admin.sendCommand(['ACL', 'SETUSER', 'limited', 'reset', ...rights]);
      const store = open(url.href);
      await store.put('h/a', bytes('x'), create);
      expect(JSON.stringify(await store.facts!())).toContain('the server does not tell');
      await set('maxmemory-policy', 'allkeys-lfu');
      await expect(open(url.href).probe()).rejects.toThrow('Set maxmemory-policy noeviction');
      await admin.sendCommand(['ACL', 'SETUSER', 'limited', '-info']);
      await expect(open(url.href).probe()).rejects.toMatchObject({
        code: 'UNSUPPORTED',
        message: expect.stringMatching(/does not tell its appendonly and maxmemory-policy.*durability=cache/),
      });
      await open(url.href, { durability: 'cache' }).put('h/a', bytes('x'), create);
      await admin.sendCommand(['ACL', 'DELUSER', 'limited']);
    });

    it('when it is a replica, or part of a cluster', async () => {
      const [replica, cluster] = await Promise.all([
        startRedis({ replicaof: '127.0.0.1 1' }),
        startRedis({ 'cluster-enabled': 'yes' }),
      ]);
      await expect(open(replica.url).probe()).rejects.toMatchObject({
        code: 'UNSUPPORTED',
        message: expect.stringContaining('replica'),
      });
      await expect(open(cluster.url).probe()).rejects.toMatchObject({
        code: 'UNSUPPORTED',
        message: expect.stringContaining('cluster'),
      });
      await Promise.all([replica.stop(), cluster.stop()]);
    });
  });

  it('says what it promises', async () => {
    const facts = async (): Promise<Record<string, string>> =>
      Object.fromEntries((await open(server.url).facts!()).map(({ name, value }) => [name, value]));
    const found = await facts();
    expect(found['server']).toMatch(/^(?:Redis|Valkey) \d+\.\d+/);
    expect(found['durability']).toContain('on the disk when it is acknowledged (appendfsync always)');
    await set('appendfsync', 'everysec');
    expect((await facts())['durability']).toContain('may cost the last two seconds');
    await set('appendfsync', 'always');
  });

  it('that wants another password, or is not there, is told without a secret', async () => {
    const wrong = new URL(server.url);
    wrong.password = 'canary-of-a-password';
    const none = new URL(server.url);
    none.password = '';
    const gone = new URL(wrong);
    gone.port = '1';
    const number = new URL(`${server.url}/9999`);
    const cases = [
      [wrong, 'STORE_DENIED', 'refused user and password'],
      [none, 'STORE_DENIED', 'wants a password'],
      [gone, 'STORE_UNAVAILABLE', 'no connection (ECONNREFUSED)'],
      [number, 'INVALID_INPUT', 'no database of the number'],
    ] as const;
    for (const [url, code, words] of cases) {
      const error: Error = await open(url.href)
        .get('h/a')
        .then(
          () => expect.fail('it opened'),
          (reason: Error) => reason,
        );
      expect(error).toMatchObject({ code, message: expect.stringContaining(words) });
      expect(error.message).not.toContain('canary');
    }
  });

  it('that is full refuses a put with STORE_FULL, changes nothing, and can be emptied', async () => {
    const store = open(server.url);
    const body = Buffer.alloc(1024 * 1024, 'x');
    const etag = await store.put('h/a', bytes('before'), create);
    await store.put('h/b', body, create);
    await set('maxmemory', '1mb');
    await expect(store.put('h/a', body, { etag })).rejects.toMatchObject({ code: 'STORE_FULL' });
    await expect(store.put('h/c', bytes('x'), create)).rejects.toMatchObject({ code: 'STORE_FULL' });
    expect([text((await store.get('h/a'))?.body), await store.get('h/c')]).toEqual(['before', undefined]);
    await store.remove('h/b');
    expect((await store.list('', { limit: 9 })).items).toEqual([{ key: 'h/a', etag, size: 6 }]);
    await set('maxmemory', '0');
    await store.put('h/a', bytes('after'), { etag });
  });

  it('whose disk is full refuses a put with STORE_FULL, and can be read', async () => {
    await withSmallDisk('3m', async (dir) => {
      const small = await startRedis({ dir, appendfsync: 'everysec' });
      const store = open(small.url);
      const body = Buffer.alloc(1024 * 1024);
      const codes = new Set<string>();
      try {
        for (let number = 0; number < 10; number += 1)
          await store.put(`h/${number}`, body, create).catch(({ code }: { code: string }) => codes.add(code));
        expect([...codes]).toEqual(['STORE_FULL']);
        expect((await store.get('h/0'))?.body.byteLength).toBe(body.byteLength);
      } finally {
        await store.close();
        await small.stop();
      }
    });
  });

  it('whose access list lets a script begin and not end leaves the outcome unknown', async () => {
    const url = new URL(server.url);
    [url.username, url.password] = ['half', 'p'];
    await admin.sendCommand(['ACL', 'SETUSER', 'half', 'reset', 'on', '>p', 'allkeys', '+@all', '-xadd']);
    await expect(open(url.href).put('h/a', bytes('x'), create)).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    await admin.sendCommand(['ACL', 'SETUSER', 'half', '-evalsha']);
    await expect(open(url.href).put('h/b', bytes('x'), create)).rejects.toMatchObject({
      code: 'STORE_DENIED',
      message: expect.stringContaining('lacks permissions'),
    });
    await admin.sendCommand(['ACL', 'DELUSER', 'half']);
  });

  it('[PSP-STORE-11] holds values under the names that the specification gives', async () => {
    const store = open(server.url, { prefix: 'names' });
    const etag = await store.put('h/a', Buffer.from(`${'x'.repeat(1024 * 1024)}y`), create);
    expect(await admin.hGetAll('{names}:etags')).toEqual({ 'h/a': `${etag} 1048577` });
    expect((await admin.hKeys('{names}:value:h/a')).toSorted()).toEqual(['0', '1', 'etag']);
    expect(await admin.hmGet('{names}:value:h/a', ['etag', '1'])).toEqual([etag, 'y']);
    expect(await admin.zRangeWithScores('{names}:keys', 0, -1)).toEqual([{ value: 'h/a', score: 0 }]);
    expect(await admin.xRange('{names}:changes', '-', '+')).toMatchObject([{ message: { key: 'h/a' } }]);
    await store.remove('h/a');
    expect((await admin.keys('{names}:*')).toSorted()).toEqual(['{names}:changes']);
    expect(await admin.xLen('{names}:changes')).toBe(2);
  });

  it('keeps stores apart by prefix and database', async () => {
    const [one, other] = [open(server.url, { prefix: 'one' }), open(server.url, { prefix: 'on' })];
    const third = open(`${server.url}/3`, { prefix: 'one' });
    await one.put('h/a', bytes('one'), create);
    for (const store of [other, third]) {
      expect(await store.get('h/a')).toBeUndefined();
      expect((await store.list('', { limit: 9 })).items).toEqual([]);
      await store.put('h/a', bytes('other'), create);
    }
    expect(text((await one.get('h/a'))?.body)).toBe('one');
    expect(third.url).toBe(`redis://${new URL(server.url).host}/3?prefix=one`);
  });

  it('[PSP-STORE-4] whose value lost a piece gives CORRUPT, and lists it with an etag that replaces it', async () => {
    const store = open(server.url, { prefix: 'damaged' });
    for (const key of ['h/a', 'h/b']) await store.put(key, Buffer.alloc(1024 * 1024 + 1), create);
    for (const damage of [
      ['HDEL', '{damaged}:value:h/a', '1'],
      ['HSET', '{damaged}:value:h/a', 'etag', 'other'],
      ['DEL', '{damaged}:value:h/a'],
    ]) {
      await admin.sendCommand(damage);
      await expect(store.get('h/a')).rejects.toMatchObject({ code: 'CORRUPT' });
      const [item] = (await store.list('h/', { limit: 1 })).items;
      await store.put('h/a', Buffer.alloc(1024 * 1024 + 1), { etag: item!.etag });
      expect((await store.get('h/a'))?.body.byteLength).toBe(1024 * 1024 + 1);
    }
    expect((await store.get('h/b'))?.body.byteLength).toBe(1024 * 1024 + 1);
  });

  it('that is killed under writers has all that was acknowledged when it is back, for the same store', async () => {
    const store = open(server.url);
    for (let round = 1; round <= 3; round += 1) {
      const acknowledged: string[] = [];
      const outcomes = new Set<string>();
      const writers = Array.from({ length: 4 }, async (_, writer) => {
        for (let number = 0; ; number += 1) {
          const key = `r${round}/w${writer}/${number}`;
          const outcome = await store.put(key, bytes(key), create).then(
            () => 'done',
            (error: { code: string }) => error.code,
          );
          if (outcome === 'done') acknowledged.push(key);
          else return outcomes.add(outcome);
        }
      });
      await vi.waitUntil(() => acknowledged.length >= 20);
      await server.kill();
      await Promise.all(writers);
      expect([...outcomes].filter((code) => code !== 'OUTCOME_UNKNOWN' && code !== 'STORE_UNAVAILABLE')).toEqual([]);
      await expect(store.put('h/gone', bytes('x'), create)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
      await server.restart();
      for (const key of acknowledged) expect(text((await store.get(key))?.body)).toBe(key);
      const { items } = await store.list(`r${round}/`, { limit: 1000 });
      for (const { key } of items) expect(text((await store.get(key))?.body)).toBe(key);
    }
  });

  it('whose reply is lost leaves the outcome unknown, and gets the put once; a read is asked again', async () => {
    const proxy = await startProxy(Number(new URL(server.url).port));
    const address = new URL(server.url);
    address.port = String(proxy.port);
    const store = open(address.href, { prefix: 'lost' });
    await store.put('h/a', bytes('one'), create);
    proxy.dropReplies();
    await expect(store.put('h/b', bytes('two'), create)).rejects.toMatchObject({
      code: 'OUTCOME_UNKNOWN',
      message: expect.stringContaining('connection broke'),
    });
    expect(text((await store.get('h/b'))?.body)).toBe('two');
    expect(await admin.xLen('{lost}:changes')).toBe(2);
    proxy.dropReplies();
    expect(text((await store.get('h/a'))?.body)).toBe('one');
    await proxy.stop();
    await expect(store.get('h/a')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await expect(store.put('h/c', bytes('x'), create)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });

  it('tells watchers of changes by others, below their prefix, also after its return, until they stop', async () => {
    const [watcher, writer] = [open(server.url, { prefix: 'watch' }), open(server.url, { prefix: 'watch' })];
    let hints = 0;
    const stop = await watcher.watch!('h/', () => (hints += 1));
    const change = async (work: () => Promise<unknown>): Promise<void> => {
      const before = hints;
      await work();
      await vi.waitUntil(() => hints > before, { timeout: 20_000 });
    };
    await change(() => writer.put('h/a', bytes('x'), create));
    await change(() => writer.remove('h/a'));
    await writer.put('m/a', bytes('x'), create);
    await change(() => writer.put('h/b', bytes('x'), create));
    expect(hints).toBe(3);
    await server.kill();
    await server.restart();
    await change(() => writer.put('h/c', bytes('x'), create));
    await vi.waitUntil(() => hints >= 4);
    await change(() => writer.put('h/d', bytes('x'), create));
    await stop();
    const before = hints;
    await writer.put('h/e', bytes('x'), create);
    await writer.get('h/e');
    expect(hints).toBe(before);
  });
});

describe('TLS', () => {
  const certificate = (name: string): string =>
    fileURLToPath(new URL(`../../../matrix/app/certificate/${name}.pem`, import.meta.url));

  it('is spoken with rediss:, and a server for which nobody vouches is refused', async (context) => {
    context.skip(findProgram('redis-server') === undefined, 'redis-server not found (Debian: redis-server)');
    const port = await freePort();
    const files = { 'tls-cert-file': certificate('certificate'), 'tls-key-file': certificate('key') };
    const server = await startRedis({ ...files, 'tls-auth-clients': 'no', 'tls-port': String(port) });
    const url = `rediss://:${new URL(server.url).password}@localhost:${port}`;
    const ca = await readFile(certificate('certificate'));
    const trusting = guardStore(new RedisStore(url, { ca, servername: 'widget.localhost' }));
    const plain = open(`redis://127.0.0.1:${port}`);
    const distrusting = open(url);
    stores.push(trusting);
    await trusting.put('h/a', bytes('x'), create);
    expect(text((await trusting.get('h/a'))?.body)).toBe('x');
    for (const store of [distrusting, plain])
      await expect(store.get('h/a')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await expect(distrusting.probe()).rejects.toThrow(/SELF_SIGNED.*NODE_EXTRA_CA_CERTS/);
    await server.stop();
  });
});

describe('a URL', () => {
  it.each([
    ['redis://', 'a URL such as'],
    ['redis:', 'a URL such as'],
    ['redis://host/a', 'database number'],
    ['redis://host/-1', 'database number'],
    ['redis://host/?prefix=a%20b', 'as prefix'],
    ['redis://host/?durabilty=cache', 'no other parameters'],
    ['redis://host/?durability=none', 'durability=cache'],
    ['redis://u:secret%zz@host', 'escaped by %'],
  ])('%s is refused with what is expected instead', async (url, words) => {
    await expect(openStore(url)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining(words),
    });
    await expect(openStore(url)).rejects.not.toThrow('secret');
  });

  it('is shown without user and password', async () => {
    const store = await openStore('rediss://me:secret@[::1]:7000/2?prefix=a&durability=cache');
    expect(store.url).toBe('rediss://[::1]:7000/2?prefix=a&durability=cache');
    expect((await openStore('redis://me:secret@host')).url).toBe('redis://host');
  });
});

describe('a program', () => {
  /** What it prints, from a folder without packages. */
  async function output(source: string, external: string[]): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'psp-program-'));
    const outfile = join(folder, 'program.mjs');
    const resolveDir = fileURLToPath(new URL('../src/store', import.meta.url));
    // The client is a CommonJS package, for which a bundle lacks `require`.
    const banner = {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
    };
    const options = { bundle: true, platform: 'node', format: 'esm', logLevel: 'error', banner } as const;
    await build({ ...options, stdin: { contents: source, resolveDir }, outfile, external });
    const { stdout } = await run(process.execPath, [outfile], { timeout: 20_000 });
    await rm(folder, { recursive: true });
    return stdout.trim();
  }

  it('without the client library is told the command that installs it', async () => {
    const source = `import { RedisStore } from './redis.js';
      const store = new RedisStore('redis://127.0.0.1:1');
      await store.get('h/a').catch(({ code, message }) => console.log(code, message));`;
    expect(await output(source, ['redis'])).toBe(
      'PEER_MISSING this store needs the package redis. Run: npm install redis',
    );
  });

  it('that closes nothing ends when its work is done', async (context) => {
    context.skip(redis.missing() !== undefined, redis.missing());
    const server = await redis.start();
    const address = new URL(server.url);
    address.searchParams.set('prefix', `t-${randomUUID()}`);
    const source = `import { RedisStore } from './redis.js';
      const store = new RedisStore(${JSON.stringify(address.href)});
      await store.put('h/a', new Uint8Array(9), { absent: true });
      console.log((await store.get('h/a')).body.byteLength);`;
    expect(await output(source, [])).toBe('9');
    await server.stop();
  });
});
