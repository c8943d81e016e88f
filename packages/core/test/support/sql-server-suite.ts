/** What a store in a SQL server must do besides the suite of stores, for PostgreSQL and MariaDB alike: on a real server of its own. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ServerKind, TestServer } from '../../../../servers/server.js';
import { openStore } from '../../src/store/open.js';
import type { Store } from '../../src/store/store.js';
import { STORE_CASES } from '../../src/testing/index.js';
import { bundleProgram } from './bundle.js';
import { startCutProxy } from './cut-proxy.js';

const run = promisify(execFile);
const MIB = 1024 * 1024;
const create = { absent: true } as const;
/** Some in one piece and some in two. */
const sizeOf = (number: number): number => 10 + (number % 3) * 600_000;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

export interface SqlServer {
  readonly kind: ServerKind;
  /** The package of its client. */
  readonly peer: string;
  /** One statement on the database of the URL. */
  execute(url: string, text: string): Promise<readonly Record<string, unknown>[]>;
  /** A setting by which the server acknowledges too early, and back. */
  readonly weaken: readonly { readonly name: string; readonly weak: string; readonly strong: string }[];
}

export interface Running {
  readonly server: TestServer;
  /** Closed after the tests. */
  open(change?: (url: URL) => void): Promise<Store>;
  child(command: string, ...words: string[]): Promise<string>;
}

/** Gives what further tests of one kind use, once its `beforeAll` has run. */
export function sqlServerSuite(sql: SqlServer): Running {
  const running = startServer(sql);
  suiteOfStores(running);
  errorsOfServer(sql, running);
  pieces(sql, running);
  faults(running);
  processes(running);
  return running;
}

function startServer({ kind }: SqlServer): Running {
  let server: TestServer | undefined;
  let program: string | undefined;
  const stores: Store[] = [];
  const missing = kind.missing();
  beforeEach((context) => context.skip(missing !== undefined, missing));
  beforeAll(async () => {
    if (missing === undefined) server = await kind.start();
    program = await bundleProgram('url-store-child', { peers: true });
  });
  afterAll(async () => {
    for (const store of stores) await store.close();
    await server?.stop();
    if (program !== undefined) await rm(dirname(program), { recursive: true, force: true });
  });
  const urlOf = (change?: (url: URL) => void): string => {
    const url = new URL(server!.url);
    change?.(url);
    return url.href;
  };
  return {
    get server() {
      return server!;
    },
    async open(change) {
      const store = await openStore(urlOf(change));
      stores.push(store);
      return store;
    },
    async child(command, ...words) {
      const env = { ...process.env, PSP_TEST_STORE_URL: server!.url };
      return (await run(process.execPath, [program!, command, ...words], { env })).stdout;
    },
  };
}

function suiteOfStores(running: Running): void {
  describe('the suite of stores', () => {
    let store: Promise<Store> | undefined;
    it.each(STORE_CASES.map(({ name, run: runCase }) => [name, runCase] as const))('%s', async (_name, runCase) => {
      await runCase(await (store ??= running.open()));
    });
  });
}

function errorsOfServer({ kind, peer, execute, weaken }: SqlServer, running: Running): void {
  describe('an error', () => {
    const failure = async (change: (url: URL) => void): Promise<{ code: string; message: string }> => {
      const store = await running.open(change);
      const error: unknown = await store.get('a').catch((reason: unknown) => reason);
      const { password } = new URL(running.server.url);
      expect(String(error)).not.toContain(password);
      expect(`${String(error)} ${store.url}`).not.toContain('@');
      return error as { code: string; message: string };
    };

    it('of a wrong password is STORE_DENIED', async () => {
      const secret = randomUUID();
      const error = await failure((url) => (url.password = secret));
      expect(error.code).toBe('STORE_DENIED');
      expect(error.message).not.toContain(secret);
    });

    it('of a server that is not there is STORE_UNAVAILABLE, for a put too, and says what to check', async () => {
      const away = (url: URL): void => void (url.port = '1');
      expect(await failure(away)).toMatchObject({
        code: 'STORE_UNAVAILABLE',
        message: expect.stringMatching(/127\.0\.0\.1:1\/.*ECONNREFUSED.*host and port/),
      });
      const put = (await running.open(away)).put('a', bytes('x'), create);
      await expect(put).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    });

    it('of a missing table, or database, is STORE_MISSING and names psp store init, which makes it, also twice at once', async () => {
      for (const change of [
        // A word of the language.
        (url: URL) => url.searchParams.set('table', 'order'),
        (url: URL) => (url.pathname = '/psp_none'),
      ]) {
        const { code, message } = await failure(change);
        expect(code).toBe('STORE_MISSING');
        const store = await running.open(change);
        expect(message).toContain(`Run: psp store init ${store.url}`);
        const others = await Promise.all([1, 2, 3].map(() => running.open(change)));
        await Promise.all(others.map((other) => other.init!()));
        await store.put('a', bytes('x'), create);
        await store.init!();
        expect(Buffer.from((await store.get('a'))!.body).toString()).toBe('x');
      }
      expect(await (await running.open()).get('a')).toBeUndefined();
      for (const table of ['order_pieces', 'order']) {
        const quote = kind.name === 'postgres' ? '"' : '`';
        await execute(running.server.url, `DROP TABLE ${quote}${table}${quote}`);
      }
    });

    it('of a URL is INVALID_INPUT and does not repeat it', async () => {
      const scheme = new URL(running.server.url).protocol;
      const bad = [
        '//u:canary@h:x/d',
        '//u:canary@h/d?table=A',
        '//u:canary@h/d?table=a;b',
        '//u:canary@h/d?durability=no',
      ];
      for (const rest of bad) {
        const opened = openStore(`${scheme}${rest}`);
        await expect(opened).rejects.toMatchObject({
          code: 'INVALID_INPUT',
          message: expect.not.stringContaining('canary'),
        });
      }
    });

    it('of a missing client library is PEER_MISSING and names the command that installs it', async () => {
      const alone = await bundleProgram('url-store-child');
      const env = { ...process.env, PSP_TEST_STORE_URL: running.server.url };
      const { stdout } = await run(process.execPath, [alone, 'get', 'a'], { env });
      await rm(dirname(alone), { recursive: true });
      expect(stdout).toMatch(/^PEER_MISSING /);
      expect(stdout).toContain(`npm install ${peer}`);
    });

    it.each(weaken)(
      '[PSP-STORE-3] of a server with $name = $weak is UNSUPPORTED unless that is accepted',
      async (setting) => {
        const { name, weak, strong } = setting;
        const set = async (value: string): Promise<void> => {
          if (kind.name === 'mariadb') return void (await execute(running.server.url, `SET GLOBAL ${name} = ${value}`));
          await execute(running.server.url, `ALTER SYSTEM SET ${name} = ${value}`);
          await execute(running.server.url, 'SELECT pg_reload_conf(), pg_sleep(0.2)');
        };
        await set(weak);
        try {
          expect(await failure(() => undefined)).toMatchObject({
            code: 'UNSUPPORTED',
            message: expect.stringMatching(new RegExp(`${name} = ${weak}.*durability=cache`)),
          });
          const accepted = await running.open((url) => url.searchParams.set('durability', 'cache'));
          expect(await accepted.get('a')).toBeUndefined();
          const durability = (await accepted.facts!()).find((fact) => fact.name === 'durability');
          expect(durability?.value).toContain(`${name} = ${weak}`);
        } finally {
          await set(strong);
        }
      },
    );
  });
}

function pieces({ execute }: SqlServer, running: Running): void {
  describe('a body above 1 MiB', () => {
    const count = async (key: string): Promise<number> =>
      Number(
        (await execute(running.server.url, `SELECT COUNT(*) AS n FROM psp_store_pieces WHERE name = '${key}'`))[0]![
          'n'
        ],
      );

    it('is replaced with all its pieces, and leaves none behind', async () => {
      const store = await running.open();
      const key = `pieces/${randomUUID()}`;
      let etag: string | undefined;
      const seen: number[] = [];
      for (const size of [3 * MIB, 2 * MIB + 1, 8 * MIB, MIB, 3 * MIB, 1]) {
        const body = Buffer.alloc(size, randomUUID());
        etag = await store.put(key, body, etag === undefined ? create : { etag });
        seen.push(await count(key));
        expect(Buffer.from((await store.get(key))!.body).equals(body)).toBe(true);
      }
      expect(seen).toEqual([2, 2, 7, 0, 2, 0]);
      await store.put(key, Buffer.alloc(2 * MIB), { etag: etag! });
      await store.remove(key);
      expect(await count(key)).toBe(0);
    });

    it('of 8 writers at once is that of one of them, whole', async () => {
      const store = await running.open();
      const key = `pieces/${randomUUID()}`;
      const etag = await store.put(key, Buffer.alloc(2 * MIB), create);
      const bodies = [1, 2, 3, 4, 5, 6, 7, 8].map((fill) => Buffer.alloc(2 * MIB + fill, fill));
      const puts = await Promise.allSettled(bodies.map((body) => store.put(key, body, { etag })));
      const winner = puts.findIndex(({ status }) => status === 'fulfilled');
      expect(puts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(Buffer.from((await store.get(key))!.body).equals(bodies[winner]!)).toBe(true);
    });

    it('[PSP-STORE-4] that lacks a piece is CORRUPT, costs no other key, and can be replaced by the etag of the list', async () => {
      const store = await running.open();
      const base = `damaged/${randomUUID()}`;
      for (const name of ['a', 'b', 'c']) await store.put(`${base}/${name}`, Buffer.alloc(3 * MIB), create);
      await execute(running.server.url, `DELETE FROM psp_store_pieces WHERE name = '${base}/b' AND number = 1`);
      await expect(store.get(`${base}/b`)).rejects.toMatchObject({ code: 'CORRUPT' });
      const { items } = await store.list(base, { limit: 10 });
      expect(items.map(({ key, size }) => [key, size])).toEqual(
        ['a', 'b', 'c'].map((name) => [`${base}/${name}`, 3 * MIB]),
      );
      await store.put(`${base}/b`, bytes('new'), { etag: items[1]!.etag });
      expect(Buffer.from((await store.get(`${base}/b`))!.body).toString()).toBe('new');
    });
  });
}

function faults(running: Running): void {
  describe('a connection that breaks', () => {
    it('after the commit is OUTCOME_UNKNOWN, and the store goes on with another', async () => {
      const proxy = await startCutProxy(running.server.url);
      const store = await running.open((url) => (url.port = new URL(proxy.url).port));
      const key = `cut/${randomUUID()}`;
      // Prepared by now: what is cut below is the reply to the put itself.
      let etag = await store.put(key, bytes('one'), create);
      etag = await store.put(key, bytes('two'), { etag });
      proxy.cutAt(() => true);
      await expect(store.put(key, bytes('three'), { etag })).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
      expect(Buffer.from((await store.get(key))!.body).toString()).toBe('three');
      await store.close();
      await proxy.close();
    });

    it('before the commit is STORE_UNAVAILABLE, and nothing was changed', async () => {
      const proxy = await startCutProxy(running.server.url);
      const store = await running.open((url) => (url.port = new URL(proxy.url).port));
      const key = `cut/${randomUUID()}`;
      expect(await store.get(key)).toBeUndefined();
      // The reply to BEGIN.
      proxy.cutAt(() => true);
      await expect(store.put(key, Buffer.alloc(3 * MIB), create)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
      expect(await store.get(key)).toBeUndefined();
      await store.close();
      await proxy.close();
    });
  });

  it('a server that is killed under writes has all that it acknowledged, and stores go on when it is back', async (context) => {
    context.skip(running.server.pid === undefined, 'the server is not ours to kill');
    const store = await running.open();
    const lanes = [1, 2, 3, 4].map((lane) => ({ key: `crash/${randomUUID()}/${lane}`, acknowledged: 0, etag: '' }));
    const write = async (lane: (typeof lanes)[number]): Promise<unknown> => {
      for (let number = lane.acknowledged + 1; ; number += 1) {
        const body = Buffer.from(`${number} `.padEnd(sizeOf(number), 'x'));
        try {
          lane.etag = await store.put(lane.key, body, lane.etag === '' ? create : { etag: lane.etag });
        } catch (error) {
          return error;
        }
        lane.acknowledged = number;
      }
    };
    const writes = lanes.map(write);
    await expect
      .poll(() => Math.min(...lanes.map(({ acknowledged }) => acknowledged)), { timeout: 30_000 })
      .toBeGreaterThan(4);
    await running.server.kill();
    for (const error of await Promise.all(writes)) {
      expect(['OUTCOME_UNKNOWN', 'STORE_UNAVAILABLE']).toContain((error as { code?: string }).code);
    }
    await expect(store.get('a')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await running.server.restart();
    for (const lane of lanes) {
      const { etag, body } = (await store.get(lane.key))!;
      const number = Number.parseInt(Buffer.from(body).toString(), 10);
      expect([lane.acknowledged, lane.acknowledged + 1]).toContain(number);
      expect(body.byteLength).toBe(sizeOf(number));
      await store.put(lane.key, bytes('on'), { etag });
    }
  });
}

function processes(running: Running): void {
  it('4 processes lose no increment: 4 x 50; and end, though none closed its store', async () => {
    const store = await running.open();
    const key = `counter/${randomUUID()}`;
    await store.put(key, bytes('0'), create);
    await Promise.all([1, 2, 3, 4].map(() => running.child('increment', key, '50')));
    expect(Buffer.from((await store.get(key))!.body).toString()).toBe('200');
  });
}
