/** The store in Azure Blob Storage, on Azurite: its promises, its errors, lost replies, lists without `startFrom`. */
import * as sdk from '@azure/storage-blob';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { azurite } from '../../../servers/azurite.mjs';
import { azureClient } from '../src/store/azure/client.js';
import { azureFailure } from '../src/store/azure/failure.js';
import { readLocation } from '../src/store/object/location.js';
import { openStore } from '../src/store/open.js';
import { objectStoreCases, useServer } from './support/object-store-cases.js';

const at = useServer(azurite);
objectStoreCases(at, async (url) => azureClient(sdk, readLocation(url, {})));
afterEach(() => vi.unstubAllEnvs());

describe('credentials', () => {
  const bare = (): string => at.server.url.replace(/\/\/[^@]*@/, '//');
  const key = (): string => decodeURIComponent(new URL(at.server.url).password);

  it('that are wrong are STORE_DENIED', async () => {
    const store = await openStore(at.changed({ secret: Buffer.from('wrong').toString('base64') }));
    await expect(store.get('h/a')).rejects.toMatchObject({ code: 'STORE_DENIED' });
  });

  it('are taken from the environment: an account and its key, a connection string, a signature', async () => {
    const endpoint = new URL(at.server.url).searchParams.get('endpoint')!;
    const credential = new sdk.StorageSharedKeyCredential('psptest', key());
    const signature = new sdk.BlobServiceClient(endpoint, credential).generateAccountSasUrl(
      new Date(Date.now() + 3_600_000),
      sdk.AccountSASPermissions.parse('rwdlac'),
      'sco',
    );
    const pieces = [
      'DefaultEndpointsProtocol=http',
      'AccountName=psptest',
      `AccountKey=${key()}`,
      `BlobEndpoint=${endpoint}`,
    ];
    for (const env of [
      { AZURE_STORAGE_ACCOUNT: 'psptest', AZURE_STORAGE_KEY: key() },
      { AZURE_STORAGE_CONNECTION_STRING: pieces.join(';') },
      { AZURE_STORAGE_ACCOUNT: 'psptest', AZURE_STORAGE_SAS_TOKEN: signature.split('?')[1] },
    ]) {
      for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
      const store = await openStore(bare());
      expect(await store.get('h/a')).toBeUndefined();
      vi.unstubAllEnvs();
    }
  });

  it('that nobody gave are asked for, and those that cannot be any are not repeated', async () => {
    await expect(openStore(bare())).rejects.toMatchObject({
      code: 'STORE_DENIED',
      message: expect.stringContaining('AZURE_STORAGE_CONNECTION_STRING'),
    });
    vi.stubEnv('AZURE_STORAGE_CONNECTION_STRING', 'hunter2');
    const error: Error = await openStore('azure://container').catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'INVALID_INPUT' });
    expect(`${error.message} ${error.cause}`).not.toContain('hunter2');
  });
});

describe('a list', () => {
  it('goes on after any key where the service knows no startFrom, in a process that saw no page before', async () => {
    const keys = Array.from({ length: 7 }, (_, number) => `list/${number}`);
    for (const one of keys) await at.store.put(one, Buffer.from('x'), { absent: true });
    const fresh = await openStore(at.server.url);
    const page = await fresh.list('list/', { after: 'list/2', limit: 2 });
    expect(page).toMatchObject({ items: [{ key: 'list/3' }, { key: 'list/4' }], next: 'list/4' });
    expect((await fresh.list('list/', { after: 'list/4', limit: 9 })).items).toHaveLength(2);
    await fresh.close();
  });
});

it('tells a container that is missing from a blob that is, by the code of the service', () => {
  expect(azureFailure({ statusCode: 404, code: 'ContainerNotFound' })).toBe('missing');
  expect(azureFailure({ statusCode: 404, details: { errorCode: 'BlobNotFound' } })).toBe('absent');
});
