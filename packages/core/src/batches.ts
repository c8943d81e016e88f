/** Deals a stream of record batches, which is sorted by origin, to the origins it belongs to. */
import type { RecordBatch, SessionState } from './state.js';

/** So much is read ahead for one origin, so that several origins can be written at once. */
const READ_AHEAD_BYTES = 8 * 1024 * 1024;

/** The batches of one origin. Whoever takes it calls `settle` in the end, read or not: the next origin may wait for it. */
export interface OriginBatches {
  readonly origin: number;
  readonly batches: AsyncIterable<RecordBatch>;
  settle(): void;
}

/**
 * Gives the batches of every origin, in order. Origins with much data get a live stream: the next origin is given once it is
 * settled. Memory is bounded by the read-ahead, not by the session.
 */
export async function* batchesByOrigin(
  origins: number,
  batches: SessionState['batches'],
): AsyncGenerator<OriginBatches> {
  const reader = new Reader(batches);
  for (let origin = 0; origin < origins; origin++) {
    const ahead: RecordBatch[] = [];
    let bytes = 0;
    let next = await reader.peek(origin);
    for (; next !== undefined && bytes < READ_AHEAD_BYTES; next = await reader.peek(origin)) {
      ahead.push(next);
      bytes += next.json.length;
      reader.take();
    }
    if (next === undefined) {
      yield { origin, batches: stream(ahead), settle: () => undefined };
      continue;
    }
    let settle: () => void = () => undefined;
    const settled = new Promise<void>((resolve) => (settle = resolve));
    yield { origin, batches: stream(ahead, reader, origin), settle };
    await settled;
    // What a failed origin left unread must not reach the next one.
    while ((await reader.peek(origin)) !== undefined) reader.take();
  }
}

async function* stream(ahead: RecordBatch[], reader?: Reader, origin = -1): AsyncGenerator<RecordBatch> {
  for (let batch = ahead.shift(); batch !== undefined; batch = ahead.shift()) yield batch;
  if (reader === undefined) return;
  for (let batch = await reader.peek(origin); batch !== undefined; batch = await reader.peek(origin)) {
    reader.take();
    yield batch;
  }
}

/** One batch of lookahead over the stream. */
class Reader {
  readonly #iterator: AsyncIterator<RecordBatch> | Iterator<RecordBatch>;
  #ahead: RecordBatch | undefined;

  constructor(batches: SessionState['batches']) {
    this.#iterator = Symbol.asyncIterator in batches ? batches[Symbol.asyncIterator]() : batches[Symbol.iterator]();
  }

  /** The next batch if it belongs to this origin. */
  async peek(origin: number): Promise<RecordBatch | undefined> {
    if (this.#ahead === undefined) {
      const next = await this.#iterator.next();
      this.#ahead = next.done === true ? undefined : next.value;
    }
    return this.#ahead?.at[0] === origin ? this.#ahead : undefined;
  }

  take(): void {
    this.#ahead = undefined;
  }
}
