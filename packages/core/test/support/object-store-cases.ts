/** What holds of every store in an object store: run on each of the servers. */
import { randomUUID } from 'node:crypto';
import { PspError } from '@psp/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ServerKind, TestServer } from '../../../../servers/server.js';
import { openStore } from '../../src/store/open.js';
import type { ObjectClient } from '../../src/store/object/client.js';
import { STORE_CASES } from '../../src/testing/store-suite.js';
import type { Store } from '../../src/store/store.js';
import { cuttingProxy, type CuttingProxy } from './cutting-proxy.js';

/** Ceph needs 12 s on an idle machine. */
const START_MS = 120_000;

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const scratch = (): string => `own/${randomUUID()}`;
const isWrite = (method: string | undefined): boolean => method === 'PUT' || method === 'POST';

export interface ObjectServer {
  readonly server: TestServer;
  readonly store: Store;
  /** The URL of the server with something else in it. */
  changed(change: { host?: string; endpoint?: string; secret?: string; prefix?: string }): string;
}

/** The server of one kind, started once for the tests of a file. Without one they are skipped; in CI the run does not begin then. */
export function useServer(kind: ServerKind): ObjectServer {
  const reason = kind.missing();
  let server: TestServer;
  let store: Store;
  beforeEach((context) => {
    if (reason !== undefined) context.skip(reason);
  });
  beforeAll(async () => {
    if (reason !== undefined) return;
    server = await kind.start();
    store = await openStore(server.url);
  }, START_MS);
  afterAll(async () => {
    if (reason !== undefined) return;
    await store.close();
    await server.stop();
  });
  return {
    get server() {
      return server;
    },
    get store() {
      return store;
    },
    changed({ host, endpoint, secret, prefix }) {
      const url = new URL(server.url);
      const [, path = ''] = /^https?:\/\/[^/]+(.*)$/.exec(url.searchParams.get('endpoint') ?? '') ?? [];
      if (endpoint !== undefined) url.searchParams.set('endpoint', `${endpoint}${path}`);
      if (secret !== undefined) url.password = encodeURIComponent(secret);
      if (host !== undefined) url.host = host;
      if (prefix !== undefined) url.pathname = `/${prefix}`;
      return url.href;
    },
  };
}

/** `clientOf` gives the driver's own client, which knows nothing of keys and nonces. */
export function objectStoreCases(at: ObjectServer, clientOf: (url: string) => Promise<ObjectClient>): void {
  describe('keeps the promises of a store', () => {
    it.each(STORE_CASES)('$name', ({ run }) => run(at.store));
  });

  describe('an error', () => {
    const codeOf = async (url: string): Promise<unknown> => {
      const store = await openStore(url);
      const secret = new URL(url).password;
      expect(secret === '' ? '' : store.url).not.toContain(secret || 'x');
      const error = await store.get('h/a').catch((thrown: unknown) => thrown);
      await store.close();
      if (!(error instanceof PspError)) throw new Error('expected a PspError');
      expect(secret === '' ? '' : error.message).not.toContain(secret || 'x');
      return `${error.code}: ${error.message}`;
    };

    it('names the command that makes a bucket where there is none, and a read makes none', async () => {
      const url = at.changed({ host: `psp-${randomUUID()}` });
      const shown = (await openStore(url)).url;
      expect(await codeOf(url)).toMatch(/^STORE_MISSING: .*psp store init/);
      expect(await codeOf(url)).toContain(`psp store init '${shown}'`);
      const store = await openStore(url);
      await store.init?.();
      await store.init?.();
      expect(await store.get('h/a')).toBeUndefined();
      await store.close();
    });

    it('is none where two make the bucket at the same moment', async () => {
      const url = at.changed({ host: `psp-${randomUUID()}` });
      const stores = await Promise.all(Array.from({ length: 4 }, () => openStore(url)));
      await Promise.all(stores.map(async (store) => store.init?.()));
      expect(await stores[0]!.get('h/a')).toBeUndefined();
      await Promise.all(stores.map((store) => store.close()));
    });

    it('names the endpoint where nobody listens', async () => {
      const origin = 'http://127.0.0.1:1';
      expect(await codeOf(at.changed({ endpoint: origin }))).toMatch(
        /^STORE_UNAVAILABLE: .*: http:\/\/127\.0\.0\.1:1\b.* \(ECONNREFUSED\)/,
      );
    });
  });

  describe('an object', () => {
    it('[PSP-STORE-20] is the value after 16 bytes; of somebody else it is not listed, also where it fills pages', async () => {
      const prefix = `other-${randomUUID()}`;
      const client = await clientOf(at.server.url);
      for (const name of ['a', 'b/Thumbs.db', 'b/_', 'b/c~', 'z'])
        await client.put(`${prefix}/${name}`, Buffer.alloc(17), { absent: true });
      client.close();
      const store = await openStore(at.changed({ prefix }));
      expect((await store.list('', { limit: 1 })).items).toMatchObject([{ key: 'a', size: 1 }]);
      expect(await store.list('', { after: 'a', limit: 1 })).toMatchObject({ items: [{ key: 'z' }] });
      await store.close();
    });

    it('[PSP-STORE-4] that is cut short is CORRUPT, is listed, and can be replaced by the etag of the list', async () => {
      const prefix = `cut-${randomUUID()}`;
      const client = await clientOf(at.server.url);
      await client.put(`${prefix}/h/a`, Buffer.alloc(15), { absent: true });
      client.close();
      const store = await openStore(at.changed({ prefix }));
      await expect(store.get('h/a')).rejects.toMatchObject({ code: 'CORRUPT' });
      const [item] = (await store.list('h/', { limit: 9 })).items;
      await store.put('h/a', bytes('new'), { etag: item!.etag });
      expect(Buffer.from((await store.get('h/a'))!.body).toString()).toBe('new');
      await store.close();
    });
  });

  describe('a reply that is lost', () => {
    let proxy: CuttingProxy;
    let store: Store;
    beforeAll(async () => {
      if (at.server === undefined) return;
      const endpoint = new URL(at.server.url).searchParams.get('endpoint') ?? '';
      proxy = await cuttingProxy(endpoint);
      store = await openStore(at.changed({ endpoint: proxy.origin }));
      await store.probe();
    });
    afterAll(async () => {
      await store?.close();
      await proxy?.close();
    });
    const cutWrites = (count: number): void => {
      let left = count;
      proxy.seen.length = 0;
      proxy.cut = ({ method }) => isWrite(method) && (left -= 1) >= 0;
    };
    const writes = (): string[] => proxy.seen.filter((one) => isWrite(one.split(' ')[0]));

    it('[PSP-STORE-21] after a commit is settled: the writer knows its own object, and nothing is written twice', async () => {
      const key = scratch();
      cutWrites(1);
      const first = await store.put(key, bytes('one'), { absent: true });
      expect(writes()).toEqual([expect.stringMatching(/ 20\d$/), expect.stringMatching(/ (?:412|409)$/)]);
      cutWrites(1);
      const second = await store.put(key, bytes('two'), { etag: first });
      const found = (await at.store.get(key))!;
      expect([found.etag, Buffer.from(found.body).toString()]).toEqual([second, 'two']);
    });

    it('[PSP-STORE-21] of a refusal is a conflict or unknown, never done', async () => {
      const key = scratch();
      await at.store.put(key, bytes('theirs'), { absent: true });
      cutWrites(1);
      await expect(store.put(key, bytes('mine'), { absent: true })).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
      expect(Buffer.from((await at.store.get(key))!.body).toString()).toBe('theirs');
    });

    it('[PSP-STORE-21] of a commit that somebody replaced since is OUTCOME_UNKNOWN, never a conflict', async () => {
      const key = scratch();
      const old = await at.store.put(key, bytes('old'), { absent: true });
      proxy.cut = async ({ method }, status) => {
        if (!isWrite(method) || status >= 300) return false;
        const { etag } = (await at.store.get(key))!;
        await at.store.put(key, bytes('theirs'), { etag });
        return true;
      };
      await expect(store.put(key, bytes('mine'), { etag: old })).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    });

    it('every time is OUTCOME_UNKNOWN, and the value is there', async () => {
      const key = scratch();
      proxy.cut = () => true;
      await expect(store.put(key, bytes('x'), { absent: true })).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
      expect(Buffer.from((await at.store.get(key))!.body).toString()).toBe('x');
    });
  });
}
