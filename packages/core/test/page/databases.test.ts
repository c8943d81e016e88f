/** Shapes, versions, key generators and paging of IndexedDB through the page function, in Chromium. */
import type { IdbDatabase, IdbStore } from '@psp/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { move, type Realm, type Realms, startRealms } from './realm.js';

let realms: Realms;
let from: Realm;
let to: Realm;
beforeAll(async () => {
  realms = await startRealms();
});
afterAll(() => realms?.close());

const pair = async (): Promise<void> => {
  from = await realms.realm();
  to = await realms.realm();
};

const store = (name: string, change: Partial<IdbStore> = {}): IdbStore => ({
  name,
  keyPath: null,
  autoIncrement: false,
  indexes: [],
  records: [],
  ...change,
});

const databaseNames = (realm: Realm): Promise<(string | undefined)[]> =>
  realm.page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name).sort());

/** All records of a dump, by store. */
async function recordsOf(realm: Realm): Promise<Record<string, unknown[]>> {
  const { header, lines } = await realm.dump();
  const found: Record<string, unknown[]> = {};
  for (const [at, { database, store: number }] of header.batches.entries()) {
    const { name, stores } = header.databases![database]!;
    (found[`${String(name)}/${String(stores[number]!.name)}`] ??= []).push(...(JSON.parse(lines[at]!) as unknown[]));
  }
  return found;
}

describe('databases', () => {
  it('[PSP-TRAP-4] [PSP-TRAP-6] [PSP-IDB-4] keep their names, versions, stores and indexes', async () => {
    await pair();
    await from.page.evaluate(async () => {
      const make = async (name: string, version: number, upgrade?: (database: IDBDatabase) => void): Promise<void> =>
        (await kit.open(name, version, upgrade)).close();
      await make('', 1);
      await make('__proto__', 7, (database) => {
        database.createObjectStore('');
        database.createObjectStore('a/b', { keyPath: ['x', 'y.z'] }).createIndex('', ['x', 'q'], { unique: true });
        const users = database.createObjectStore('users', { keyPath: 'user.id', autoIncrement: true });
        users.createIndex('tags', 'tags', { multiEntry: true });
        users.createIndex('mail', 'user.mail', { unique: true });
        users.createIndex('whole', '');
        database.createObjectStore('\ud800').createIndex('\udc00', 'ä');
      });
      await make('large version', Number.MAX_SAFE_INTEGER);
    });
    const before = (await from.dump()).header.databases!;
    expect(before.map(({ name, version }) => [name, version]).sort()).toEqual([
      ['', 1],
      ['__proto__', 7],
      ['large version', Number.MAX_SAFE_INTEGER],
    ]);
    expect(await move(from, to)).toEqual([]);
    expect((await to.dump()).header.databases).toEqual(before);
    const upgrades = await to.page.evaluate(async () => {
      let count = 0;
      (await kit.open('__proto__', 7, () => count++)).close();
      return count;
    });
    expect(upgrades).toBe(0);
  });

  it('[PSP-TRAP-3] keep falsy keys and values, and records under every kind of key path', async () => {
    await pair();
    await from.page.evaluate(async () => {
      const database = await kit.open('db', 2, (made) => {
        made.createObjectStore('out');
        made.createObjectStore('array', { keyPath: ['a', 'b.c'] });
        made.createObjectStore('nested', { keyPath: 'user.id' }).createIndex('tags', 'tags', { multiEntry: true });
      });
      const transaction = database.transaction(['out', 'array', 'nested'], 'readwrite');
      const out = transaction.objectStore('out');
      [0, '', false, null, undefined].forEach((value, at) => out.put(value, at));
      out.put('empty key', '');
      transaction.objectStore('array').put({ a: 0, b: { c: '' }, at: new Date(0) });
      transaction.objectStore('nested').put({ user: { id: new Date(5) }, tags: ['x', 'y'] });
      await kit.done(transaction);
      database.close();
    });
    expect(await move(from, to)).toEqual([]);
    expect(await recordsOf(to)).toEqual(await recordsOf(from));
    const found = await to.page.evaluate(async () => {
      const nested = (await kit.open('db')).transaction('nested').objectStore('nested');
      return kit.result(nested.index('tags').count('y'));
    });
    expect(found).toBe(1);
  });

  it('replace whatever stood there: other shapes, newer and older versions, and those not listed', async () => {
    to = await realms.realm();
    await to.page.evaluate(async () => {
      const make = async (name: string, version: number): Promise<void> => {
        const database = await kit.open(name, version, (made) => {
          made.createObjectStore('old').createIndex('i', 'i');
        });
        const transaction = database.transaction('old', 'readwrite');
        transaction.objectStore('old').put('stale', 1);
        await kit.done(transaction);
        database.close();
      };
      for (const [name, version] of [
        ['newer', 9],
        ['older', 1],
        ['shape', 3],
        ['index', 3],
        ['same', 3],
        ['extra', 1],
      ] as const) {
        await make(name, version);
      }
    });
    const index = { name: 'i', keyPath: 'i', unique: false, multiEntry: false };
    const wanted: IdbDatabase[] = [
      { name: 'index', version: 3, stores: [store('old', { indexes: [{ ...index, multiEntry: true }] })] },
      { name: 'newer', version: 3, stores: [store('s')] },
      { name: 'older', version: 3, stores: [store('s')] },
      { name: 'same', version: 3, stores: [store('old', { indexes: [index] })] },
      { name: 'shape', version: 3, stores: [store('old', { keyPath: 'id' }), store('z')] },
    ];
    expect(await to.load({ databases: wanted })).toEqual({ failed: [], losses: [] });
    const { databases } = (await to.dump()).header;
    expect(databases!.sort((a, b) => (String(a.name) < String(b.name) ? -1 : 1))).toEqual(wanted);
    expect(await recordsOf(to)).toEqual({});
  });

  it('are not half made when their shape is impossible, and cost no other', async () => {
    to = await realms.realm();
    const impossible = store('bad', {
      indexes: [{ name: 'i', keyPath: 'not a path', unique: false, multiEntry: false }],
    });
    const { losses } = await to.load({
      databases: [
        { name: 'bad', version: 1, stores: [store('fine'), impossible] },
        { name: 'good', version: 1, stores: [store('s')] },
      ],
    });
    expect(losses).toEqual([
      { code: 'database-failed', kind: 'indexedDB', item: 'bad', detail: expect.stringMatching(/^SyntaxError/) },
    ]);
    expect(await databaseNames(to)).toEqual(['good']);
  });

  it('[PSP-TRAP-8] are not made by reading or putting', async () => {
    from = await realms.realm();
    const place = { database: 'gone', store: 's', timeoutMs: 5000 };
    const read = await from.call({ do: 'records', maxBytes: 1000, maxRecordBytes: 1000, ...place });
    expect(read).toMatchObject({
      header: { count: 0, losses: [{ code: 'database-failed', item: 'gone/s' }] },
      lines: ['[]'],
    });
    expect(await from.put({ ...place, records: [{ key: 1, value: 1 }] })).toMatchObject({
      count: 0,
      losses: [{ code: 'database-failed', item: 'gone/s', detail: expect.stringContaining('gone') }],
    });
    expect(await databaseNames(from)).toEqual([]);
  });

  it('[PSP-TRAP-7] are not held open', async () => {
    await pair();
    await from.page.evaluate(async () => (await kit.open('db', 1, (made) => void made.createObjectStore('s'))).close());
    await move(from, to);
    await to.put({ database: 'db', store: 's', records: [{ key: 1, value: 1 }] });
    for (const realm of [from, to]) {
      const events = await realm.page.evaluate(
        () =>
          new Promise((resolve) => {
            const request = indexedDB.deleteDatabase('db');
            request.onblocked = () => resolve('blocked');
            request.onsuccess = () => resolve('deleted');
          }),
      );
      expect(events).toBe('deleted');
    }
  });
});

describe('key generators', () => {
  /** Stores with generators at 4 (record 3 deleted), 1 (unused), 10 (after an explicit 9.5), and past the last number. */
  const seedGenerators = (realm: Realm): Promise<void> =>
    realm.page.evaluate(async () => {
      const database = await kit.open('db', 1, (made) => {
        made.createObjectStore('out', { autoIncrement: true });
        made.createObjectStore('unused', { autoIncrement: true });
        const inline = made.createObjectStore('in', { keyPath: 'a.__proto__', autoIncrement: true });
        inline.createIndex('unique', 'a.__proto__', { unique: true });
        inline.createIndex('name', 'name', { unique: true });
        made.createObjectStore('explicit', { autoIncrement: true });
        made.createObjectStore('full', { autoIncrement: true });
      });
      const names = ['out', 'in', 'explicit', 'full'];
      const transaction = database.transaction(names, 'readwrite');
      const [out, inline, explicit, full] = names.map((name) => transaction.objectStore(name)) as [
        IDBObjectStore,
        IDBObjectStore,
        IDBObjectStore,
        IDBObjectStore,
      ];
      for (let at = 0; at < 3; at++) {
        out.add({ at });
        inline.add({ at, name: `n${at}` });
      }
      out.delete(3);
      inline.delete(3);
      explicit.put('x', 8.5);
      full.put('last', 2 ** 53);
      full.put('beyond', Infinity);
      await kit.done(transaction);
      database.close();
    });

  const nextKeys = (realm: Realm): Promise<Record<string, unknown>> =>
    realm.page.evaluate(async () => {
      const database = await kit.open('db');
      const found: Record<string, unknown> = {};
      for (const name of ['out', 'unused', 'in', 'explicit', 'full']) {
        const request = database.transaction(name, 'readwrite').objectStore(name).add({ added: true });
        found[name] = await kit.result(request).catch((error: DOMException) => error.name);
      }
      database.close();
      return found;
    });
  const NEXT = { out: 4, unused: 1, in: 4, explicit: 9, full: 'ConstraintError' };

  it('are told, and not moved by telling', async () => {
    await pair();
    await seedGenerators(from);
    const before = await recordsOf(from);
    const told = (await from.dump()).header.databases![0]!.stores.map(({ name, keyGenerator }) => [name, keyGenerator]);
    expect(Object.fromEntries(told) as object).toEqual({ out: 4, unused: 1, in: 4, explicit: 9, full: 2 ** 53 + 2 });
    expect(await recordsOf(from)).toEqual(before);
    expect(await nextKeys(from)).toEqual(NEXT);
  });

  it('[PSP-TRAP-5] [PSP-IDB-4] stand where they stood, in a database made and in one emptied', async () => {
    await pair();
    await seedGenerators(from);
    for (const way of ['made', 'emptied']) {
      expect([way, await move(from, to)]).toEqual([way, []]);
      expect(await recordsOf(to)).toEqual(await recordsOf(from));
    }
    expect(await nextKeys(to)).toEqual(NEXT);
  });

  it('stand there after load alone', async () => {
    await pair();
    await seedGenerators(from);
    const { databases } = (await from.dump()).header;
    await to.load({ databases: databases! });
    expect(await recordsOf(to)).toEqual({});
    expect(await nextKeys(to)).toEqual(NEXT);
  });

  it('that have gone beyond are told', async () => {
    await pair();
    await seedGenerators(from);
    await move(from, to);
    await nextKeys(to);
    const losses = await move(from, to);
    const altered = { code: 'database-altered', kind: 'indexedDB' };
    expect(losses).toEqual(
      [
        ['explicit', 10, 9],
        ['in', 5, 4],
        ['out', 5, 4],
        ['unused', 2, 1],
      ].map(([name, next, limit]) => ({
        ...altered,
        item: `db/${name}`,
        detail: `the next generated key will be ${next}, not ${limit}`,
      })),
    );
    expect(await recordsOf(to)).toEqual(await recordsOf(from));
  });
});

describe('many records', () => {
  const seedMany = (realm: Realm, count: number): Promise<void> =>
    realm.page.evaluate(async (total) => {
      const database = await kit.open('many', 1, (made) => {
        made.createObjectStore('first', { keyPath: 'id' });
        made.createObjectStore('none');
        made.createObjectStore('second');
      });
      const transaction = database.transaction(['first', 'second'], 'readwrite');
      for (let id = 0; id < total; id++) {
        // Sizes vary by a thousand, so that pages of one size of count would not do.
        transaction.objectStore('first').put({ id, text: 'x'.repeat(id % 1000 === 999 ? 90_000 : 250) });
      }
      for (let id = 0; id < 40; id++) transaction.objectStore('second').put(new Date(id), [id, 'k']);
      await kit.done(transaction);
      database.close();
    }, count);

  const keysOf = (lines: readonly string[]): unknown[] =>
    lines.flatMap((line) => (JSON.parse(line) as { key: unknown }[]).map(({ key }) => key));

  it('[PSP-TRAP-8] come in batches of about a megabyte, each record once and in order', async () => {
    from = await realms.realm();
    await seedMany(from, 10_000);
    const { header, lines } = await from.dump();
    expect(header.rest).toEqual([]);
    expect(lines).toHaveLength(header.batches.length);
    expect(header.batches.map(({ count }) => count)).toEqual(
      lines.map((line) => (JSON.parse(line) as unknown[]).length),
    );
    const ofFirst = lines.filter((_, at) => header.batches[at]!.store === 0);
    expect(keysOf(ofFirst)).toEqual(Array.from({ length: 10_000 }, (_, id) => id));
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(3 * 2 ** 20);
    expect(lines.length).toBeGreaterThan(4);
    expect(lines.length).toBeLessThan(20);
  });

  it('that exceed maxBytes are left, and read on from there', async () => {
    await pair();
    await seedMany(from, 3000);
    const { header, lines } = await from.dump({ maxBytes: 200_000 });
    const length = lines.reduce((sum, line) => sum + line.length, 0);
    expect(length).toBeGreaterThan(150_000);
    expect(length).toBeLessThan(700_000);
    expect(header.rest.map(({ store: number }) => number)).toEqual([0, 1, 2]);
    expect(header.rest[2]!.after).toBeUndefined();
    expect(header.rest[0]!.after).toBe(keysOf(lines).at(-1));
    expect(await move(from, to, 200_000)).toEqual([]);
    expect(await recordsOf(to)).toEqual(await recordsOf(from));
  });

  it('that are left come in pieces, each record once and in order', async () => {
    await pair();
    await seedMany(from, 3000);
    const { header, lines } = await from.dump({ maxBytes: 200_000, pieceBytes: 200_000 });
    const [{ after, cuts }] = header.rest as [(typeof header.rest)[0]];
    expect(cuts.length).toBeGreaterThan(1);
    const { database, store } = header.rest[0]!;
    const { name, stores } = header.databases![database]!;
    const limits = { maxBytes: 2 ** 20, maxRecordBytes: 2 ** 26, timeoutMs: 20_000 };
    const keys = keysOf(lines.filter((_, at) => header.batches[at]!.store === store));
    for (const [at, begin] of [after!, ...cuts].entries()) {
      const piece = { database: name, store: stores[store]!.name, after: begin, ...limits };
      const end = cuts[at] === undefined ? {} : { upTo: cuts[at] };
      const reply = await from.call({ do: 'records', ...piece, ...end });
      expect(reply.header).toMatchObject({ losses: [] });
      expect(reply.header).not.toHaveProperty('next');
      keys.push(...keysOf(reply.lines));
    }
    expect(keys).toEqual(Array.from({ length: 3000 }, (_, id) => id));
  });

  it('are read on one by one when maxBytes is smaller than any', async () => {
    await pair();
    await seedMany(from, 20);
    expect(await move(from, to, 1)).toEqual([]);
    expect(await recordsOf(to)).toEqual(await recordsOf(from));
  });

  const seedLarge = (realm: Realm): Promise<void> =>
    realm.page.evaluate(async () => {
      const database = await kit.open('large', 1, (made) => void made.createObjectStore('s'));
      const transaction = database.transaction('s', 'readwrite');
      for (let at = 0; at < 6; at++) transaction.objectStore('s').put(new Blob(['b'.repeat(1.2e6)]), at);
      for (let at = 6; at < 12; at++) transaction.objectStore('s').put('t'.repeat(1.2e6), at);
      transaction.objectStore('s').put('"'.repeat(3e5), 12);
      transaction.objectStore('s').put('small', 13);
      await kit.done(transaction);
      database.close();
    });

  it('that are large come one in a reply', async () => {
    await pair();
    await seedLarge(from);
    const { header, lines } = await from.dump({ maxBytes: 2 ** 20 });
    expect(header.batches).toEqual([{ database: 0, store: 0, count: 1 }]);
    expect(lines[0]!.length).toBeLessThan(1.7e6);
    const limits = { maxBytes: 2 ** 20, maxRecordBytes: 2 ** 26, timeoutMs: 20_000 };
    for (let after = 0; after < 12; after++) {
      const reply = await from.call({ do: 'records', database: 'large', store: 's', after, ...limits });
      expect(reply.header).toEqual({ count: 1, next: after + 1, losses: [] });
    }
    expect(await move(from, to, 2 ** 20)).toEqual([]);
    expect(await recordsOf(to)).toEqual(await recordsOf(from));
  });

  it('that are above the limit are losses by name, quotes counted as they grow, and cost no other', async () => {
    from = await realms.realm();
    await seedLarge(from);
    const { header, lines } = await from.dump({ maxRecordBytes: 1.4e6 });
    const named = (at: number): string => `record-too-large large/s/${at}`;
    expect(header.losses.map(({ code, item }) => `${code} ${item}`)).toEqual([0, 1, 2, 3, 4, 5, 12].map(named));
    expect(keysOf(lines)).toEqual([6, 7, 8, 9, 10, 11, 13]);
  });

  it('of which one cannot stand cost no other', async () => {
    to = await realms.realm();
    const indexes = [{ name: 'mail', keyPath: 'mail', unique: true, multiEntry: false }];
    await to.load({
      databases: [{ name: 'db', version: 1, stores: [store('in', { keyPath: 'id', indexes }), store('out')] }],
    });
    const json = (value: unknown): unknown => ({ json: value });
    const inline = await to.put({
      database: 'db',
      store: 'in',
      records: [
        { key: 1, value: json({ id: 1, mail: 'secret@a' }) },
        { key: 2, value: json({ id: 2, mail: 'secret@a' }) },
        { key: 3, value: json({ mail: 'no id' }) },
        {
          key: 4,
          value: {
            nodes: [
              [
                'object',
                [
                  ['id', 4],
                  ['x', ['secret']],
                ],
              ],
            ],
            root: { ref: 0 },
          },
        },
        { key: 5, value: { nodes: [['lost', 'CryptoKey']], root: { ref: 0 } } },
        { key: 6, value: json({ id: 6, mail: 'b' }) },
        'secret',
      ],
    });
    expect(inline.count).toBe(2);
    expect(inline.losses.map(({ code, item }) => `${code} ${item}`).sort()).toEqual([
      'item-refused db/in/2',
      'item-refused db/in/3',
      'record-not-restored db/in/4',
      'record-not-restored db/in/5',
      'record-not-restored db/in/?',
    ]);
    expect(JSON.stringify(inline.losses)).not.toContain('secret');
    const out = await to.put({
      database: 'db',
      store: 'out',
      records: [
        { key: true, value: 1 },
        { key: { nodes: [['date', null]], root: { ref: 0 } }, value: 1 },
        { key: { nodes: [['array', [{ ref: 0 }]]], root: { ref: 0 } }, value: 1 },
        { key: { nodes: [['buffer', 'AAA=']], root: { ref: 0 } }, value: 'fine' },
      ],
    });
    expect(out.count).toBe(1);
    expect(out.losses.map(({ code, item }) => `${code} ${item}`)).toEqual([
      'item-refused db/out/?',
      'item-refused db/out/?',
      'item-refused db/out/[[[[[...]]]]]',
    ]);
    expect(await recordsOf(to)).toMatchObject({ 'db/in': [{ key: 1 }, { key: 6 }], 'db/out': [{ value: 'fine' }] });
  });

  it('[PSP-TRAP-29] that exceed the quota are told as not written', async () => {
    to = await realms.realm();
    await to.load({ databases: [{ name: 'db', version: 1, stores: [store('s')] }] });
    const session = await to.page.context().newCDPSession(to.page);
    await session.send('Storage.overrideQuotaForOrigin', { origin: new URL(to.page.url()).origin, quotaSize: 10_000 });
    const reply = await to.put({
      database: 'db',
      store: 's',
      records: [
        { key: 1, value: 'x'.repeat(2 ** 20) },
        { key: 2, value: 'y' },
      ],
    });
    expect(reply).toEqual({
      count: 0,
      losses: [
        {
          code: 'item-refused',
          kind: 'indexedDB',
          item: 'db/s',
          detail: expect.stringMatching(/^QuotaExceededError.*none of 2 records/),
        },
      ],
    });
    expect(await recordsOf(to)).toEqual({});
  });
});
