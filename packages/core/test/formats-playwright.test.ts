/** Playwright's storage state: values in both directions, and a real Playwright on the other side. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Cookie, IdbStore, OriginState, WireValue } from '@psp/protocol';
import fc from 'fast-check';
import { chromium, type Browser } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findChromium } from '../src/browser/find.js';
import { formatNamed } from '../src/formats/index.js';
import { heldValue, sessionOf, shapeOf } from './formats-arbitraries.js';

const format = formatNamed('playwright');
const ORIGIN = 'https://example.com';

function originWith(store: Partial<IdbStore>): OriginState {
  const whole: IdbStore = { name: 's', keyPath: null, autoIncrement: false, indexes: [], records: [], ...store };
  return { origin: ORIGIN, localStorage: [], indexedDB: [{ name: 'db', version: 3, stores: [whole] }] };
}

function throughText(store: Partial<IdbStore>): {
  store: IdbStore;
  losses: readonly { item?: string; detail?: string }[];
} {
  const written = format.write(sessionOf({ origins: [originWith(store)] }));
  const read = format.read(written.text).origins[0]?.indexedDB[0]?.stores[0];
  if (read === undefined) throw new Error('expected a store, found none');
  return { store: read, losses: written.losses };
}

describe('values', () => {
  test('of every kind that Playwright holds come back as they were, with cycles and shared references', () => {
    fc.assert(
      fc.property(heldValue, (value) => {
        const { store, losses } = throughText({ records: [{ key: 'k', value }] });
        expect(losses).toEqual([]);
        expect(shapeOf(store.records[0]!.value)).toBe(shapeOf(value));
      }),
      { numRuns: 300 },
    );
  });

  test('that are plain stand as plain JSON, which other tools can read', () => {
    fc.assert(
      fc.property(fc.oneof(fc.array(fc.jsonValue()), fc.dictionary(fc.string(), fc.jsonValue())), (found) => {
        const tree: unknown = JSON.parse(JSON.stringify(found).replaceAll('"__proto__"', '"p"'));
        const { text } = format.write(
          sessionOf({ origins: [originWith({ records: [{ key: 1, value: { json: tree } }] })] }),
        );
        const state = JSON.parse(text) as { origins: { indexedDB: { stores: { records: unknown[] }[] }[] }[] };
        expect(state.origins[0]?.indexedDB[0]?.stores[0]?.records).toEqual([{ key: 1, value: tree }]);
        expect(format.read(text).origins[0]?.indexedDB[0]?.stores[0]?.records).toEqual([
          { key: 1, value: { json: tree } },
        ]);
      }),
    );
  });

  test.each<[string, WireValue]>([
    ['blob', { nodes: [['blob', 'text/plain', 'QQ==']], root: { ref: 0 } }],
    [
      'DataView',
      {
        nodes: [
          ['view', 'DataView', { ref: 1 }, 0, 1],
          ['buffer', 'QQ=='],
        ],
        root: { ref: 0 },
      },
    ],
    [
      'boxed',
      {
        nodes: [
          ['object', [['x', { ref: 1 }]]],
          ['boxed', 7],
        ],
        root: { ref: 0 },
      },
    ],
    ['DOMRect', { nodes: [['geometry', 'DOMRect', [0, 0, 1, 1]]], root: { ref: 0 } }],
    ['CryptoKey', { nodes: [['lost', 'CryptoKey']], root: { ref: 0 } }],
  ])('of kind %s cost their record, and say so', (kind, value) => {
    const { store, losses } = throughText({
      records: [
        { key: 'k', value },
        { key: 'l', value: 1 },
      ],
    });
    expect(store.records).toEqual([{ key: 'l', value: 1 }]);
    expect(losses).toMatchObject([
      { item: 'db/s/"k"', detail: `playwright cannot hold ${kind}: the record was left out` },
    ]);
  });

  test.each<[string, WireValue, string]>([
    ['holes', { nodes: [['sparse', 2, [[1, 'x']]]], root: { ref: 0 } }, 'holes in an array'],
    [
      'a cause',
      { nodes: [['error', 'Error', { message: 'm', stack: 's', cause: 1 }]], root: { ref: 0 } },
      'the cause of an Error',
    ],
    ['array properties', { nodes: [['array', [], [['p', 1]]]], root: { ref: 0 } }, 'properties of an array'],
    ['__proto__', { nodes: [['object', [['__proto__', 1]]]], root: { ref: 0 } }, 'a property named __proto__'],
    [
      'a shared date',
      {
        nodes: [
          ['array', [{ ref: 1 }, { ref: 1 }]],
          ['date', 0],
        ],
        root: { ref: 0 },
      },
      'come back as two',
    ],
    [
      'a part',
      {
        nodes: [
          ['view', 'Uint8Array', { ref: 1 }, 1, 1],
          ['buffer', 'QUJD'],
        ],
        root: { ref: 0 },
      },
      'a view of a part',
    ],
    ['resizable', { nodes: [['buffer', 'QUJD', 9]], root: { ref: 0 } }, 'a resizable buffer'],
  ])('with %s are written, and the change is named', (_name, value, detail) => {
    const { store, losses } = throughText({ records: [{ key: 'k', value }] });
    expect(store.records).toHaveLength(1);
    expect(losses.map((loss) => loss.detail)).toEqual([expect.stringContaining(detail)]);
  });

  test('the key of an in-line record is read from the value', () => {
    const born: WireValue = {
      nodes: [
        [
          'object',
          [
            ['id', { ref: 1 }],
            ['n', 5],
          ],
        ],
        ['date', 7],
      ],
      root: { ref: 0 },
    };
    const nested: WireValue = { json: { a: { b: ['x', 'yy'] } } };
    const date: WireValue = { nodes: [['date', 7]], root: { ref: 0 } };
    expect(throughText({ keyPath: 'id', records: [{ key: date, value: born }] }).store.records[0]?.key).toEqual(date);
    expect(throughText({ keyPath: 'a.b', records: [{ key: 1, value: nested }] }).store.records[0]?.key).toEqual({
      json: ['x', 'yy'],
    });
    expect(throughText({ keyPath: 'a.b.length', records: [{ key: 1, value: nested }] }).store.records[0]?.key).toBe(2);
    expect(throughText({ keyPath: '', records: [{ key: 'k', value: 'k' }] }).store.records[0]?.key).toBe('k');
    const both = throughText({ keyPath: ['n', 'id'], records: [{ key: 1, value: born }] }).store.records[0]?.key;
    expect(shapeOf(both ?? null)).toBe(
      shapeOf({
        nodes: [
          ['array', [5, { ref: 1 }]],
          ['date', 7],
        ],
        root: { ref: 0 },
      }),
    );
  });

  test('the position of a key generator is a loss only where it is not just above the keys', () => {
    const records = [{ key: 3, value: 'x' }];
    expect(throughText({ autoIncrement: true, keyGenerator: 4, records }).losses).toEqual([]);
    expect(throughText({ autoIncrement: true, keyGenerator: 9, records }).losses).toMatchObject([{ item: 'db/s' }]);
  });

  test.each([
    [{ key: 1, valueEncoded: { q: 1 } }, "valueEncoded: expected a value in Playwright's encoding, found object"],
    [{ key: 1, valueEncoded: { ref: 4 } }, 'valueEncoded.ref: expected the id of an earlier object, found number'],
    [{ key: 1, valueEncoded: { bi: '1n' } }, 'valueEncoded.bi: expected an integer in digits'],
    [{ key: 1, valueEncoded: { ta: { k: 'f64', b: 'QQ==' } } }, 'valueEncoded.ta.b: expected a multiple of 8 bytes'],
    [{ key: 1, valueEncoded: { ab: { b: '?' } } }, 'valueEncoded.ab.b: expected base64'],
    [{ key: 1, valueEncoded: { o: [{ k: 1, v: 1 }], id: 1 } }, 'valueEncoded.o[0].k: expected string, found number'],
    [{ key: 1, valueEncoded: { m: 1, id: 1 } }, 'valueEncoded.m: expected array, found number'],
    [{ key: 1 }, '.value: expected a value, found nothing'],
    [{ value: 1 }, '.key: expected a value, found nothing'],
  ])('%j is refused by its place', (record, message) => {
    const store = { name: 's', autoIncrement: false, indexes: [], records: [record] };
    const state = {
      origins: [{ origin: ORIGIN, localStorage: [], indexedDB: [{ name: 'd', version: 1, stores: [store] }] }],
    };
    const place = 'origins[0].indexedDB[0].stores[0].records[0]';
    expect(() => format.read(JSON.stringify(state))).toThrow(
      expect.objectContaining({ code: 'INVALID_DOCUMENT', message: expect.stringContaining(place) }),
    );
    expect(() => format.read(JSON.stringify(state))).toThrow(message);
  });
});

test('what a session cannot hold of a storage state is a loss', () => {
  const opfs = [{ path: 'a', type: 'directory' }];
  const text = JSON.stringify({
    cookies: [],
    credentials: [],
    origins: [
      { origin: ORIGIN, localStorage: [], opfs },
      { origin: 'file://', localStorage: [] },
    ],
  });
  expect(format.read(text).losses.map(({ code, item }) => [code, item])).toEqual([
    ['format-cannot-hold', 'opfs'],
    ['origin-skipped', undefined],
    ['format-cannot-hold', 'credentials'],
  ]);
});

describe('a real Playwright', () => {
  let browser: Browser;
  let server: Server;
  let origin: string;
  beforeAll(async () => {
    const executablePath = await findChromium();
    browser = await chromium.launch({
      ...(executablePath === undefined ? {} : { executablePath }),
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking'],
    });
    server = createServer((_request, response) => response.end('<!doctype html><title>x</title>'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await new Promise((resolve) => server.close(resolve));
  });

  /** Expressions of the kinds that Playwright holds, and what must be true of each when it stands in a database as `v`. */
  const VALUES: readonly [expression: string, truth: string][] = [
    ['"text"', 'v === "text"'],
    ['[-0, undefined]', 'Object.is(v[0], -0) && v[1] === undefined'],
    ['undefined', 'v === undefined'],
    ['NaN', 'Number.isNaN(v)'],
    ['12345678901234567890n', 'v === 12345678901234567890n'],
    ['"\\ud800 lone"', 'v === "\\ud800 lone"'],
    ['[0, "", false, null]', 'JSON.stringify(v) === \'[0,"",false,null]\''],
    ['new Date(5)', 'v instanceof Date && v.getTime() === 5'],
    ['new Date(NaN)', 'v instanceof Date && Number.isNaN(v.getTime())'],
    ['/a+/gi', 'v instanceof RegExp && String(v) === "/a+/gi"'],
    ['new Map([["k", new Set([1n])]])', 'v.get("k").has(1n)'],
    ['new Float64Array([1.5, -0])', 'v instanceof Float64Array && v[0] === 1.5 && Object.is(v[1], -0)'],
    ['new Uint8Array([1, 2]).buffer', 'v instanceof ArrayBuffer && new Uint8Array(v)[1] === 2'],
    ['new RangeError("m")', 'v instanceof RangeError && v.message === "m"'],
    ['(() => { const o = { n: undefined }; o.me = o; return o; })()', 'v.me === v && "n" in v'],
    ['(() => { const o = {}; return [o, o, NaN]; })()', 'v[0] === v[1]'],
  ];

  const SEED = `async () => {
    localStorage.setItem('theme', 'dark');
    const db = await new Promise((resolve, reject) => {
      const open = indexedDB.open('db', 7);
      open.onupgradeneeded = () => {
        open.result.createObjectStore('out');
        const rows = open.result.createObjectStore('in', { keyPath: 'id', autoIncrement: true });
        rows.createIndex('by', ['a', 'b'], { unique: true });
        rows.createIndex('tags', 'tags', { multiEntry: true });
      };
      open.onsuccess = () => resolve(open.result);
      open.onerror = () => reject(open.error);
    });
    const work = db.transaction(['out', 'in'], 'readwrite');
    [${VALUES.map(([expression]) => expression).join(', ')}].forEach((value, at) => work.objectStore('out').put(value, ['v', at]));
    work.objectStore('in').put({ a: 1, b: new Date(9), tags: ['x', 'y'] });
    await new Promise((resolve, reject) => { work.oncomplete = resolve; work.onabort = () => reject(work.error); });
    db.close();
  }`;

  const CHECK = `async () => {
    const db = await new Promise((resolve, reject) => {
      const open = indexedDB.open('db');
      open.onsuccess = () => resolve(open.result);
      open.onerror = () => reject(open.error);
    });
    const ask = (request) => new Promise((resolve, reject) => { request.onsuccess = () => resolve(request.result); request.onerror = () => reject(request.error); });
    const out = db.transaction('out').objectStore('out');
    const wrong = [];
    ${VALUES.map(([expression, truth], at) => `{ const v = await ask(out.get(['v', ${at}])); if (!(${truth})) wrong.push(${JSON.stringify(expression)}); }`).join('\n')}
    const rows = db.transaction('in').objectStore('in');
    const row = await ask(rows.get(1));
    const by = rows.index('by');
    return {
      wrong, version: db.version, theme: localStorage.getItem('theme'), key: rows.keyPath, generates: rows.autoIncrement,
      row: [row.id, row.b.getTime(), row.tags.length], by: [by.keyPath.join(), by.unique, rows.index('tags').multiEntry],
      found: (await ask(rows.index('tags').getAll('y'))).length,
    };
  }`;
  const EXPECTED = {
    wrong: [],
    version: 7,
    theme: 'dark',
    key: 'id',
    generates: true,
    row: [1, 9, 2],
    by: ['a,b', true, true],
    found: 1,
  };

  test('accepts what we made of its own storage state, and shows the same session', async () => {
    const first = await browser.newContext();
    const page = await first.newPage();
    await page.goto(origin);
    await page.evaluate(`(${SEED})()`);
    const state = await first.storageState({ indexedDB: true });
    await first.close();
    const parts = format.read(JSON.stringify(state));
    const written = format.write(sessionOf({ cookies: [...parts.cookies], origins: [...parts.origins] }));

    const second = await browser.newContext({ storageState: JSON.parse(written.text) as typeof state });
    const copy = await second.newPage();
    await copy.goto(origin);
    const found = (await copy.evaluate(`(${CHECK})()`)) as typeof EXPECTED;
    await second.close();
    expect(found).toEqual(EXPECTED);
  }, 60_000);

  test('takes every cookie attribute that the format holds, with SameSite unset and partition keys', async () => {
    const base = { domain: 'example.com', hostOnly: true, path: '/', httpOnly: false, secure: true };
    const partitionKey = { topLevelSite: 'https://top.example', hasCrossSiteAncestor: false };
    const cookies: Cookie[] = [
      { ...base, name: 'unset', value: '1' },
      { ...base, name: 'strict', value: '2', sameSite: 'strict', httpOnly: true, path: '/app' },
      {
        ...base,
        name: 'wide',
        value: '3',
        hostOnly: false,
        sameSite: 'none',
        expires: Math.floor(Date.now() / 1000) + 86_400,
      },
      { ...base, name: 'chips', value: '4', sameSite: 'none', partitionKey },
    ];
    const storageState = JSON.parse(format.write(sessionOf({ cookies })).text) as object;
    const context = await browser.newContext({ storageState: storageState as never });
    const session = await browser.newBrowserCDPSession();
    const contexts = await session.send('Target.getBrowserContexts');
    const all = await Promise.all(
      contexts.browserContextIds.map((browserContextId) => session.send('Storage.getCookies', { browserContextId })),
    );
    const raw = all.flatMap((answer) => answer.cookies);
    const own = format.read(JSON.stringify(await context.storageState())).cookies;
    await context.close();
    expect(raw.find((found) => found.name === 'unset')?.sameSite).toBeUndefined();
    const byName = (list: readonly Cookie[]): Cookie[] => [...list].sort((a, b) => (a.name < b.name ? -1 : 1));
    // Playwright reports an unset SameSite as Lax: that one is lost on its side.
    const expected = cookies.map((cookie) =>
      cookie.name === 'unset' ? { ...cookie, sameSite: 'lax' as const } : cookie,
    );
    expect(byName(own)).toEqual(byName(expected));
  }, 60_000);
});
