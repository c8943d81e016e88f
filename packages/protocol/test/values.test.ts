/** Strings and values in their wire form, beyond what the vectors show. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  checkWireValue,
  fromWireString,
  MAX_TREE_DEPTH,
  PspError,
  showWireString,
  toWireString,
} from '../src/index.js';

const units = fc.array(fc.oneof(fc.constantFrom(0xd800, 0xdbff, 0xdc00, 0xdfff), fc.nat({ max: 0xffff })), {
  maxLength: 20,
});

const accepts = (value: unknown): boolean => {
  try {
    checkWireValue(value);
    return true;
  } catch (error) {
    if (error instanceof PspError && error.code === 'INVALID_DOCUMENT') return false;
    throw error;
  }
};

describe('strings', () => {
  test('[PSP-VAL-1] any code units go out and come back; only ill-formed strings change their form', () => {
    fc.assert(
      fc.property(units, (codes) => {
        const text = String.fromCharCode(...codes);
        const wire = toWireString(text);
        expect(fromWireString(wire)).toBe(text);
        expect(fromWireString(JSON.parse(JSON.stringify(wire)) as typeof wire)).toBe(text);
        expect(typeof wire === 'string').toBe(text.isWellFormed());
        expect(showWireString(wire)).toBe(text.toWellFormed());
      }),
    );
  });

  test('the form is little endian, as other languages read it', () => {
    expect(toWireString('a\ud800')).toEqual({ utf16: Buffer.from([0x61, 0x00, 0x00, 0xd8]).toString('base64') });
  });

  test('[PSP-VAL-1] a second form of a string is refused', () => {
    const of = (text: string): { utf16: string } => ({ utf16: Buffer.from(text, 'utf16le').toString('base64') });
    expect(fromWireString(of('a\ud800'))).toBe('a\ud800');
    for (const wire of [of('a'), of(''), { utf16: '%%%%' }, { utf16: 'AAAA' }]) {
      expect(() => fromWireString(wire)).toThrow(PspError);
    }
  });
});

describe('plain trees', () => {
  const tree = (levels: number): unknown => {
    let value: unknown = 1;
    for (let i = 0; i < levels; i++) value = i % 2 === 0 ? [value] : { a: value };
    return { json: value };
  };

  test('[PSP-VAL-2] any JSON is a tree, as long as it has no -0 and at most 100 levels', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.array(fc.jsonValue({ maxDepth: 4 })), fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }))),
        (json) => {
          expect(accepts({ json: JSON.parse(JSON.stringify(json)) as unknown })).toBe(true);
        },
      ),
    );
    expect(accepts({ json: [[-0]] })).toBe(false);
    expect(accepts({ json: { a: [NaN] } })).toBe(false);
    expect(accepts(tree(MAX_TREE_DEPTH))).toBe(true);
    expect(accepts(tree(MAX_TREE_DEPTH + 1))).toBe(false);
  });

  test('[PSP-VAL-2] scalars stand for themselves', () => {
    for (const scalar of ['', 'a', 0, -1.5, true, null]) {
      expect(accepts(scalar)).toBe(true);
      expect(accepts({ json: scalar })).toBe(false);
    }
    for (const none of [-0, NaN, Infinity, undefined, 1n, [], {}, { nodes: [] }]) expect(accepts(none)).toBe(false);
  });
});

describe('node tables', () => {
  test('[PSP-VAL-4] a reference points to a node of its own table', () => {
    fc.assert(
      fc.property(fc.integer({ min: -2, max: 5 }), fc.nat({ max: 4 }), (ref, length) => {
        const nodes = Array.from({ length }, () => ['set', []]);
        expect(accepts({ nodes, root: { ref } })).toBe(ref >= 0 && ref < length);
        expect(accepts({ nodes: [...nodes, ['map', [[{ ref }, 1]]]], root: 1 })).toBe(ref >= 0 && ref <= length);
      }),
    );
  });

  test('[PSP-VAL-3] slots are closed: one member, and of those that are known', () => {
    for (const slot of [
      {},
      { ref: 0, number: 'NaN' },
      { toString: 1 },
      { constructor: 0 },
      { bigint: 1 },
      { bigint: '-0' },
      { bigint: '1.0' },
      { number: 'nan' },
      [],
      { utf16: '' },
    ]) {
      expect(accepts({ nodes: [['set', []]], root: slot })).toBe(false);
    }
    for (const slot of ['', 0, false, null, { ref: 0 }, { number: 'NaN' }, { undefined: true }, { bigint: '-10' }]) {
      expect(accepts({ nodes: [['set', []]], root: slot })).toBe(true);
    }
  });

  test('a table of a hundred thousand nodes in a chain is checked without recursion', () => {
    const length = 100_000;
    const nodes = Array.from({ length }, (_, i) => ['array', i + 1 < length ? [{ ref: i + 1 }] : []]);
    expect(accepts({ nodes, root: { ref: 0 } })).toBe(true);
  });

  test('base64 of megabytes is checked, and one bad character in it found', () => {
    const data = 'A'.repeat(8 * 1024 * 1024);
    expect(accepts({ nodes: [['buffer', data]], root: { ref: 0 } })).toBe(true);
    expect(accepts({ nodes: [['buffer', `${data.slice(0, -8)}AA-AAAAA`]], root: { ref: 0 } })).toBe(false);
    for (const text of ['A', 'AA', 'AAA', '====', 'A===', 'AA=A', 'AAAA\n']) {
      expect(accepts({ nodes: [['buffer', text]], root: { ref: 0 } })).toBe(false);
    }
  });

  test('[PSP-VAL-6] a view stays within its buffer', () => {
    const bytes = Buffer.alloc(16).toString('base64');
    fc.assert(
      fc.property(fc.nat({ max: 20 }), fc.nat({ max: 20 }), (offset, length) => {
        const fits = offset % 4 === 0 && offset + length * 4 <= 16;
        expect(
          accepts({
            nodes: [
              ['buffer', bytes],
              ['view', 'Float32Array', { ref: 0 }, offset, length],
            ],
            root: { ref: 1 },
          }),
        ).toBe(fits);
      }),
    );
  });
});
