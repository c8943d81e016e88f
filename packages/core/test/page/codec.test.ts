/** The value codec in Node: properties, depth, vectors, and wires that no writer made. */
import { readdir, readFile } from 'node:fs/promises';
import type { WireValue } from '@psp/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeValue } from '../../src/page/codec/decode.js';
import { encodeValue } from '../../src/page/codec/encode.js';
import { fromWireString, toWireString } from '../../src/page/codec/text.js';
import { LostValueError, WireError } from '../../src/page/codec/wire.js';
import { build, plan, scalar, text } from './arbitrary.js';
import { difference } from './difference.js';

interface Vector {
  readonly wire: WireValue;
  readonly canonical?: boolean;
}

const throughJson = (wire: unknown): WireValue => JSON.parse(JSON.stringify(wire)) as WireValue;

async function write(value: unknown): Promise<WireValue> {
  const encoded = encodeValue(value);
  await encoded.finish?.();
  expect(encoded.lost).toEqual([]);
  return throughJson(encoded.wire);
}

const roundTrip = async (value: unknown): Promise<unknown> => decodeValue(await write(value));

async function expectKept(value: unknown): Promise<void> {
  expect(await difference(value, await roundTrip(value))).toBeUndefined();
}

/** Bytes that a lone surrogate cannot be written with. */
const isPortable = (value: unknown): boolean => JSON.stringify(value).search(/\\ud[89a-f]/) === -1;

describe('any value', () => {
  it('[PSP-TRAP-2] [PSP-VAL-7] comes back the same from a graph with shared references, cycles and hostile names', async () => {
    await fc.assert(
      fc.asyncProperty(plan, (specs) => expectKept(build(specs))),
      { numRuns: 600 },
    );
  });

  it('comes back the same when it is a scalar', async () => {
    await fc.assert(fc.asyncProperty(scalar, expectKept), { numRuns: 300 });
  });

  it('has a wire without line breaks and lone surrogates', async () => {
    await fc.assert(
      fc.asyncProperty(plan, async (specs) => {
        const wire = await write(build(specs));
        expect(JSON.stringify(wire)).not.toContain('\n');
        expect(isPortable(wire)).toBe(true);
      }),
    );
  });

  it('is left untouched by the writer', async () => {
    await fc.assert(
      fc.asyncProperty(plan, async (specs) => {
        const value = build(specs);
        const before = JSON.stringify(await write(value));
        expect(JSON.stringify(await write(value))).toBe(before);
      }),
    );
  });

  it('keeps any string', () => {
    fc.assert(
      fc.property(text, (string) => {
        expect(fromWireString(throughJson(toWireString(string)))).toBe(string);
      }),
    );
  });
});

describe('plain trees', () => {
  it('stand as JSON', async () => {
    const tree = fc.jsonValue().filter((value) => typeof value === 'object' && value !== null);
    await fc.assert(
      fc.asyncProperty(tree, async (value) => {
        // JSON.stringify itself turns -0 to 0 and writes lone surrogates as escapes.
        fc.pre(Object.is(await difference(value, JSON.parse(JSON.stringify(value))), undefined));
        fc.pre(isPortable(value) && !JSON.stringify(value).includes('"__proto__"'));
        expect(await write(value)).toEqual({ json: value });
      }),
    );
  });

  const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);
  const shared = { a: 1 };
  const withProperty = Object.assign([1, 2], { extra: 3 });
  it.each<[string, unknown]>([
    ['a shared object', [shared, shared]],
    ['an own __proto__', JSON.parse('{"__proto__": 1}')],
    ['undefined', { a: undefined }],
    ['a hole', Object.assign([], { 0: 1, 2: 3 })],
    ['an array with a property', withProperty],
    ['-0', { a: [-0] }],
    ['NaN', [NaN]],
    ['a lone surrogate', ['\ud800']],
    ['a name with a lone surrogate', { '\udfff': 1 }],
    ['101 levels', nested(101)],
    ['a Date within', { a: new Date(0) }],
  ])('are not those with %s', async (_, value) => {
    expect(Object.keys((await write(value)) as object)).toEqual(['nodes', 'root']);
    await expectKept(value);
  });

  it('may have 100 levels', async () => {
    expect(await write(nested(100))).toEqual({ json: nested(100) });
  });

  it('keep objects without a prototype as plain objects', async () => {
    const bare = Object.assign(Object.create(null) as object, { a: 1 });
    expect(await roundTrip(bare)).toEqual({ a: 1 });
    expect(await roundTrip([bare, bare])).toEqual([{ a: 1 }, { a: 1 }]);
  });
});

describe('particular values', () => {
  it('may be 20,000 levels deep', async () => {
    const root: { next?: object } = {};
    let last = root;
    for (let level = 0; level < 20_000; level++) last = last.next = {};
    await expectKept(root);
    const arrays: unknown[] = [];
    for (let level = 0, at = arrays; level < 20_000; level++) at.push((at = []));
    await expectKept(arrays);
  });

  it('keep views that share a buffer, and those that follow its length', async () => {
    const constructor = ArrayBuffer as unknown as new (length: number, options: object) => ArrayBuffer;
    const buffer = new constructor(16, { maxByteLength: 32 });
    new Uint8Array(buffer).set([1, 2, 3]);
    const value = {
      following: new Uint8Array(buffer, 4),
      fixed: new Uint8Array(buffer, 4, 12),
      whole: new Uint8Array(buffer),
      empty: new Uint8Array(buffer, 16),
      data: new DataView(buffer, 8),
      words: new Float64Array(buffer),
    };
    await expectKept(value);
    const copy = (await roundTrip(value)) as typeof value;
    (copy.whole.buffer as ArrayBuffer & { resize(length: number): void }).resize(32);
    const lengths = Object.values(copy).map((view) => view.byteLength);
    expect(lengths).toEqual([28, 12, 32, 16, 24, 32]);
    expect(new Uint8Array(buffer, 0, 4)).toEqual(new Uint8Array([1, 2, 3, 0]));
  });

  it('keep the names, messages, stacks and causes of errors', async () => {
    const without = new RangeError();
    const value = [
      new TypeError('a', { cause: without }),
      without,
      Object.assign(new Error('b'), { cause: undefined }),
    ];
    await expectKept(value);
  });

  it('keep a long sparse array short', async () => {
    const sparse: unknown[] = [];
    sparse[2 ** 32 - 2] = 'last';
    expect(await write(sparse)).toEqual({
      nodes: [['sparse', 2 ** 32 - 1, [[2 ** 32 - 2, 'last']]]],
      root: { ref: 0 },
    });
  });

  it('keep extractable keys', async () => {
    const { subtle } = crypto;
    const rsa = { name: 'RSA-OAEP', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' };
    await expectKept([
      await subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, true, ['sign']),
      await subtle.generateKey({ name: 'AES-GCM', length: 256 }, true, ['encrypt', 'decrypt']),
      { ...(await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])) },
      { ...(await subtle.generateKey(rsa, true, ['encrypt', 'decrypt'])) },
    ]);
  });

  it('are lost by name when they cannot leave', async () => {
    const key = await crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
    const encoded = encodeValue({ key, channel: new MessageChannel().port1, fine: 1 });
    expect(encoded.lost).toEqual([
      'CryptoKey: the key is marked non-extractable',
      expect.stringMatching(/: no portable form$/),
    ]);
    expect(throughJson(encoded.wire)).toMatchObject({
      nodes: [
        ['object', expect.anything()],
        ['lost', 'CryptoKey'],
        ['lost', expect.any(String)],
      ],
    });
    await expect(decodeValue(throughJson(encoded.wire))).rejects.toThrow(LostValueError);
  });

  it('are lost by name when their bytes cannot be read any more', async () => {
    const blob = new Blob(['secret']);
    blob.arrayBuffer = () => Promise.reject(new DOMException('gone: secret', 'NotFoundError'));
    const encoded = encodeValue({ blob });
    expect(encoded.lost).toEqual([]);
    await encoded.finish?.();
    expect(encoded.lost).toEqual(['Blob: NotFoundError']);
    expect(throughJson(encoded.wire)).toMatchObject({ nodes: [expect.anything(), ['lost', 'Blob']] });
  });
});

describe('malformed wires', () => {
  const one = (...node: unknown[]): unknown => ({ nodes: [node], root: { ref: 0 } });
  it.each<[string, unknown]>([
    ['no value', undefined],
    ['an unknown form', { bytes: 'AA==' }],
    ['an unknown tag', one('eval', '1')],
    ['a node that is no list', { nodes: [{}], root: 1 }],
    ['a reference beyond the table', { nodes: [], root: { ref: 0 } }],
    ['a negative reference', { nodes: [['object', []]], root: { ref: -1 } }],
    ['a slot with two members', { nodes: [], root: { number: 'NaN', undefined: true } }],
    ['a slot of another kind', { nodes: [], root: { date: 1 } }],
    ['a slot named after a method', { nodes: [], root: { constructor: 1 } }],
    ['an inherited number', { nodes: [], root: { number: 'toString' } }],
    ['a bigint in hex', { nodes: [], root: { bigint: '0x10' } }],
    ['a global as a view', one('view', 'Function', { ref: 0 }, 0, 1)],
    [
      'a view upon no buffer',
      {
        nodes: [
          ['object', []],
          ['view', 'Uint8Array', { ref: 0 }, 0, 1],
        ],
        root: { ref: 1 },
      },
    ],
    [
      'a view beyond its buffer',
      {
        nodes: [
          ['buffer', 'AA=='],
          ['view', 'Uint8Array', { ref: 0 }, 0, 9],
        ],
        root: { ref: 1 },
      },
    ],
    ['bytes that are no base64', one('buffer', '***')],
    ['an endless buffer', one('buffer', '', Number.MAX_SAFE_INTEGER)],
    ['an endless array', one('sparse', 2 ** 33, [])],
    ['an index beyond the length', one('sparse', 1, [[1, 1]])],
    ['a global as an error', one('error', 'Function', {})],
    ['a bad pattern', one('regexp', '(secret', '')],
    [
      'a boxed object',
      {
        nodes: [
          ['boxed', { ref: 1 }],
          ['object', []],
        ],
        root: { ref: 0 },
      },
    ],
    ['an odd number of bytes in utf16', one('regexp', { utf16: 'AA==' }, '')],
    ['a geometry of another shape', one('geometry', 'Window', [])],
    ['a key of another format', one('cryptokey', 'pkcs8', 'AA==', { name: 'HMAC' }, [])],
    ['a key that is none', one('cryptokey', 'raw', 'AA==', { name: 'secret' }, [])],
  ])('are refused with a reason: %s', async (_, wire) => {
    const refusal = await decodeValue(wire as WireValue).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(WireError);
    expect((refusal as Error).message).toMatch(/expected|has no/);
    expect((refusal as Error).message).not.toContain('secret');
  });

  it('do not reach prototypes', async () => {
    const wire = {
      nodes: [
        ['object', [['__proto__', { ref: 1 }]]],
        ['object', [['polluted', true]]],
      ],
      root: { ref: 0 },
    };
    const value = (await decodeValue(wire)) as object;
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.keys(value)).toEqual(['__proto__']);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it('are never met with anything but a WireError or LostValueError', async () => {
    const json = fc.jsonValue();
    const tag = fc.constantFrom(
      'object',
      'array',
      'sparse',
      'map',
      'set',
      'date',
      'regexp',
      'boxed',
      'buffer',
      'view',
      'blob',
      'file',
      'error',
      'domexception',
      'cryptokey',
      'lost',
    );
    const node = fc
      .tuple(
        tag,
        fc.array(
          fc.oneof(
            json,
            fc.nat(3).map((ref) => ({ ref })),
          ),
          { maxLength: 4 },
        ),
      )
      .map(([name, fields]) => [name, ...fields]);
    const wire = fc.record({ nodes: fc.array(node, { maxLength: 4 }), root: fc.nat(3).map((ref) => ({ ref })) });
    await fc.assert(
      fc.asyncProperty(wire, async (value) => {
        const refusal = await decodeValue(value as WireValue).then(
          () => undefined,
          (error: unknown) => error,
        );
        expect(refusal === undefined || refusal instanceof WireError || refusal instanceof LostValueError).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('vectors of the specification', async () => {
  const folder = new URL('../../../../spec/vectors/values/', import.meta.url);
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json'));
  // What Node lacks is read in the browser test.
  const BROWSER_ONLY = /^(geometry|handle|image|view-float16array)/;

  it.each(names.filter((name) => !BROWSER_ONLY.test(name) && name !== 'lost.json'))(
    '%s is written as it was read',
    async (name) => {
      const { wire, canonical } = JSON.parse(await readFile(new URL(name, folder), 'utf8')) as Vector;
      const value = await decodeValue(wire);
      const again = await write(value);
      if (canonical !== false) expect(again).toEqual(wire);
      expect(await difference(value, await decodeValue(again))).toBeUndefined();
    },
  );

  it('lost.json is refused by name', async () => {
    const { wire } = JSON.parse(await readFile(new URL('lost.json', folder), 'utf8')) as Vector;
    await expect(decodeValue(wire)).rejects.toThrow(LostValueError);
  });
});
