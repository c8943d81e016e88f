/** The store in S3, on Ceph's gateway: its promises, its errors, lost replies, its death; and on a fake the habits of other servers. */
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as sdk from '@aws-sdk/client-s3';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { radosgw } from '../../../servers/radosgw.mjs';
import { Archive } from '../src/archive.js';
import { openKeySource } from '../src/seal/key-file.js';
import type { RecordBatch } from '../src/state.js';
import { readLocation } from '../src/store/object/location.js';
import { openStore } from '../src/store/open.js';
import { S3ObjectClient } from '../src/store/s3/client.js';
import { objectStoreCases, useServer } from './support/object-store-cases.js';
import { s3Fake, type S3Habits } from './support/s3-fake.js';
import { batch, makeDocument } from './support/session-state.js';

const at = useServer(radosgw);
objectStoreCases(at, async (url) => new S3ObjectClient(sdk, readLocation(url, {})));

it('its library is told to be quiet of versions of Node while a client is made, and not for longer', () => {
  const name = 'AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED';
  const before = process.env[name];
  const seen: unknown[] = [];
  class S3Client extends sdk.S3Client {
    constructor(options: sdk.S3ClientConfig) {
      seen.push(process.env[name]);
      super(options);
    }
  }
  expect(new S3ObjectClient({ ...sdk, S3Client }, readLocation('s3://bucket?region=x', { region: /x/ })).endpoint).toBe(
    'Amazon S3',
  );
  expect([seen, process.env[name]]).toEqual([[before ?? 'true'], before]);
});

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('on Ceph', () => {
  it('the wrong secret is STORE_DENIED, which does not show it', async () => {
    const store = await openStore(at.changed({ secret: 'hunter2' }));
    const error: Error = await store.get('h/a').catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'STORE_DENIED', message: expect.stringContaining('SignatureDoesNotMatch') });
    expect(error.message).not.toContain('hunter2');
  });

  it('etags go without quotes, which the facts tell', async () => {
    const facts = await at.store.facts!();
    expect(facts).toContainEqual({
      name: 'server',
      value: expect.stringMatching(/^S3, etags without quotes at http:/),
    });
    expect(facts.map(({ name }) => name)).toEqual(['server', 'durability', 'conditions', 'limits']);
  });

  it('an etag that only begins as the current one is refused: Ceph itself would take it', async () => {
    const etag = await at.store.put('longer/a', bytes('x'), { absent: true });
    await expect(at.store.put('longer/a', bytes('y'), { etag: `${etag}0` })).rejects.toMatchObject({
      code: 'CONFLICT',
    });
  });

  it('what was acknowledged outlives the gateway, which is named while it is dead', async (context) => {
    if (at.server.pid === undefined) context.skip('the server is not ours to kill');
    const etag = await at.store.put('h/kept', bytes('x'), { absent: true });
    await at.server.kill();
    await expect(at.store.get('h/kept')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await expect(at.store.put('h/kept', bytes('y'), { etag })).rejects.toMatchObject({
      code: expect.stringMatching(/^(?:STORE_UNAVAILABLE|OUTCOME_UNKNOWN)$/),
    });
    await at.server.restart();
    expect((await at.store.get('h/kept'))?.etag).toBe(etag);
    await at.store.put('h/kept', bytes('y'), { etag });
  });

  it('a clock that is an hour wrong is set right by the answer', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 });
    onTestFinished(() => void vi.useRealTimers());
    const store = await openStore(at.server.url);
    const etag = await store.put('clock/a', bytes('x'), { absent: true });
    expect((await store.get('clock/a'))?.etag).toBe(etag);
    await store.close();
  });

  it('a session of 50 MB comes back through the archive', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'psp-s3-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const store = await openStore(at.changed({ prefix: 'archive' }));
    const archive = new Archive(store, openKeySource({ keyFile: join(folder, 'key.json') }));
    const document = makeDocument();
    const text = 'a session of 50 MB '.repeat(2 ** 16);
    const batches = function* (): Generator<RecordBatch> {
      for (let key = 0; key < 42; key += 1) yield batch([0, 0, 0], [{ key, value: `${key} ${text}` }]);
    };
    await archive.save({ document, batches: batches() });
    const digest = async (all: Iterable<RecordBatch> | AsyncIterable<RecordBatch>): Promise<string> => {
      const hash = createHash('sha256');
      for await (const { at: place, json } of all) hash.update(place.join()).update(json);
      return hash.digest('hex');
    };
    expect(await digest((await archive.open(document.id)).state.batches)).toBe(await digest(batches()));
    await archive.close();
  });
});

describe('on other servers', () => {
  const open = async (habits: S3Habits) => openStore(await s3Fake(habits, onTestFinished));

  it.each([true, false])('etags are written as the server takes them (quoted: %s)', async (isQuoted) => {
    const store = await open({ isQuoted });
    const etag = await store.put('h/a', bytes('x'), { absent: true });
    await store.put('h/a', bytes('y'), { etag });
    const [server] = await store.facts!();
    expect(server?.value).toContain(isQuoted ? 'etags in quotes' : 'etags without quotes');
  });

  it.each(['if-match', 'if-none-match'] as const)('[PSP-STORE-3] one that ignores %s is refused', async (ignores) => {
    const store = await open({ ignores });
    for (const use of [store.probe(), store.get('h/a'), store.put('h/a', bytes('x'), { absent: true })])
      await expect(use).rejects.toMatchObject({ code: 'UNSUPPORTED', message: expect.stringContaining('bucket') });
  });

  it('one that lists in another order is refused, for pages would skip keys', async () => {
    const store = await open({ isReversed: true });
    for (const key of ['h/a', 'h/b']) await store.put(key, bytes('x'), { absent: true });
    await expect(store.list('h/', { limit: 9 })).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });

  it.each([
    ['409 ConditionalRequestConflict', 'done'],
    ['503 SlowDown', 'done'],
    ['500 InternalError', 'done'],
    ['403 AccessDenied', 'STORE_DENIED'],
    ['403 QuotaExceeded', 'STORE_FULL'],
    ['501 NotImplemented', 'UNSUPPORTED'],
    ['404 NoSuchBucket', 'STORE_MISSING'],
    ['404 NoSuchKey', 'CONFLICT'],
  ])('%s to a put is %s', async (answer, outcome) => {
    const answers: string[] = [];
    const store = await open({ answers });
    await store.probe();
    answers.push(answer);
    const put = store.put('h/a', bytes('x'), { absent: true });
    expect(
      await put.then(
        () => 'done',
        ({ code }: { code: string }) => code,
      ),
    ).toBe(outcome);
  });

  it('what was found out is asked once in a process; what a killed trial left a day ago is removed', async () => {
    const answers: string[] = [];
    const url = await s3Fake({ answers, isQuoted: false, modified: '2026-01-01T00:00:00Z' }, onTestFinished);
    const first = await openStore(url);
    const etag = await first.put('probe/left', bytes('x'), { absent: true });
    const second = await openStore(url);
    // A trial would meet it.
    answers.push('501 NotImplemented');
    await second.probe();
    expect(answers).toHaveLength(1);
    answers.pop();
    expect(await first.get('probe/left')).toBeUndefined();
    await expect(second.put('probe/left', bytes('y'), { etag })).rejects.toMatchObject({ code: 'CONFLICT' });
    const again = await second.put('h/a', bytes('y'), { absent: true });
    await second.put('h/a', bytes('z'), { etag: again });
  });

  it('who may only read does so, and is told at the first put', async () => {
    const store = await open({ answers: Array<string>(3).fill('403 AccessDenied') });
    expect(await store.get('h/a')).toBeUndefined();
    await expect(store.put('h/a', bytes('x'), { absent: true })).rejects.toMatchObject({ code: 'STORE_DENIED' });
  });
});

describe('a URL', () => {
  it('is shown without what it takes to get in', async () => {
    const store = await openStore('s3://AKIA:hunt%2Fer2@bucket/a/b?region=eu-central-1&endpoint=https://s3.example');
    expect(store.url).toBe('s3://bucket/a/b?region=eu-central-1&endpoint=https://s3.example');
  });

  it('without a region says how to name one', async () => {
    vi.stubEnv('AWS_REGION', undefined);
    vi.stubEnv('AWS_CONFIG_FILE', '/dev/null');
    onTestFinished(() => void vi.unstubAllEnvs());
    await expect(openStore('s3://bucket')).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('AWS_REGION'),
    });
  });

  it.each([
    's3://',
    's3:bucket',
    's3://hunter2:@bucket',
    's3://:hunter2@bucket',
    's3://a:hunter2%@bucket',
    's3://a:hunter2@b/ucket%20x',
    's3://a:hunter2@bucket/a//b',
    's3://a:hunter2@bucket/..%2f',
    's3://a:hunter2@bucket?endpont=http://127.0.0.1',
    's3://a:hunter2@bucket?endpoint=http://me:hunter2@127.0.0.1',
    's3://a:hunter2@bucket?endpoint=file:///hunter2',
    's3://a:hunter2@bucket?pathStyle=hunter2',
    's3://a:hunter2@bucket#hunter2',
    'gs://bucket?region=x',
    'azure://hunter2@container',
  ])('%s is refused, and nothing of it repeated that may be secret', async (url) => {
    const error: Error = await openStore(url).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'INVALID_INPUT' });
    expect(error.message).not.toContain('hunter2');
  });
});
