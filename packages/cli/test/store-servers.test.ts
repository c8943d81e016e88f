/** psp store on real servers: check of each, and a copy from one to the next that is killed in the middle. Passwords go by standard input. */
import { Archive, openKeySource, openStore, type Store } from '@psp/core';
import { afterAll, beforeAll, expect, test, type TestContext } from 'vitest';
import { mariadb } from '../../../servers/mariadb.mjs';
import { postgres } from '../../../servers/postgres.mjs';
import { redis } from '../../../servers/redis.mjs';
import type { TestServer } from '../../../servers/server.js';
import { makeState } from '../../core/test/support/session-state.js';
import { Home, until } from './psp.js';

const SESSIONS = 60;
const KINDS = [postgres, redis, mariadb];
const MISSING = KINDS.map((kind) => kind.missing()).find((reason) => reason !== undefined);

let home: Home;
const servers: TestServer[] = [];
const stores: Store[] = [];
beforeAll(async () => {
  home = await Home.make();
  if (MISSING !== undefined) return;
  servers.push(...(await Promise.all(KINDS.map((kind) => kind.start()))));
  for (const { url } of servers) stores.push(await openStore(url));
  for (const store of stores) await store.init?.();
});
afterAll(async () => {
  await Promise.all(stores.map((store) => store.close()));
  await Promise.all(servers.map((server) => server.stop()));
  await home.remove();
});

/** All but the epoch, which is each store's own. */
async function contents(store: Store): Promise<Map<string, string>> {
  const all = new Map<string, string>();
  for (const prefix of ['b/', 'h/', 'm/'])
    for (const { key } of (await store.list(prefix, { limit: 1000 })).items)
      all.set(key, Buffer.from((await store.get(key))?.body ?? []).toString('base64'));
  return all;
}

const heads = async (store: Store): Promise<number> => (await store.list('h/', { limit: 1000 })).items.length;

function skipWithoutServers(context: TestContext): void {
  if (MISSING !== undefined) context.skip(MISSING);
}

test('check and init tell of each server, and of no password', async (context) => {
  skipWithoutServers(context);
  for (const [at, pattern] of [/^PostgreSQL 1\d/, /^Redis \d/, /MariaDB|MySQL/].entries()) {
    const { url } = servers[at]!;
    const input = `${url}\n`;
    expect(await home.json(['store', 'init', '-'], { input })).toMatchObject({ ready: true });
    const check = await home.json<{ url: string; facts: object[] }>(['store', 'check', '-'], { input });
    expect(check.facts).toContainEqual({ name: 'server', value: expect.stringMatching(pattern) });
    expect(check.url).not.toBe(url);
    expect(home.outputs.join('')).not.toContain(new URL(url).password);
  }
  const wrong = new URL(servers[0]!.url);
  wrong.password = 'canary-wrong-pass';
  const { code, stderr } = await home.psp(['store', 'check', '-'], { input: wrong.href });
  expect(code).toBe(8);
  expect(stderr).not.toContain('canary-wrong-pass');
});

test('[PSP-COPY-3] a copy over three servers, killed in the middle of each, ends complete', async (context) => {
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
