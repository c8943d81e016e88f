/** The store in PostgreSQL, on a real server: the suite, its errors, its crash; hints of changes. */
import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { describe, expect, it, vi } from 'vitest';
import { postgres } from '../../../servers/postgres.mjs';
import { Archive } from '../src/archive.js';
import { openKeySource } from '../src/seal/key-file.js';
import { startCutProxy } from './support/cut-proxy.js';
import { batch, collectBatches, makeDocument } from './support/session-state.js';
import { sqlServerSuite } from './support/sql-server-suite.js';
import { withSmallDisk } from './support/tmpfs.js';

const run = promisify(execFile);
const MIB = 1024 * 1024;

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
  const put = store.put(key, Buffer.alloc(3 * MIB), create);
  await expect(put).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
  expect((await store.get(key))!.body.byteLength).toBe(3 * MIB);
  await store.close();
  await proxy.close();
});

it('a session of 50 MB comes back as it was saved', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'psp-postgres-'));
  const archive = new Archive(await running.open(), openKeySource({ keyFile: join(folder, 'key.json') }));
  const document = makeDocument();
  const texts = Array.from({ length: 50 }, (_, key) => ({
    key,
    value: { json: randomBytes(MIB / 2).toString('hex') },
  }));
  const batches = texts.map((record) => batch([0, 0, 0], [record]));
  await archive.save({ document, batches });
  const opened = await archive.open(document.id);
  expect(opened.state.document).toEqual(document);
  const found = await collectBatches(opened.state);
  // A difference of 50 MB would be printed.
  expect(found.map(({ records }) => records)).toHaveLength(50);
  expect(found.every(({ records }, index) => JSON.stringify(records) === JSON.stringify([texts[index]]))).toBe(true);
  await rm(folder, { recursive: true });
});

it('a full disk is STORE_FULL, and nothing was changed', async (context) => {
  context.skip(running.server.pid === undefined, 'the disk is not ours to fill');
  const { url } = running.server;
  await withSmallDisk('20m', async (disk) => {
    if (process.getuid?.() === 0) await run('chown', ['postgres', disk]);
    await execute(url, `CREATE TABLESPACE small LOCATION '${disk}'`);
    await execute(url, 'ALTER DATABASE psp SET default_tablespace = small');
    const store = await running.open((one) => one.searchParams.set('table', 'small'));
    try {
      await store.init!();
      const etag = await store.put('a', bytes('one'), create);
      await store.put('b', Buffer.alloc(8 * MIB), create);
      await store.put('c', Buffer.alloc(5 * MIB), create);
      const put = store.put('d', Buffer.alloc(8 * MIB), create);
      await expect(put).rejects.toMatchObject({ code: 'STORE_FULL', message: expect.stringContaining('53100') });
      expect(await store.get('d')).toBeUndefined();
      await store.put('a', bytes('two'), { etag });
    } finally {
      await store.close();
      await execute(url, 'ALTER DATABASE psp RESET default_tablespace');
      await execute(url, 'DROP TABLE IF EXISTS small_pieces, small');
      await execute(url, 'DROP TABLESPACE small');
      // Its other processes have the files open until then.
      await execute(url, 'CHECKPOINT');
    }
  });
});

describe('a watch', () => {
  it('tells of puts and removals of others below its prefix, of no other keys, and of nothing once stopped', async () => {
    const [watching, other] = [await running.open(), await running.open()];
    const base = `watch/${randomUUID()}`;
    const [mine, elsewhere] = [vi.fn<() => void>(), vi.fn<() => void>()];
    const stop = await watching.watch!(`${base}/a`, mine);
    const stopElsewhere = await watching.watch!(`${base}/b`, elsewhere);
    const etag = await other.put(`${base}/a1`, bytes('1'), create);
    await expect.poll(() => mine.mock.calls.length, { timeout: 20_000 }).toBe(1);
    await other.put(`${base}/a1`, bytes('2'), { etag });
    await other.put(`${base}/a1`, bytes('3'), { etag }).catch(() => undefined);
    await expect.poll(() => mine.mock.calls.length, { timeout: 20_000 }).toBe(2);
    await other.put(`${base}/a2`, Buffer.alloc(2 * MIB), create);
    await other.remove(`${base}/a1`);
    await expect.poll(() => mine.mock.calls.length, { timeout: 20_000 }).toBe(4);
    await stop();
    await other.remove(`${base}/a2`);
    await other.put(`${base}/b`, bytes('1'), create);
    await expect.poll(() => elsewhere.mock.calls.length, { timeout: 20_000 }).toBe(1);
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
