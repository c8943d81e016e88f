/** The payload's lines, both ways, and what is refused. */
import { readFileSync } from 'node:fs';
import type { PspError, SessionDocument } from '@psp/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLines } from '../src/payload-lines.js';
import { decodePayload, encodePayload, inlineRecords, splitRecords } from '../src/payload.js';
import type { RecordBatch, SessionState } from '../src/state.js';
import { batch, collectBatches, makeDocument, makeState } from './support/session-state.js';

async function encode(state: SessionState): Promise<Buffer> {
  const chunks = [];
  for await (const chunk of encodePayload(state)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function* chunked(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

const decode = (bytes: Uint8Array | string, size = 100): Promise<SessionState> =>
  decodePayload(chunked(Buffer.from(bytes), size));
const decodeAll = async (bytes: Uint8Array | string) => collectBatches(await decode(bytes));

describe('a payload', () => {
  it('is the document, then one line for each batch', async () => {
    const state = makeState();
    const lines = (await encode(state)).toString().split('\n');
    expect(lines).toHaveLength(4);
    expect(JSON.parse(lines[0]!)).toEqual(state.document);
    expect(lines[1]).toBe(
      '{"at":[0,0,0],"records":[{"key":1,"value":{"json":{"id":1,"secret":"value"}}},{"key":2,"value":{"json":{"id":2,"secret":"value"}}}]}',
    );
    expect(lines[3]).toBe('');
  });

  it('is refused when its stores come out of order, written or read', async () => {
    const state = makeState();
    const [first, second] = (await encode(state)).toString().split('\n').slice(1);
    const head = JSON.stringify(state.document);
    await expect(decodeAll(`${head}\n${second}\n${first}\n`)).rejects.toMatchObject({
      code: 'INVALID_DOCUMENT',
      message: 'payload line 3: at: expected the place of the line before, or one after it',
    });
    const batches = [batch([0, 0, 1], []), batch([0, 0, 0], [])];
    await expect(encode({ document: state.document, batches })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  it.each([1, 7, 64, 100_000])('comes back the same from chunks of %i bytes', async (size) => {
    const state = makeState({ secret: 'ä€𝄞"\\\n\u2028' });
    const back = await decode(await encode(state), size);
    expect(back.document).toEqual(state.document);
    expect(await collectBatches(back)).toEqual(await collectBatches(state));
  });

  it('comes back the same for any records', async () => {
    const records = fc.array(
      fc.record({
        key: fc.oneof(fc.integer(), fc.string({ unit: 'grapheme' })),
        value: fc.record({ json: fc.jsonValue() }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(records, fc.integer({ min: 1, max: 300 }), async (some, size) => {
        const state = { document: makeDocument(), batches: [batch([0, 0, 1], some)] };
        const [back] = await collectBatches(await decode(await encode(state), size));
        expect(back).toEqual({ at: [0, 0, 1], count: some.length, records: JSON.parse(JSON.stringify(some)) });
      }),
      { numRuns: 100 },
    );
  });

  it('takes JSON text with newlines, which a line may not hold', async () => {
    const json = Buffer.from('[\n  {"key": 1,\n  "value": "a\\nb"}\n]');
    const back = await decodeAll(
      await encode({ document: makeDocument(), batches: [{ at: [0, 0, 0], count: 1, json }] }),
    );
    expect(back).toEqual([{ at: [0, 0, 0], count: 1, records: [{ key: 1, value: 'a\nb' }] }]);
  });

  it('is read from other writers too, with other spaces and order of members', async () => {
    const line = ' { "records" : [ {"key":1,"value":2} ] , "at" : [0, 0, 1], "later": true }';
    expect(await decodeAll(`${JSON.stringify(makeDocument())}\n${line}\n`)).toEqual([
      { at: [0, 0, 1], count: 1, records: [{ key: 1, value: 2 }] },
    ]);
  });

  it('passes the records on as the bytes that were written', async () => {
    const json = Buffer.from('[{"key":1,"value":1e3},{"key":2,"value":1.50}]');
    const { batches } = await decode(
      await encode({ document: makeDocument(), batches: [{ at: [0, 0, 0], count: 2, json }] }),
    );
    for await (const found of batches) expect(Buffer.from(found.json).toString()).toBe(json.toString());
  });

  it('refuses records in the document, which would be lost on the way to a browser', async () => {
    const document = makeDocument();
    document.origins[0]!.indexedDB[0]!.stores[0]!.records.push({ key: 1, value: 1 });
    await expect(encode({ document, batches: [] })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(decode(`${JSON.stringify(document)}\n`)).rejects.toMatchObject({ code: 'INVALID_DOCUMENT' });
  });
});

describe('records of databases, caches and files', () => {
  const vector = new URL('../../../spec/vectors/valid/caches-files.json', import.meta.url);
  const { document } = JSON.parse(readFileSync(vector, 'utf8')) as { document: SessionDocument };

  it('[PSP-PAY-2] go out in this order, come back, and are refused in another', async () => {
    const state = splitRecords(document, { maxBytes: 300 });
    const batches = await collectBatches(state);
    const kinds = batches.map(({ at }) => `${at[0]} ${typeof at[1] === 'number' ? 'databases' : at[1]}`);
    expect([...new Set(kinds)]).toEqual(['0 databases', '0 caches', '0 files', '1 files']);
    expect(await decodeAll(await encode(state))).toEqual(batches);
    expect(await inlineRecords(state)).toEqual(document);
    const files = batch([0, 'files', 0], []);
    const early = { ...state, batches: [files, batch([0, 'caches', 0], [])] };
    await expect(encode(early)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    const late = { ...state, batches: [files, batch([0, 0, 0], [])] };
    await expect(encode(late)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });
});

describe('a line that no reader takes', () => {
  it('is TOO_LARGE when it is written, not when it is read', async () => {
    const json = Buffer.alloc(256 * 1024 * 1024, ' ');
    await expect(
      encode({ document: makeDocument(), batches: [{ at: [0, 0, 0], count: 1, json }] }),
    ).rejects.toMatchObject({ code: 'TOO_LARGE' });
  });
});

describe('a damaged payload is INVALID_DOCUMENT, naming the line and no value', () => {
  const first = JSON.stringify(makeDocument());
  it.each([
    ['nothing', ''],
    ['no newline at the end', first],
    ['not JSON', 'hunter2\n'],
    ['another document', '{"format":"hunter2"}\n'],
    ['a store that is not there', `${first}\n{"at":[0,0,2],"records":[]}\n`],
    ['an origin that is not there', `${first}\n{"at":[9,0,0],"records":[]}\n`],
    ['a place with a sign', `${first}\n{"at":[-1,0,0],"records":[]}\n`],
    ['a place that is too short', `${first}\n{"at":[0,0],"records":[]}\n`],
    ['no place', `${first}\n{"records":["hunter2"]}\n`],
    ['records that are no array', `${first}\n{"at":[0,0,0],"records":{"hunter2":1}}\n`],
    ['a record without a key', `${first}\n{"at":[0,0,0],"records":[{"value":"hunter2"}]}\n`],
    ['a record that is null', `${first}\n{"at":[0,0,0],"records":[null]}\n`],
    ['two members in one', `${first}\n{"at":[0,0,0],"records":[],"records":["hunter2"]}\n`],
    ['cut JSON', `${first}\n{"at":[0,0,0],"records":[{"key":1,"val}\n`],
    ['an empty line', `${first}\n\n`],
  ])('%s', async (_name, text) => {
    const error: PspError = await decodeAll(text).then(
      () => undefined as never,
      (thrown) => thrown,
    );
    expect(error).toMatchObject({ code: 'INVALID_DOCUMENT' });
    expect(error.message).not.toContain('hunter2');
  });

  it('in records that nobody uses costs nothing, and whoever uses them is told each time', async () => {
    const { batches } = await decode(`${first}\n{"at":[0,0,0],"records":[null]}\n`);
    const read: RecordBatch[] = [];
    for await (const batch of batches) read.push(batch);
    expect(read.map(({ at, bytes }) => ({ at, bytes }))).toEqual([{ at: [0, 0, 0], bytes: 6 }]);
    for (const use of [(): unknown => read[0]!.json, (): unknown => read[0]!.count, (): unknown => read[0]!.json])
      expect(use).toThrow(
        expect.objectContaining({ code: 'INVALID_DOCUMENT', message: expect.stringContaining('line 2') }),
      );
  });

  it('a line beyond the limit is TOO_LARGE', async () => {
    const read = async (limit: number) => {
      const lines = [];
      for await (const line of readLines(chunked(Buffer.from('aaaa\nbbbbb\n'), 2), limit))
        lines.push(Buffer.from(line).toString());
      return lines;
    };
    expect(await read(5)).toEqual(['aaaa', 'bbbbb']);
    await expect(read(4)).rejects.toMatchObject({ code: 'TOO_LARGE' });
  });
});

describe('records inside the document and beside it', () => {
  it('go in and out again', async () => {
    const state = makeState();
    const whole = await inlineRecords(state);
    expect(whole.origins[0]!.indexedDB[0]!.stores.map(({ records }) => records.length)).toEqual([2, 1]);
    expect(state.document.origins[0]!.indexedDB[0]!.stores[0]!.records).toEqual([]);
    const again = splitRecords(whole, { maxBytes: 1_000_000 });
    expect(again.document).toEqual(state.document);
    expect(await collectBatches(again)).toEqual(await collectBatches(state));
    expect(await inlineRecords(again)).toEqual(whole);
  });

  it('split at the limit; a larger record stands alone, and none is lost', async () => {
    const document = makeDocument();
    const records = [10, 10, 10, 500, 10].map((size, key) => ({ key, value: 'x'.repeat(size) }));
    document.origins[0]!.indexedDB[0]!.stores[1]!.records = records;
    const { batches } = splitRecords(document, { maxBytes: 75 });
    const found = [];
    for await (const { at, count, json } of batches) {
      expect(at).toEqual([0, 0, 1]);
      expect(count === 1 || json.length <= 75).toBe(true);
      found.push(...(JSON.parse(Buffer.from(json).toString()) as unknown[]));
    }
    expect(found).toEqual(records);
    expect((await collectBatches({ document, batches })).length).toBe(4);
  });

  it('refuse a batch for a store that is not there', async () => {
    await expect(inlineRecords({ document: makeDocument(), batches: [batch([1, 0, 0], [])] })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });
  });
});
