/** The store in PostgreSQL, on a real server: the suite, its errors, its crash; hints of changes. */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { describe, expect, it, vi } from 'vitest';
import { postgres } from '../../../servers/postgres.mjs';
import { startCutProxy } from './support/cut-proxy.js';
import { sqlServerSuite } from './support/sql-server-suite.js';

const create = { absent: true } as const;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

async function execute(url: string, text: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<Record<string, unknown>>(text);
  await client.end();
  return rows;
}

const running = sqlServerSuite({
  kind: postgres,
  peer: 'pg',
  weaken: [
    { name: 'fsync', weak: 'off', strong: 'on' },
    { name: 'synchronous_commit', weak: 'off', strong: 'on' },
  ],
  execute,
});

it('a connection that breaks in the commit of pieces is OUTCOME_UNKNOWN', async () => {
  const proxy = await startCutProxy(running.server.url);
  const store = await running.open((url) => (url.port = new URL(proxy.url).port));
  const key = `cut/${randomUUID()}`;
  proxy.cutAt((chunk) => chunk.includes('COMMIT\0'));
  const put = store.put(key, Buffer.alloc(3 * 1024 * 1024), create);
  await expect(put).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
  expect((await store.get(key))!.body.byteLength).toBe(3 * 1024 * 1024);
  await store.close();
  await proxy.close();
});

describe('a watch', () => {
  it('tells of puts and removals of others below its prefix, of no other keys, and of nothing once stopped', async () => {
    const [watching, other] = [await running.open(), await running.open()];
    const base = `watch/${randomUUID()}`;
    const [mine, elsewhere] = [vi.fn<() => void>(), vi.fn<() => void>()];
    const stop = await watching.watch!(`${base}/a`, mine);
    const stopElsewhere = await watching.watch!(`${base}/b`, elsewhere);
    const etag = await other.put(`${base}/a1`, bytes('1'), create);
    await expect.poll(() => mine.mock.calls.length).toBe(1);
    await other.put(`${base}/a1`, bytes('2'), { etag });
    await other.put(`${base}/a1`, bytes('3'), { etag }).catch(() => undefined);
    await expect.poll(() => mine.mock.calls.length).toBe(2);
    await other.put(`${base}/a2`, Buffer.alloc(2 * 1024 * 1024), create);
    await other.remove(`${base}/a1`);
    await expect.poll(() => mine.mock.calls.length).toBe(4);
    await stop();
    await other.remove(`${base}/a2`);
    await other.put(`${base}/b`, bytes('1'), create);
    await expect.poll(() => elsewhere.mock.calls.length).toBe(1);
    expect(mine).toHaveBeenCalledTimes(4);
    await stopElsewhere();
  });

  it('goes on after its connection broke, with a hint of what may have been missed', async () => {
    const store = await running.open();
    const key = `watch/${randomUUID()}`;
    const hint = vi.fn<() => void>();
    const stop = await store.watch!(key, hint);
    await execute(
      running.server.url,
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'",
    );
    await expect.poll(() => hint.mock.calls.length, { timeout: 20_000 }).toBe(1);
    await store.put(key, bytes('1'), create);
    await expect.poll(() => hint.mock.calls.length, { timeout: 20_000 }).toBe(2);
    await stop();
  });

  it('that cannot begin says why', async () => {
    const store = await running.open((url) => (url.port = '1'));
    await expect(store.watch!('a', () => undefined)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });
});
