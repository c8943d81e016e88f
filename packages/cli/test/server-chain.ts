/** Stores on real servers for tests of psp store, and a copy from each to the next that is killed in the middle. Passwords go by standard input. */
import { Archive, openKeySource, openStore, type Store } from '@psp/core';
import { afterAll, beforeAll, expect, test, type TestContext } from 'vitest';
import type { ServerKind, TestServer } from '../../../servers/server.js';
import { makeState } from '../../core/test/support/session-state.js';
import { Home, until } from './psp.js';

const SESSIONS = 60;

export let home: Home;
export const servers: TestServer[] = [];
const stores: Store[] = [];
let missing: string | undefined;

/** A server of each kind, with a store that is made, for the tests of one file. */
export function useServers(kinds: readonly ServerKind[]): void {
  missing = kinds.map((kind) => kind.missing()).find((reason) => reason !== undefined);
  beforeAll(async () => {
    home = await Home.make();
    if (missing !== undefined) return;
    servers.push(...(await Promise.all(kinds.map((kind) => kind.start()))));
    for (const { url } of servers) stores.push(await openStore(url));
    for (const store of stores) await store.init?.();
  });
  afterAll(async () => {
    await Promise.all(stores.map((store) => store.close()));
    await Promise.all(servers.map((server) => server.stop()));
    await home.remove();
  });
}

export function skipWithoutServers(context: TestContext): void {
  if (missing !== undefined) context.skip(missing);
}

/** All but the epoch, which is each store's own. */
async function contents(store: Store): Promise<Map<string, string>> {
  const all = new Map<string, string>();
  for (const prefix of ['b/', 'h/', 'm/'])
    for (const { key } of (await store.list(prefix, { limit: 1000 })).items)
      all.set(key, Buffer.from((await store.get(key))?.body ?? []).toString('base64'));
  return all;
}

const heads = async (store: Store): Promise<number> => (await store.list('h/', { limit: 1000 })).items.length;

/** Defines the test. `names` are those of the servers in use, in their order. */
export function testCopies(names: string): void {
  test(`[PSP-COPY-3] a copy over ${names}, killed in the middle of each, ends complete`, async (context) => {
    skipWithoutServers(context);
    const [first, ...others] = stores;
    const archive = new Archive(first!, openKeySource({ keyFile: home.path('key.json') }));
    for (let made = 0; made < SESSIONS; made += 1) {
      const state = makeState();
      const { revision } = await archive.save(state);
      if (made % 10 === 0) await archive.save(state, { base: revision });
      if (made % 15 === 0) await archive.remove(state.document.id);
    }
    const all = await contents(first!);
    for (const [at, store] of others.entries()) {
      const input = `${servers[at]!.url}\n${servers[at + 1]!.url}\n`;
      const started = home.start(['store', 'copy', '-', '-']);
      started.child.stdin?.end(input);
      await until(async () => (await heads(store)) >= 5, 5);
      started.child.kill('SIGKILL');
      expect((await started.ended).code).toBeNull();
      expect(await heads(store)).toBeLessThan(SESSIONS);
      const report = await home.json<{ counts: Record<string, number> }>(['store', 'copy', '-', '-'], { input });
      expect(report).toMatchObject({ total: SESSIONS, notices: [] });
      expect(report.counts['copied']).toBeGreaterThan(0);
      expect(report.counts['same']).toBeGreaterThan(0);
      expect(await contents(store)).toEqual(all);
    }
  });
}
