/** Every vector of spec/vectors against the parser, and against the generated schemas by another validator. */
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { Compile } from 'typebox/schema';
import { describe, expect, test } from 'vitest';
import { checkWireValue, parsePayload, parseSessionDocument, PspError, SessionDocument } from '../src/index.js';
import { withRecords } from './documents.js';
import { invalidVectors, validVectors, valueVectors, type InvalidVector } from './vectors.js';

const ajv = new Ajv2020({ strict: true, allErrors: false });
const acceptsByAjv = ajv.compile(
  JSON.parse(readFileSync(new URL('../../../spec/schema/session.json', import.meta.url), 'utf8')) as object,
);
const byTypeBox = Compile(SessionDocument);

function errorOf(run: () => unknown): PspError {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(PspError);
    return error as PspError;
  }
  throw new Error('expected an error, but it was accepted');
}

function parseVector({ input, inputText, payload }: InvalidVector): unknown {
  if (payload !== undefined) return parsePayload(payload.map((line) => `${line}\n`).join(''));
  return parseSessionDocument(inputText ?? input);
}

/** `[PSP-DOC-6] time-not-utc: Times are in UTC.` beside each vector. */
const titled = <T extends { proves: string; name: string; description: string }>(vectors: T[]): [string, T][] =>
  vectors.map((vector) => [`[${vector.proves}] ${vector.name}: ${vector.description}`, vector]);

describe('valid', () => {
  test('there are 15 or more', () => expect(validVectors().length).toBeGreaterThanOrEqual(15));

  test.each(titled(validVectors()))('%s', (_, { document, payload }) => {
    const text = JSON.stringify(document);
    expect(parseSessionDocument(document)).toEqual(document);
    expect(parseSessionDocument(text)).toEqual(document);
    expect(parseSessionDocument(new TextEncoder().encode(text))).toEqual(document);
    expect(acceptsByAjv(document), JSON.stringify(acceptsByAjv.errors)).toBe(true);
    expect(byTypeBox.Check(document)).toBe(true);
    if (payload !== undefined) expect(parsePayload(payload.map((line) => `${line}\n`).join(''))).toEqual(document);
  });
});

describe('invalid', () => {
  test('there are 25 or more', () => expect(invalidVectors().length).toBeGreaterThanOrEqual(25));

  test.each(titled(invalidVectors()))('%s', (_, vector) => {
    const { code, message } = errorOf(() => parseVector(vector));
    expect(code).toBe(vector.error.code);
    expect(message.slice(0, vector.error.at.length)).toBe(vector.error.at);
    expect(message[vector.error.at.length]).toMatch(/[: ]/);
  });

  test.each(invalidVectors().filter((vector) => vector.input !== undefined))(
    '$name: the schema $schema it',
    (vector) => {
      expect(acceptsByAjv(vector.input)).toBe(vector.schema === 'accepts');
      expect(byTypeBox.Check(vector.input)).toBe(vector.schema === 'accepts');
    },
  );
});

describe('values', () => {
  test('there are 45 or more', () => expect(valueVectors().length).toBeGreaterThanOrEqual(45));

  test.each(titled(valueVectors()))('%s', (_, { wire }) => {
    expect(() => checkWireValue(wire)).not.toThrow();
    const document = withRecords([{ key: 1, value: wire as string }]);
    expect(parseSessionDocument(JSON.stringify(document))).toEqual(document);
  });

  test('[PSP-VAL-5] every tag of the table has a vector, and no vector has another', async () => {
    const { NODES } = await import('../src/value-nodes.js');
    const tables = valueVectors().map(({ wire }) => (wire as { nodes?: [string][] } | null)?.nodes ?? []);
    expect(new Set(tables.flat().map(([tag]) => tag))).toEqual(new Set(Object.keys(NODES)));
  });
});
