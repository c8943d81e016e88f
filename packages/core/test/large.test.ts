/** What is large or slow: requests that no browser bears are not sent, and a slow database does not cost the storage beside it. */
import type { IdbStore, OriginState } from '@psp/protocol';
import { PspError } from '@psp/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BrowserDriver } from '../src/browser/driver.js';
import { callPage, type Place } from '../src/page-call.js';
import type { PageRequest, PutRequest } from '../src/page/contract.js';
import { readOrigin } from '../src/read-origin.js';
import { cutRecords } from '../src/record-texts.js';
import { writeOrigin } from '../src/write-origin.js';

const MIB = 2 ** 20;

/** A page that answers as it is told, and a note of what it was asked. */
function pageOf(answer: (request: PageRequest) => string): Place & { requests: PageRequest[]; sizes: number[] } {
  const requests: PageRequest[] = [];
  const sizes: number[] = [];
  const evaluate = async (_tab: unknown, _frame: unknown, _source: string, text: string): Promise<string> => {
    const request = JSON.parse(text) as PageRequest;
    requests.push(request);
    // As Playwright sends it: the request within a message within a message.
    sizes.push(Buffer.byteLength(JSON.stringify(JSON.stringify(text))));
    return answer(request);
  };
  const driver = { evaluate } as unknown as BrowserDriver;
  const frame = { id: 'f', url: 'https://a.example/', origin: 'https://a.example', firstParty: true };
  return { driver, tab: {} as Place['tab'], frame, requests, sizes };
}

const late = (): never => {
  throw new PspError('TIMEOUT', 'no answer');
};

const store = (name: string): IdbStore => ({ name, keyPath: null, autoIncrement: false, indexes: [], records: [] });
const state: OriginState = {
  origin: 'https://a.example',
  localStorage: [],
  indexedDB: [{ name: 'db', version: 1, stores: [store('s')] }],
};

describe('a request', () => {
  const put = (records: string): PutRequest => ({ do: 'put', database: 'db', store: 's', records, timeoutMs: 1 });

  it('over what the browser bears is refused and not sent, by its size on the wire', async () => {
    const place = pageOf(() => '{"count":0,"losses":[]}');
    await expect(callPage(place, put('x'.repeat(80 * MIB)))).rejects.toMatchObject({ code: 'TOO_LARGE' });
    await expect(callPage(place, put('"'.repeat(11 * MIB)))).rejects.toMatchObject({ code: 'TOO_LARGE' });
    expect(place.requests).toEqual([]);
    await callPage(place, put('x'.repeat(11 * MIB)));
    expect(place.requests).toHaveLength(1);
  });
});

describe('the text of records', () => {
  it('is cut between records only, none lost, none changed', () => {
    const spaced = fc.tuple(fc.array(fc.jsonValue()), fc.constantFrom(undefined, 1, '\n\t'));
    fc.assert(
      fc.property(spaced, fc.integer({ min: 1, max: 200 }), ([records, space], maxBytes) => {
        const pieces = [...cutRecords(Buffer.from(JSON.stringify(records, null, space)), maxBytes)];
        const found = pieces.map(({ text }) => JSON.parse(`[${Buffer.from(text).toString()}]`) as unknown[]);
        expect(found.flat(1)).toEqual(JSON.parse(JSON.stringify(records)));
        expect(pieces.map(({ count }) => count)).toEqual(found.map((piece) => piece.length));
        for (const { text, count } of pieces) if (count > 1) expect(text.length).toBeLessThanOrEqual(maxBytes);
      }),
    );
  });
});

describe('a batch of any size', () => {
  it('is written in small pieces, and a record that cannot be sent is a loss with its name', async () => {
    const place = pageOf((request) =>
      JSON.stringify(request.do === 'load' ? { failed: [], losses: [] } : { count: 1, losses: [] }),
    );
    const records = [
      ...Array.from({ length: 30 }, (_, key) => ({ key, value: 'x'.repeat(MIB) })),
      { key: 'too \\ "large"', value: '"'.repeat(5 * MIB) },
      { key: 'last', value: 'y' },
    ];
    const batch = { at: [0, 0, 0] as const, count: records.length, json: Buffer.from(JSON.stringify(records)) };
    const batches = (async function* () {
      yield batch;
    })();
    const losses = await writeOrigin(place, state, batches, { timeoutMs: 1000 });
    expect(losses).toEqual([
      {
        code: 'record-not-restored',
        kind: 'indexedDB',
        origin: 'https://a.example',
        item: 'db/s/too \\ "large"',
        detail: expect.stringContaining('bytes on its way to the browser'),
      },
    ]);
    const written = place.requests.flatMap((request) =>
      request.do === 'put' ? (JSON.parse(String(request.records)) as { key: unknown }[]) : [],
    );
    expect(written.map(({ key }) => key)).toEqual([...Array.from({ length: 30 }, (_, key) => key), 'last']);
    expect(Math.max(...place.sizes)).toBeLessThan(5 * MIB);
  });
});

describe('a database that takes too long', () => {
  const options = { sessionStorage: true, shared: true, timeoutMs: 1000 };
  const items = [{ name: 'token', value: 'v' }];

  it('leaves localStorage and sessionStorage as they are', async () => {
    const place = pageOf((request) => {
      if (request.do !== 'dump' || request.indexedDB) return late();
      return JSON.stringify({ localStorage: items, sessionStorage: items, batches: [], rest: [], losses: [] });
    });
    const reading = await readOrigin(place, options);
    expect(reading).toMatchObject({ state: { localStorage: items }, sessionStorage: items });
    expect(reading.losses).toEqual([
      {
        code: 'origin-timeout',
        kind: 'indexedDB',
        origin: 'https://a.example',
        detail: 'IndexedDB, caches and files: no answer',
      },
    ]);
    await expect(readOrigin(pageOf(late), options)).rejects.toMatchObject({ code: 'TIMEOUT' });
  });

  it('in one of its pieces loses no other piece', async () => {
    const databases = [{ name: 'db', version: 1, stores: [store('one')] }];
    const place = pageOf((request) => {
      if (request.do === 'dump') {
        const rest = [{ database: 0, store: 0, after: 0, cuts: [2, 4] }];
        return JSON.stringify({ databases, batches: [], rest, losses: [] });
      }
      if (request.do !== 'records' || request.after === 2) return late();
      const key = (request.after as number) + 1;
      return `${JSON.stringify({ count: 1, losses: [] })}\n[{"key":${key},"value":${key}}]`;
    });
    const { batches, losses } = await readOrigin(place, options);
    expect(batches.map(({ json }) => JSON.parse(Buffer.from(json).toString())[0].key)).toEqual([1, 5]);
    expect(losses).toMatchObject([{ code: 'database-failed', item: 'db/one' }]);
  });

  it('keeps what was read of it, names what was not, and does not wait again', async () => {
    const databases = [{ name: 'db', version: 1, stores: [store('one'), store('two')] }];
    const place = pageOf((request) => {
      if (request.do !== 'dump') return late();
      const rest = [0, 1].map((at) => ({ database: 0, store: at, after: 1, cuts: [] }));
      const header = {
        localStorage: items,
        databases,
        batches: [{ database: 0, store: 0, count: 1 }],
        rest,
        losses: [],
      };
      return `${JSON.stringify(header)}\n[{"key":1,"value":1}]`;
    });
    const { state: read, batches, losses } = await readOrigin(place, options);
    expect(read).toMatchObject({ localStorage: items, indexedDB: databases });
    expect(batches).toHaveLength(1);
    expect(losses.map(({ code, item }) => `${code} ${item}`)).toEqual([
      'database-failed db/one',
      'database-failed db/two',
    ]);
    expect(place.requests).toHaveLength(2);
  });
});
