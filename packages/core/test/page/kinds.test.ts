/** Every kind of value and key through IndexedDB of one origin into another, in Chromium, in an isolated world. */
import { readdir, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { move, type Realm, type Realms, startRealms } from './realm.js';

interface Vector {
  readonly wire: unknown;
  readonly canonical?: boolean;
}

let realms: Realms;
let from: Realm;
let to: Realm;

beforeAll(async () => {
  realms = await startRealms();
  from = await realms.realm();
  to = await realms.realm();
});
afterAll(() => realms?.close());

describe('all kinds', () => {
  it('[PSP-TRAP-1] are the same on the other side, in one reply and in small ones', async () => {
    await from.page.evaluate(() => kit.seedKinds());
    expect(await from.page.evaluate(() => kit.differingKinds())).toEqual([]);
    for (const maxBytes of [2 ** 26, 500]) {
      expect(await move(from, to, maxBytes)).toEqual([]);
      expect(await to.page.evaluate(() => kit.differingKinds())).toEqual([]);
    }
    // Reading changed nothing.
    expect(await from.page.evaluate(() => kit.differingKinds())).toEqual([]);
  });

  it('leave nothing in the page', async () => {
    const names = (): string[] => Object.getOwnPropertyNames(globalThis).sort();
    const before = await from.page.evaluate(names);
    await from.dump();
    expect(await from.page.evaluate(names)).toEqual(before);
  });

  it('reach the page although it replaced what code relies on', async () => {
    const patched = await realms.realm();
    await patched.page.evaluate(() => {
      localStorage.setItem('k', 'v');
      JSON.stringify = () => 'patched';
      Storage.prototype.getItem = () => 'patched';
      indexedDB.databases = () => Promise.resolve([]);
    });
    expect((await patched.dump()).header).toMatchObject({ localStorage: [{ name: 'k', value: 'v' }], databases: [] });
  });
});

describe('what cannot leave', () => {
  it('[PSP-TRAP-1] is a loss with the name of the record, which is kept in the dump and left out of the restore', async () => {
    const realm = await realms.realm();
    const target = await realms.realm();
    await realm.page.evaluate(async () => {
      const hmac = { name: 'HMAC', hash: 'SHA-256' };
      const key = await crypto.subtle.generateKey(hmac, false, ['sign']);
      // Of a bucket: it leads out of the storage that the database is in.
      const { storageBuckets } = navigator as unknown as {
        storageBuckets: { open(name: string): Promise<StorageManager> };
      };
      const folder = await (await storageBuckets.open('other')).getDirectory();
      const database = await kit.open('db', 1, (made) => void made.createObjectStore('s'));
      const transaction = database.transaction('s', 'readwrite');
      transaction.objectStore('s').put({ key, token: 'secret' }, 'with key');
      transaction.objectStore('s').put([folder], ['with', 'folder']);
      transaction.objectStore('s').put('plain', 'fine');
      await kit.done(transaction);
      database.close();
    });
    const { header, lines } = await realm.dump();
    const lost = { code: 'value-not-portable', kind: 'indexedDB' };
    expect(header.losses).toEqual([
      { ...lost, item: 'db/s/with key', detail: 'CryptoKey: the key is marked non-extractable' },
      {
        ...lost,
        item: 'db/s/[with, folder]',
        detail: 'FileSystemDirectoryHandle: it leads to no private file of this storage',
      },
    ]);
    expect(JSON.parse(lines[0]!)).toHaveLength(3);
    await target.load({ databases: header.databases! });
    const reply = await target.put({ database: 'db', store: 's', records: JSON.parse(lines[0]!) });
    expect(reply.count).toBe(1);
    expect(reply.losses.map(({ code, item }) => `${code} ${item}`)).toEqual([
      'record-not-restored db/s/with key',
      'record-not-restored db/s/[with, folder]',
    ]);
    expect((await target.dump()).lines).toEqual(['[{"key":"fine","value":"plain"}]']);
  });
});

describe('vectors of the specification', async () => {
  const folder = new URL('../../../../spec/vectors/values/', import.meta.url);
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json') && name !== 'lost.json');

  it('are put and dumped as they were', async () => {
    const vectors = await Promise.all(
      names.map(async (name) => JSON.parse(await readFile(new URL(name, folder), 'utf8')) as Vector),
    );
    const realm = await realms.realm();
    const stores = [{ name: 's', keyPath: null, autoIncrement: false, indexes: [], records: [] }];
    await realm.load({ databases: [{ name: 'vectors', version: 1, stores }] });
    const records = names.map((name, at) => ({ key: name, value: vectors[at]!.wire }));
    expect(await realm.put({ database: 'vectors', store: 's', records })).toEqual({ count: names.length, losses: [] });
    const again = await realm.dump();
    const found = again.lines.flatMap((line) => JSON.parse(line) as typeof records);
    expect(found.map(({ key }) => key)).toEqual([...names].sort());
    for (const { key, value } of found) {
      const vector = vectors[names.indexOf(key)]!;
      // Other forms of the same value may be written in place of one that is not canonical, but only one.
      if (vector.canonical !== false) expect({ key, value }).toEqual({ key, value: vector.wire });
    }
    const target = await realms.realm();
    expect(await move(realm, target)).toEqual([]);
    expect((await target.dump()).lines.flatMap((line) => JSON.parse(line) as typeof found)).toEqual(found);
  });
});
