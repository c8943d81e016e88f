/** The store in Google Cloud Storage: on our fake of it, or with PSP_TEST_GCS_URL on a real bucket. */
import { Socket } from 'node:net';
import * as sdk from '@google-cloud/storage';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { gcsFake } from '../../../servers/gcs-fake.mjs';
import { googleClient } from '../src/store/gcs/client.js';
import { gcsFailure } from '../src/store/gcs/failure.js';
import { readLocation } from '../src/store/object/location.js';
import { openStore } from '../src/store/open.js';
import { cuttingProxy } from './support/cutting-proxy.js';
import { objectStoreCases, useServer } from './support/object-store-cases.js';

const at = useServer(gcsFake);
objectStoreCases(at, async (url) => googleClient(sdk, readLocation(url, {})));
afterEach(() => vi.restoreAllMocks());

describe('with an endpoint that is not Google', () => {
  it('nobody else is asked for anything: no metadata service, no token', async () => {
    const hosts = new Set<string>();
    const connect = Socket.prototype.connect;
    vi.spyOn(Socket.prototype, 'connect').mockImplementation(function (this: Socket, ...args: unknown[]) {
      const [first] = args.flat() as { host?: string; port?: number }[];
      hosts.add(`${first?.host}:${first?.port}`);
      return Reflect.apply(connect, this, args) as Socket;
    } as typeof connect);
    // On a port of its own: no connection is open yet.
    const endpoint = new URL(at.server.url).searchParams.get('endpoint')!;
    const proxy = await cuttingProxy(endpoint);
    onTestFinished(() => proxy.close());
    const url = at.changed({ host: `psp-quiet-${Date.now()}`, endpoint: proxy.origin });
    const store = await openStore(url);
    await store.init?.();
    const etag = await store.put('h/a', Buffer.from('x'), { absent: true });
    expect((await store.get('h/a'))?.etag).toBe(etag);
    await store.list('h/', { limit: 1 });
    await store.remove('h/a');
    expect([...hosts].filter((host) => host !== new URL(endpoint).host)).toEqual([new URL(proxy.origin).host]);
  });
});

describe('the fake', () => {
  const bucket = (): sdk.Bucket => {
    const apiEndpoint = new URL(at.server.url).searchParams.get('endpoint')!;
    return new sdk.Storage({ apiEndpoint, projectId: 'none' }).bucket(new URL(at.server.url).host);
  };

  it('keeps what it acknowledged when it is killed', async () => {
    const etag = await at.store.put('h/kept', Buffer.from('x'), { absent: true });
    await at.server.kill();
    await expect(at.store.get('h/kept')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await at.server.restart();
    expect((await at.store.get('h/kept'))?.etag).toBe(etag);
    await at.store.put('h/kept', Buffer.from('y'), { etag });
  });

  it('takes resumable uploads in pieces, with the condition at the end', async () => {
    const file = bucket().file('resumable');
    const body = Buffer.alloc(600 * 1024, 'abc');
    const how = { resumable: true, chunkSize: 256 * 1024, validation: false } as const;
    await file.save(body, { ...how, preconditionOpts: { ifGenerationMatch: 0 } });
    expect((await file.download())[0].equals(body)).toBe(true);
    const again = file.save(body, { ...how, preconditionOpts: { ifGenerationMatch: 0 } });
    await expect(again).rejects.toMatchObject({ status: 412 });
  });
});

it('tells a bucket that is missing from an object that is, by the words of the service', () => {
  expect(gcsFailure({ code: 404, message: 'The specified bucket does not exist.' })).toBe('missing');
  expect(gcsFailure({ code: 404, message: 'No such object: a/b' })).toBe('absent');
  expect(gcsFailure(new Error('Could not load the default credentials. Browse to ...'))).toBe('denied');
});
