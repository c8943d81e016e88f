/** The payload: a head without records, then lines of records. */
import { describe, expect, test } from 'vitest';
import {
  parsePayload,
  parsePayloadHead,
  parseRecordLine,
  payloadLines,
  withoutRecords,
  type IdbRecord,
} from '../src/index.js';
import { aDocument, anOrigin, aStore, withRecords } from './documents.js';

const records = (count: number): IdbRecord[] =>
  Array.from({ length: count }, (_, key) => ({ key, value: { json: { n: key } } }));

const full = aDocument({
  origins: [
    anOrigin({
      indexedDB: [{ name: 'a', version: 1, stores: [aStore({ records: records(5) }), aStore({ name: 'empty' })] }],
    }),
    anOrigin({
      origin: 'https://b.example',
      indexedDB: [{ name: 'b', version: 2, stores: [aStore({ records: records(2) })] }],
    }),
  ],
});

describe('lines', () => {
  test('[PSP-PAY-1] a document becomes a head without records and lines, and the lines become the document', () => {
    const lines = [...payloadLines(full, 2)];
    expect(lines.every((line) => line.endsWith('\n') && line.indexOf('\n') === line.length - 1)).toBe(true);
    expect(lines.slice(1).map((line) => (JSON.parse(line) as { at: number[] }).at)).toEqual([
      [0, 0, 0],
      [0, 0, 0],
      [0, 0, 0],
      [1, 0, 0],
    ]);
    expect(JSON.parse(lines[0]!)).toEqual(withoutRecords(full));
    expect(parsePayload(lines.join(''))).toEqual(full);
  });

  test('the document is not changed by writing it', () => {
    const before = structuredClone(full);
    expect([...payloadLines(full)].length).toBe(3);
    expect(full).toEqual(before);
  });

  test('[PSP-PAY-2] lines of one store append in their order', () => {
    const head = JSON.stringify(withoutRecords(withRecords([])));
    const line = (key: number): string => JSON.stringify({ at: [0, 0, 0], records: [{ key, value: key }] });
    const parsed = parsePayload([head, line(2), line(1), ''].join('\n'));
    expect(parsed.origins[0]!.indexedDB[0]!.stores[0]!.records.map(({ key }) => key)).toEqual([2, 1]);
  });

  test('members of a line and a record that are not known are kept', () => {
    const document = withRecords([]);
    const line = { at: [0, 0, 0], x: 1, records: [{ key: 1, value: 1, x: 2 }] };
    expect(parseRecordLine(JSON.stringify(line), document)).toEqual(line);
  });
});

describe('refusals', () => {
  const document = withRecords([]);

  test('[PSP-PAY-1] a head that holds records', () => {
    expect(() => parsePayloadHead(withRecords(records(1)))).toThrow(
      'origins[0].indexedDB[0].stores[0].records: expected no records',
    );
  });

  test('[PSP-PAY-3] a line for a store that is not there', () => {
    for (const at of [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
      [2 ** 32, 0, 0],
    ]) {
      expect(() => parseRecordLine({ at, records: [] }, document)).toThrow('at: expected the place of a store');
    }
  });

  test('[PSP-PAY-2] lines that are not in the order of their stores', () => {
    const lines = [...payloadLines(full, 2)];
    const of = (order: number[]): string => [lines[0], ...order.map((index) => lines[index])].join('');
    expect(() => parsePayload(of([1, 2, 3, 4]))).not.toThrow();
    expect(() => parsePayload(of([1, 2, 4, 3]))).toThrow('line 5: at: expected the place of the line before');
  });

  test('[PSP-PAY-1] a payload that does not end with a newline was cut short', () => {
    const text = [...payloadLines(full)].join('');
    expect(() => parsePayload(text.slice(0, -1))).toThrow('expected a newline at its end');
    expect(() => parsePayload('')).toThrow('expected a newline at its end');
  });

  test('[PSP-LIM-1] limits hold for the whole and for each line', () => {
    const text = [...payloadLines(full)].join('');
    expect(() => parsePayload(text, { limits: { maxBytes: text.length - 1 } })).toThrow(
      expect.objectContaining({ code: 'TOO_LARGE' }),
    );
    expect(() => parsePayload(text, { limits: { maxDepth: 3 } })).toThrow(
      expect.objectContaining({ code: 'TOO_LARGE' }),
    );
    expect(() => parseRecordLine('['.repeat(1e5), document)).toThrow(expect.objectContaining({ code: 'TOO_LARGE' }));
  });

  test('the line of a fault is named, and its code is kept', () => {
    const lines = [...payloadLines(full, 2)];
    lines[2] = '{"at":[0,0,0],"records":[{"key":null,"value":1}]}\n';
    expect(() => parsePayload(lines.join(''))).toThrow(
      expect.objectContaining({
        code: 'INVALID_DOCUMENT',
        message: expect.stringContaining('line 3: records[0].key: ') as string,
      }),
    );
  });
});
