/** Session documents: round trips with members that nobody knows, hostile strings, messages without secrets, versions. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isSessionId,
  migrate,
  newSessionId,
  parseSessionDocument,
  PspError,
  toWireString,
  type JsonObject,
  type Migrations,
} from '../src/index.js';
import { invalidVectors } from './vectors.js';
import { aCookie, aDocument, anOrigin, withRecords } from './documents.js';

const safeName = fc.string({ unit: 'grapheme' }).filter((name) => name !== '__proto__' && name.isWellFormed());

/** A member that version 1 does not know. */
const unknown = fc
  .tuple(
    safeName.map((name) => `x-${name}`),
    fc.jsonValue(),
  )
  .map(([name, value]) => {
    return JSON.stringify(value).includes('__proto__') ? {} : { [name]: JSON.parse(JSON.stringify(value)) as unknown };
  });

/** Any UTF-16 code units, lone surrogates among them. */
const hostile = fc
  .array(fc.oneof(fc.constantFrom(0xd800, 0xdfff, 0, 0x22, 0x5c, 0x2028), fc.nat({ max: 0xffff })), { maxLength: 8 })
  .map((units) => String.fromCharCode(...units));
const wire = hostile.map(toWireString);

const item = fc.tuple(wire, wire, unknown).map(([name, value, more]) => ({ ...more, name, value }));
const items = fc.uniqueArray(item, { maxLength: 4, selector: ({ name }) => JSON.stringify(name) });
const record = fc.tuple(fc.integer(), wire, unknown).map(([key, text, more]) => {
  const value = typeof text === 'string' ? text : { nodes: [], root: text };
  return { ...more, key, value };
});
const store = fc.tuple(wire, fc.array(record, { maxLength: 3 }), unknown).map(([name, records, more]) => {
  return { ...more, name, keyPath: null, autoIncrement: false, indexes: [], records };
});
const document = fc
  .record({
    name: safeName.filter((name) => [...name].length <= 200),
    items,
    tabItems: items,
    store,
    cookieMore: unknown,
    more: unknown,
    originMore: unknown,
  })
  .map((parts) => ({
    ...parts.more,
    ...aDocument({
      name: parts.name,
      cookies: [{ ...parts.cookieMore, ...aCookie() }],
      origins: [
        {
          ...parts.originMore,
          ...anOrigin({ localStorage: parts.items, indexedDB: [{ name: '', version: 1, stores: [parts.store] }] }),
        },
      ],
      tabs: [{ url: 'about:blank', sessionStorage: [{ origin: 'https://a.example', items: parts.tabItems }] }],
    }),
  }));

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof PspError) return error.message;
    throw error;
  }
  throw new Error('expected an error, but it was accepted');
}

describe('round trip', () => {
  test('[PSP-DOC-3] text in, value out, text again: equal, with unknown members and hostile strings', () => {
    fc.assert(
      fc.property(document, (value) => {
        const text = JSON.stringify(value);
        const parsed = parseSessionDocument(text);
        expect(parsed).toEqual(value);
        expect(JSON.stringify(parsed)).toBe(text);
      }),
    );
  });

  test('a document in hand may have members that are undefined', () => {
    expect(() => parseSessionDocument({ ...aDocument(), source: undefined, later: undefined })).not.toThrow();
  });
});

describe('refusals', () => {
  test('[PSP-DOC-4] the message names the place, what was expected and what was found', () => {
    const origins = [0, 1, 2, 3].map((port) => anOrigin({ origin: `https://app.example:${8000 + port}` }));
    const wrong = aDocument({ origins });
    (wrong.origins[3] as { localStorage: unknown }).localStorage = [{ name: 1, value: '' }];
    expect(messageOf(() => parseSessionDocument(wrong))).toBe(
      'origins[3].localStorage[0].name: expected string, found number',
    );
    expect(messageOf(() => parseSessionDocument({ ...aDocument(), source: {} }))).toBe(
      'source.engine: expected one of "chromium", "firefox", "webkit", found nothing',
    );
    expect(messageOf(() => parseSessionDocument(null))).toBe('the document: expected object, found null');
    expect(messageOf(() => parseSessionDocument({ ...aDocument(), name: 'x'.repeat(300) }))).toBe(
      'name: expected 0 to 200 characters, found string of 300 characters',
    );
  });

  test('members that objects inherit are not taken for members of the document', () => {
    const { name: _, ...rest } = aDocument();
    const inherited = Object.assign(Object.create({ name: 'inherited' }) as object, rest);
    expect(messageOf(() => parseSessionDocument(inherited))).toBe('name: expected string, found nothing');
  });

  test('[PSP-DOC-7] no value of a wrong document is in the message', () => {
    const secret = 's3cr3t';
    const plant = (value: unknown): unknown => {
      if (typeof value === 'string') return `${value}${secret}`;
      if (Array.isArray(value)) return value.map(plant);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plant(member)]));
    };
    for (const { input } of invalidVectors()) {
      if (typeof input !== 'object' || input === null) continue;
      const planted = { ...(plant(input) as object), ...('format' in input ? { format: input.format } : {}) };
      expect(messageOf(() => parseSessionDocument(planted))).not.toContain(secret);
    }
  });

  test("[PSP-DOC-7] names within a site's own data are not in the message", () => {
    const text = JSON.stringify(withRecords([{ key: 1, value: { json: { s3cr3t: { a: 1 } } } }])).replace(
      '"a":1',
      '"a":1e999',
    );
    expect(messageOf(() => parseSessionDocument(text))).toMatch(/value\.json\.\*\.\*: expected a number/);
  });

  test('[PSP-DOC-5] ids are UUIDs of version 7 that rise with time', () => {
    const ids = [0, 1, 1_700_000_000_000, 2 ** 48 - 1].map((time) => newSessionId(time));
    for (const id of ids) {
      expect(isSessionId(id)).toBe(true);
      expect(parseSessionDocument(aDocument({ id })).id).toBe(id);
    }
    expect([...ids].sort()).toEqual(ids);
    expect(newSessionId(5)).not.toBe(newSessionId(5));
    for (const id of [
      '',
      '..',
      newSessionId().toUpperCase(),
      newSessionId().replaceAll('-', ''),
      `${newSessionId()}\n`,
    ]) {
      expect(isSessionId(id)).toBe(false);
    }
  });
});

describe('versions', () => {
  const migrations: Migrations = {
    1: ({ title, ...rest }) => ({ ...rest, name: title }),
    2: (old) => ({ ...old, tags: [] }),
  };
  const reader = { format: 'test', version: 3, migrations };

  test('[PSP-VER-2] an older document is led up step by step', () => {
    expect(migrate({ format: 'test', version: 1, title: 'a' }, reader)).toEqual({
      format: 'test',
      version: 3,
      name: 'a',
      tags: [],
    });
    expect(migrate({ format: 'test', version: 2, name: 'a' }, reader)).toEqual({
      format: 'test',
      version: 3,
      name: 'a',
      tags: [],
    });
  });

  test('[PSP-VER-2] each step is given a document of the version that it leads from', () => {
    const seen: unknown[] = [];
    const note = (old: JsonObject): JsonObject => {
      seen.push(old['version']);
      return old;
    };
    migrate({ format: 'test', version: 1 }, { ...reader, migrations: { 1: note, 2: note } });
    expect(seen).toEqual([1, 2]);
  });

  test('[PSP-VER-3] members that are not known survive, and the document given is not changed', () => {
    const old = Object.freeze({ format: 'test', version: 1, title: 'a', x: Object.freeze({ y: 1 }) });
    expect(migrate(old, reader)).toMatchObject({ x: { y: 1 } });
  });

  test('[PSP-VER-1] a newer document is refused, and both versions are named', () => {
    expect(() => migrate({ format: 'test', version: 4 }, reader)).toThrow(
      expect.objectContaining({
        code: 'UNSUPPORTED_VERSION',
        message: 'the document was written by version 4, this PSP reads up to 3',
      }),
    );
    const message = 'the document was written by version 2, this PSP reads up to 1';
    expect(messageOf(() => parseSessionDocument({ ...aDocument(), version: 2, cookies: 'another shape' }))).toBe(
      message,
    );
  });

  test('a step that is missing is refused, and so are versions that are none', () => {
    const gap = { ...reader, migrations: { 2: migrations[2]! } };
    expect(() => migrate({ format: 'test', version: 1 }, gap)).toThrow('has no migration from 1 to 2');
    expect(() => migrate({ format: 'test', version: 0 }, reader)).toThrow('version: expected 1 or more');
    expect(() => migrate({ format: 'test', version: 1.5 }, reader)).toThrow('version: expected integer, found number');
    expect(() => migrate({ format: 'test' }, reader)).toThrow('version: expected integer, found nothing');
    expect(() => migrate({ format: 'other', version: 1 }, reader)).toThrow(
      'format: expected "test", found string of 5 characters',
    );
  });
});
