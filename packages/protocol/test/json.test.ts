/** Hostile JSON: limits before recursion, no prototype changed, nothing of the text in a message. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseJson, parseSessionDocument, PspError, type ParseLimits } from '../src/index.js';
import { DEFAULT_LIMITS } from '../src/limits.js';
import { aDocument } from './documents.js';

function errorOf(input: string | Uint8Array, limits: Partial<ParseLimits> = {}): PspError {
  try {
    parseJson(input, limits);
  } catch (error) {
    if (error instanceof PspError) return error;
    throw error;
  }
  throw new Error('expected an error, but it was accepted');
}

const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

describe('limits', () => {
  test('[PSP-LIM-1] a million levels are refused without recursion, closed or not', () => {
    expect(errorOf(nested(1_000_000)).code).toBe('TOO_LARGE');
    expect(errorOf('['.repeat(1_000_000)).code).toBe('TOO_LARGE');
    expect(errorOf('{"a":'.repeat(1_000_000)).code).toBe('TOO_LARGE');
  });

  test('[PSP-LIM-1] a value that was not text is measured too, a cycle among them', () => {
    const cycle: Record<string, unknown> = { ...aDocument() };
    cycle['self'] = cycle;
    expect(() => parseSessionDocument(cycle)).toThrow(expect.objectContaining({ code: 'TOO_LARGE' }));
    let deep: unknown[] = [];
    for (let i = 0; i < 100_000; i++) deep = [deep];
    expect(() => parseSessionDocument({ ...aDocument(), deep })).toThrow(
      expect.objectContaining({ code: 'TOO_LARGE' }),
    );
    const wide = { ...aDocument(), wide: [1, 2, 3] };
    expect(() => parseSessionDocument(wide, { limits: { maxValues: 5 } })).toThrow(
      expect.objectContaining({ code: 'TOO_LARGE' }),
    );
  });

  test('[PSP-LIM-2] the last level and value within a limit are taken, the next is not', () => {
    expect(parseJson(nested(DEFAULT_LIMITS.maxDepth))).toEqual(JSON.parse(nested(DEFAULT_LIMITS.maxDepth)));
    expect(errorOf(nested(DEFAULT_LIMITS.maxDepth + 1)).message).toContain('maxDepth');
    expect(parseJson('[1,2,3]', { maxValues: 4 })).toEqual([1, 2, 3]);
    expect(errorOf('[1,2,3,4]', { maxValues: 4 }).message).toContain('maxValues');
    expect(parseJson(' [ [ ] , { } ,[""]]', { maxValues: 5 })).toEqual([[], {}, ['']]);
    expect(errorOf('[[],{},[0]]', { maxValues: 4 }).message).toContain('maxValues');
    expect(errorOf('1', { maxValues: 0 }).message).toContain('maxValues');
    const most = `[0${',0'.repeat(DEFAULT_LIMITS.maxValues - 2)}]`;
    expect(parseJson(most)).toHaveLength(DEFAULT_LIMITS.maxValues - 1);
    expect(errorOf(most.replace('[', '[0,')).message).toContain('maxValues');
  });

  test('the count of values is exact, whatever the text looks like', () => {
    const count = (value: unknown): number =>
      typeof value === 'object' && value !== null
        ? Object.values(value).reduce<number>((sum, item) => sum + count(item), 1)
        : 1;
    const spaced = fc.constantFrom('', ' ', '\n\t');
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 5, stringUnit: fc.constantFrom('a', '"', '\\', ',') }),
        spaced,
        (value, space) => {
          const text = JSON.stringify(value, undefined, space).replace(
            /\[\]|\{\}/g,
            (pair) => pair[0] + space + pair[1],
          );
          const values = count(JSON.parse(text));
          expect(() => parseJson(text, { maxValues: values })).not.toThrow();
          expect(errorOf(text, { maxValues: values - 1 }).code).toBe('TOO_LARGE');
        },
      ),
    );
  });

  test('[PSP-LIM-1] bytes are counted in UTF-8, in text and in bytes alike', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (content) => {
        const text = JSON.stringify(content);
        const bytes = new TextEncoder().encode(text);
        for (const input of [text, bytes]) {
          expect(parseJson(input, { maxBytes: bytes.length })).toBe(content);
          expect(errorOf(input, { maxBytes: bytes.length - 1 })).toMatchObject({ code: 'TOO_LARGE' });
        }
      }),
    );
  });

  test('brackets, commas and quotes within strings do not count', () => {
    const content = { a: '[[[[', 'b,"': '\\"]},{', c: '\\', d: '\\\\"' };
    expect(parseJson(JSON.stringify(content), { maxDepth: 1, maxValues: 5 })).toEqual(content);
  });
});

describe('what is not JSON', () => {
  test.each(['', ' ', 'nul', '[1', '{"a"', '"abc', '"abc\\"', '[]]', '[1,]', "{'a':1}", 'NaN', '\uFEFF[]', '[1] [2]'])(
    '%j',
    (text) => {
      expect(errorOf(text).code).toBe('INVALID_DOCUMENT');
    },
  );

  test('[PSP-DOC-1] bytes that are not UTF-8', () => {
    expect(errorOf(Uint8Array.of(0x22, 0xff, 0x22)).message).toContain('UTF-8');
    expect(errorOf(Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22)).message).toContain('UTF-8');
  });

  test('[PSP-DOC-1] lone surrogates in strings and names, numbers beyond a double', () => {
    expect(errorOf('["\\ud800"]').message).toContain('[0]: expected a well-formed string');
    expect(errorOf('{"\\udc00":1}').message).toContain('lone surrogate');
    expect(errorOf('"\\ud83d"').code).toBe('INVALID_DOCUMENT');
    expect(errorOf('{"a":[1e400]}').message).toContain('a[0]: expected a number');
    expect(parseJson('"\\ud83d\\ude00"')).toBe('\u{1F600}');
  });

  test('[PSP-DOC-7] neither the message nor the cause quotes the text', () => {
    const secret = 'hunter2';
    for (const text of [`{"password": ${secret}}`, `["${secret}]`, `{"a":"${secret}",}`, `${secret} at position 7`]) {
      const { message, cause } = errorOf(text);
      expect(message).not.toContain(secret);
      expect(cause).toBeUndefined();
    }
  });

  test('a value that JSON cannot hold is named by its type', () => {
    expect(() => parseSessionDocument({ ...aDocument(), x: [new Map()] })).toThrow('x[0]: expected JSON, found Map');
    expect(() => parseSessionDocument({ ...aDocument(), x: () => 1 })).toThrow('x: expected JSON, found function');
    expect(() => parseSessionDocument({ ...aDocument(), x: [undefined] })).toThrow(
      'x[0]: expected JSON, found nothing',
    );
  });
});

describe('prototypes', () => {
  const before = Object.getOwnPropertyNames(Object.prototype).join();

  test('[PSP-LIM-3] __proto__ is refused at any depth, and names like it are kept', () => {
    expect(errorOf('{"__proto__":{"polluted":1}}').code).toBe('INVALID_DOCUMENT');
    expect(errorOf('[{"a":{"\\u005f_proto__":1}}]').message).toContain('[0].a.__proto__');
    const kept = JSON.parse(
      '{"constructor":{"prototype":{"polluted":1}},"hasOwnProperty":1,"toString":null}',
    ) as object;
    expect(parseJson(JSON.stringify(kept))).toEqual(kept);
  });

  test('[PSP-LIM-3] no parse changes Object.prototype', () => {
    const name = fc.constantFrom('__proto__', 'constructor', 'prototype', 'a', 'origins', 'toString');
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 5 },
        fc.constant(1),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc
          .uniqueArray(fc.tuple(name, tie('tree')), { maxLength: 3, selector: ([key]) => key })
          .map((pairs) => ({ pairs })),
      ),
    }));
    const write = (value: unknown): string => {
      if (Array.isArray(value)) return `[${value.map(write).join()}]`;
      if (typeof value !== 'object' || value === null) return JSON.stringify(value);
      const { pairs } = value as { pairs: [string, unknown][] };
      return `{${pairs.map(([key, item]) => `${JSON.stringify(key)}:${write(item)}`).join()}}`;
    };
    fc.assert(
      fc.property(tree, (value) => {
        const text = write(value);
        try {
          Object.assign({}, parseJson(text));
          expect(text).not.toContain('__proto__');
        } catch (error) {
          if (!(error instanceof PspError)) throw error;
          expect(text).toContain('__proto__');
        }
        expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
        expect(Object.getOwnPropertyNames(Object.prototype).join()).toBe(before);
      }),
    );
  });
});
