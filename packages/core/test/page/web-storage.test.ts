/** localStorage and sessionStorage through the page function, in Chromium. */
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { move, type Realm, type Realms, startRealms } from './realm.js';

let realms: Realms;
beforeAll(async () => {
  realms = await startRealms();
});
afterAll(() => realms?.close());

const HOSTILE = [
  '',
  '__proto__',
  '</script>',
  'clear',
  'constructor',
  'getItem',
  'key',
  'length',
  '\u2028',
  '\n',
  '\ud800',
  '😀',
];

const seed = (realm: Realm, names: readonly string[]): Promise<void> =>
  realm.page.evaluate((list) => {
    for (const [at, name] of list.entries()) {
      localStorage.setItem(name, `local ${at}`);
      sessionStorage.setItem(name, list[list.length - 1 - at]!);
    }
  }, names);

/** Both storages as sorted pairs. */
const contents = (realm: Realm): Promise<[string, string][][]> =>
  realm.page.evaluate(() =>
    [localStorage, sessionStorage].map((storage) =>
      Array.from({ length: storage.length }, (_, at) => storage.key(at)!)
        .sort()
        .map((name): [string, string] => [name, storage.getItem(name)!]),
    ),
  );

// Lone surrogates do not pass Playwright's own arguments, so this one is set in the page.
const seedSurrogate = (realm: Realm): Promise<void> =>
  realm.page.evaluate(() => {
    localStorage.setItem('\ud800', '\udfff');
  });

describe('web storage', () => {
  it('[PSP-TRAP-10] moves whatever its names and values are', async () => {
    const [from, to] = [await realms.realm(), await realms.realm()];
    await seed(from, HOSTILE);
    await seedSurrogate(from);
    await to.page.evaluate(() => localStorage.setItem('stale', 'x'));
    expect(await move(from, to)).toEqual([]);
    expect(await contents(to)).toEqual(await contents(from));
    const surrogate = await to.page.evaluate(() => localStorage.getItem('\ud800') === '\udfff');
    expect(surrogate).toBe(true);
    const { header } = await to.dump();
    expect(header.localStorage).toHaveLength(HOSTILE.length);
    expect(header.localStorage).toContainEqual({ name: { utf16: 'ANg=' }, value: { utf16: '/98=' } });
    expect(header.localStorage).toContainEqual({ name: 'length', value: `local ${HOSTILE.indexOf('length')}` });
  });

  it('is emptied by an empty list and left alone without one', async () => {
    const realm = await realms.realm();
    await seed(realm, ['a', 'b']);
    await realm.load({ localStorage: [] });
    expect(await contents(realm)).toEqual([
      [],
      [
        ['a', 'b'],
        ['b', 'a'],
      ],
    ]);
    await realm.load({ sessionStorage: [{ name: 'c', value: '' }] });
    expect(await contents(realm)).toEqual([[], [['c', '']]]);
  });

  it('tells other pages of what changed only', async () => {
    const realm = await realms.realm();
    await seed(realm, ['same', 'gone']);
    const beside = await realms.beside(realm);
    const events = beside.page.evaluate(
      () =>
        new Promise<(string | null)[]>((resolve) => {
          const names: (string | null)[] = [];
          addEventListener('storage', ({ key }) => {
            names.push(key);
            if (key === 'new') resolve(names);
          });
        }),
    );
    await beside.page.evaluate(() => 0);
    await realm.load({
      localStorage: [
        { name: 'same', value: 'local 0' },
        { name: 'new', value: '1' },
      ],
    });
    expect(await events).toEqual(['gone', 'new']);
  });

  it('names the item that does not fit, and writes the rest', async () => {
    const realm = await realms.realm();
    const large = 'x'.repeat(6 * 2 ** 20);
    await realm.page.evaluate(() => localStorage.setItem('large', 'old'));
    const { losses } = await realm.load({
      localStorage: [
        { name: 'a', value: '1' },
        { name: 'large', value: large },
        { name: 'b', value: '2' },
      ],
    });
    expect(losses).toEqual([
      {
        code: 'item-refused',
        kind: 'localStorage',
        item: 'large',
        detail: expect.stringMatching(/^QuotaExceededError/),
      },
    ]);
    expect(JSON.stringify(losses)).not.toContain('xxx');
    expect((await contents(realm))[0]).toEqual([
      ['a', '1'],
      ['b', '2'],
    ]);
  });

  it('is a loss where the browser denies it', async () => {
    const realm = await realms.realm('data:text/html,opaque');
    const { header } = await realm.dump();
    expect(header.losses.map(({ code, kind }) => `${code} ${kind}`).sort()).toEqual([
      'storage-denied indexedDB',
      'storage-denied localStorage',
      'storage-denied sessionStorage',
    ]);
    expect(Object.keys(header).sort()).toEqual(['batches', 'losses', 'rest']);
    const loaded = await realm.load({ localStorage: [{ name: 'a', value: '1' }], sessionStorage: [], databases: [] });
    expect(loaded.losses).toHaveLength(3);
  });
});

test('[PSP-CAP-8] a request for another origin is refused, and changes nothing', async () => {
  const realm = await realms.realm();
  await realm.load({ localStorage: [{ name: 'k', value: 'mine' }] });
  for (const request of [
    { do: 'load', localStorage: [{ name: 'k', value: 'secret' }], timeoutMs: 1000 },
    {
      do: 'dump',
      localStorage: true,
      sessionStorage: false,
      indexedDB: false,
      maxBytes: 1,
      pieceBytes: 1,
      maxRecordBytes: 1,
    },
  ]) {
    for (const addressed of [{ ...request, origin: 'http://127.0.0.1:1' }, request]) {
      const reply = await realm.callRaw(JSON.stringify(addressed));
      expect(reply).toEqual({ error: 'the document is of another origin', elsewhere: true });
    }
  }
  expect((await realm.dump({ indexedDB: false })).header.localStorage).toEqual([{ name: 'k', value: 'mine' }]);
});

describe('a request that is none', () => {
  let realm: Realm | undefined;
  it.each([
    '{"do": "secret',
    '{"do":"secret"}',
    '{"do":"constructor"}',
    'null',
    '{"do":"put","origin":"ORIGIN","records":"[secret","database":"a","store":"b"}',
  ])('is answered with an error that quotes nothing: %s', async (text) => {
    realm ??= await realms.realm();
    const reply = await realm.callRaw(text.replace('ORIGIN', new URL(realm.page.url()).origin));
    expect(Object.keys(reply)).toEqual(['error']);
    expect(reply.error).not.toContain('secret');
  });
});
