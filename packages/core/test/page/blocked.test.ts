/** Databases that other pages of the origin hold: nothing hangs, nothing is torn out of their hands, and each is told by name. */
import type { IdbDatabase, IdbStore } from '@psp/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Realm, type Realms, startRealms } from './realm.js';

let realms: Realms;
let realm: Realm;
/** Another page of the same origin. */
let site: Realm;

/** Long enough for what is not blocked, on a busy machine. */
const TIMEOUT_MS = 1500;

beforeAll(async () => {
  realms = await startRealms();
});
afterAll(() => realms?.close());
beforeEach(async () => {
  realm = await realms.realm();
  site = await realms.beside(realm);
});

const store: IdbStore = { name: 's', keyPath: null, autoIncrement: true, keyGenerator: 1, indexes: [], records: [] };
const database = (name: string, version: number): IdbDatabase => ({ name, version, stores: [store] });

/** Makes databases of version 2 with one record, which the site's page keeps open, deaf to versionchange. */
const hold = (names: string[]): Promise<void> =>
  site.page.evaluate(async (list) => {
    const held = new Map<string, IDBDatabase>();
    const events: string[] = [];
    for (const name of list) {
      const open = await kit.open(name, 2, (made) => void made.createObjectStore('s', { autoIncrement: true }));
      const transaction = open.transaction('s', 'readwrite');
      transaction.objectStore('s').add(`record of ${name}`);
      await kit.done(transaction);
      open.onversionchange = () => events.push(name);
      held.set(name, open);
    }
    Object.assign(globalThis, { held, events });
  }, names);

/** All values of a database, through the connection that the site holds. */
const heldValues = (name: string): Promise<unknown[]> =>
  site.page.evaluate(async (which) => {
    const { held } = globalThis as unknown as { held: Map<string, IDBDatabase> };
    return kit.result(held.get(which)!.transaction('s').objectStore('s').getAll());
  }, name);

const releaseAll = (): Promise<void> =>
  site.page.evaluate(() => {
    const { held } = globalThis as unknown as { held: Map<string, IDBDatabase> };
    for (const open of held.values()) open.close();
  });

const summary = (losses: { code: string; item?: string }[]): string[] =>
  losses.map(({ code, item }) => `${code} ${item}`).sort();

describe('a database that a page holds', () => {
  it('[PSP-TRAP-7] is emptied in place when its shape is right, without a word to the page', async () => {
    await hold(['db']);
    const { losses } = await realm.load({
      databases: [{ ...database('db', 2), stores: [{ ...store, keyGenerator: 5 }] }],
      timeoutMs: TIMEOUT_MS,
    });
    expect(losses).toEqual([]);
    expect(await heldValues('db')).toEqual([]);
    await realm.put({ database: 'db', store: 's', records: [{ key: 1, value: 'new' }], keyGenerator: 5 });
    expect(await heldValues('db')).toEqual(['new']);
    const { events, next } = await site.page.evaluate(async () => {
      const state = globalThis as unknown as { held: Map<string, IDBDatabase>; events: string[] };
      const added = state.held.get('db')!.transaction('s', 'readwrite').objectStore('s').add('by the site');
      return { events: state.events, next: await kit.result(added) };
    });
    expect({ events, next }).toEqual({ events: [], next: 5 });
  });

  it('is a loss when it must be replaced, upgraded or deleted, and stays as it is even after the page lets go', async () => {
    await hold(['newer', 'older', 'unlisted', 'shape']);
    const shape = { ...database('shape', 2), stores: [{ ...store, keyPath: 'id' }] };
    const { losses } = await realm.load({
      databases: [database('newer', 1), database('older', 3), shape, database('free', 1)],
      timeoutMs: TIMEOUT_MS,
    });
    expect(summary(losses)).toEqual([
      'database-blocked newer',
      'database-blocked older',
      'database-blocked shape',
      'database-blocked unlisted',
    ]);
    for (const name of ['newer', 'older', 'unlisted', 'shape'])
      expect(await heldValues(name)).toEqual([`record of ${name}`]);
    await releaseAll();
    const { header, lines } = await realm.dump();
    expect(header.databases!.map(({ name, version }) => `${String(name)} ${version}`).sort()).toEqual([
      'free 1',
      'newer 2',
      'older 2',
      'shape 2',
      'unlisted 2',
    ]);
    expect(lines.join()).toContain('record of unlisted');
  });

  it('is replaced when the page lets go in time', async () => {
    await hold(['db']);
    await site.page.evaluate(() => {
      const { held } = globalThis as unknown as { held: Map<string, IDBDatabase> };
      for (const open of held.values()) open.onversionchange = () => setTimeout(() => open.close(), 100);
    });
    expect(await realm.load({ databases: [database('db', 1)] })).toEqual({ failed: [], losses: [] });
    expect((await realm.dump()).header.databases).toEqual([database('db', 1)]);
  });

  it('[PSP-TRAP-7] does not hold up the dump', async () => {
    await hold(['db']);
    const { header, lines } = await realm.dump({ timeoutMs: TIMEOUT_MS });
    expect(header.losses).toEqual([]);
    expect(lines).toEqual(['[{"key":1,"value":"record of db"}]']);
  });
});

describe('a database whose upgrade waits', () => {
  it('is a loss of the dump by name, and the others are read', async () => {
    await hold(['stuck', 'free']);
    const upgrading = await realms.beside(realm);
    await upgrading.page.evaluate(
      () =>
        new Promise<void>((resolve) => {
          const request = indexedDB.open('stuck', 3);
          request.onblocked = () => resolve();
        }),
    );
    const { header, lines } = await realm.dump({ timeoutMs: TIMEOUT_MS });
    expect(summary(header.losses)).toEqual(['database-blocked stuck']);
    expect(header.databases!.map(({ name }) => name)).toEqual(['free']);
    expect(lines).toEqual(['[{"key":1,"value":"record of free"}]']);
  });
});

describe('a store that a transaction of a page holds', () => {
  /** A transaction that asks again and again. */
  const spin = (): Promise<void> =>
    site.page.evaluate(async () => {
      const state = globalThis as unknown as { held: Map<string, IDBDatabase>; isOver: boolean };
      const transaction = state.held.get('busy')!.transaction('s', 'readwrite');
      const ask = (): void => {
        transaction.objectStore('s').count().onsuccess = () => {
          if (!state.isOver) ask();
        };
      };
      ask();
      await kit.result(transaction.objectStore('s').count());
    });

  it('is a loss by name in dump, load and put, and the others go on', async () => {
    await hold(['busy', 'free']);
    await spin();
    const dump = await realm.dump({ timeoutMs: TIMEOUT_MS });
    expect(summary(dump.header.losses)).toEqual(['database-blocked busy']);
    expect(dump.lines).toEqual(['[{"key":1,"value":"record of free"}]']);
    const put = await realm.put({
      database: 'busy',
      store: 's',
      records: [{ key: 2, value: 'late' }],
      timeoutMs: TIMEOUT_MS,
    });
    expect(put).toMatchObject({ count: 0, losses: [{ code: 'database-blocked', item: 'busy/s' }] });
    const load = await realm.load({
      databases: [
        { ...database('busy', 2), stores: [{ ...store, keyGenerator: 9 }] },
        { ...database('free', 2), stores: [{ ...store, keyGenerator: 9 }] },
      ],
      timeoutMs: TIMEOUT_MS,
    });
    expect(summary(load.losses)).toEqual(['database-blocked busy']);
    await site.page.evaluate(() => void Object.assign(globalThis, { isOver: true }));
    expect(await heldValues('busy')).toEqual(['record of busy']);
    expect(await heldValues('free')).toEqual([]);
  });
});
