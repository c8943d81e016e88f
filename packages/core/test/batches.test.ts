/** Records dealt to their origins: the order, the limits of reading ahead, and a stream that fails. */
import { PspError } from '@psp/protocol';
import { describe, expect, test } from 'vitest';
import { batchesByOrigin, type OriginBatches } from '../src/batches.js';
import type { RecordBatch } from '../src/state.js';

const MIB = 1024 * 1024;
const corrupt = new PspError('CORRUPT', 'part 3: changed');

function batch(origin: number, store: number, mebibytes = 0): RecordBatch {
  return { at: [origin, 0, store], count: 1, json: Buffer.alloc(mebibytes * MIB, ' ') };
}

/** A live stream: 15 MiB for the first origin, some for the third. */
function large(): RecordBatch[] {
  return [...Array.from({ length: 5 }, (_, store) => batch(0, store, 3)), batch(2, 0), batch(2, 1)];
}

async function* failing(batches: RecordBatch[]): AsyncGenerator<RecordBatch> {
  yield* batches;
  throw corrupt;
}

async function storesOf({ batches }: OriginBatches): Promise<number[]> {
  const stores = [];
  for await (const { at } of batches) stores.push(at[2]);
  return stores;
}

describe('batches by origin', () => {
  test('every origin gets its own, in order, also those that are too large to be read ahead', async () => {
    const dealt = [];
    for await (const item of batchesByOrigin(3, large())) {
      dealt.push([item.origin, await storesOf(item)]);
      item.settle();
    }
    expect(dealt).toEqual([
      [0, [0, 1, 2, 3, 4]],
      [1, []],
      [2, [0, 1]],
    ]);
  });

  test('what an origin leaves unread reaches no other', async () => {
    const dealt = [];
    for await (const item of batchesByOrigin(3, large())) {
      if (item.origin > 0) dealt.push([item.origin, await storesOf(item)]);
      item.settle();
    }
    expect(dealt).toEqual([
      [1, []],
      [2, [0, 1]],
    ]);
  });

  test('what was read ahead can be walked again; what came live cannot', async () => {
    for await (const item of batchesByOrigin(3, large())) {
      if (item.origin === 0) {
        const [first, second] = [item.batches[Symbol.asyncIterator](), item.batches[Symbol.asyncIterator]()];
        for (const store of [0, 1, 2]) {
          expect((await first.next()).value?.at[2]).toBe(store);
          expect((await second.next()).value?.at[2]).toBe(store);
        }
        expect(item.repeatable()).toBe(true);
        expect((await second.next()).value?.at[2]).toBe(3);
        expect(item.repeatable()).toBe(false);
      } else {
        expect(await storesOf(item)).toEqual(await storesOf(item));
        expect(item.repeatable()).toBe(true);
      }
      item.settle();
    }
  });

  test('a stream that fails while an origin reads it fails that origin and ends the deal', async () => {
    const deal = batchesByOrigin(3, failing(large().slice(0, 4)));
    const first = (await deal.next()).value as OriginBatches;
    await expect(storesOf(first)).rejects.toBe(corrupt);
    first.settle();
    await expect(deal.next()).rejects.toBe(corrupt);
    expect(await deal.next()).toMatchObject({ done: true });
  });

  test('a stream that fails while it is read ahead deals no origin whose records may be missing', async () => {
    const deal = batchesByOrigin(3, failing([batch(0, 0), batch(1, 0)]));
    expect((await deal.next()).value).toMatchObject({ origin: 0 });
    await expect(deal.next()).rejects.toBe(corrupt);
  });

  test('lets go of the stream when the deal ends early', async () => {
    let closed = false;
    async function* source(): AsyncGenerator<RecordBatch> {
      try {
        yield* large();
      } finally {
        closed = true;
      }
    }
    for await (const item of batchesByOrigin(3, source())) {
      item.settle();
      break;
    }
    expect(closed).toBe(true);
  });
});
