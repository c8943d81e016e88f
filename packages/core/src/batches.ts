/** Deals a stream of record batches, which is sorted by origin, to the origins it belongs to. */
import type { RecordBatch, SessionState } from './state.js';

/** So much is read ahead for one origin, so that several origins can be written at once. */
const READ_AHEAD_BYTES = 8 * 1024 * 1024;

/** The batches of one origin. Whoever takes it calls `settle` in the end, read or not: the next origin may wait for it. */
export interface OriginBatches {
  readonly origin: number;
  readonly batches: AsyncIterable<RecordBatch>;
  /** Bytes that are held in memory for it. */
  readonly bytes: number;
  /** They are all that it has. Else more comes from the stream, and the next origin waits for it. */
  readonly complete: boolean;
  /** Whether `batches` can be walked from its start once more. What came live from the stream cannot. */
  repeatable(): boolean;
  settle(): void;
}

/**
 * Gives the batches of every origin, in order. Origins with much data get a live stream: the next origin is given once it is
 * settled. Memory is bounded by the read-ahead, not by the session. A stream that fails ends this, whoever read it at the time.
 */
export async function* batchesByOrigin(
  origins: number,
  batches: SessionState['batches'],
): AsyncGenerator<OriginBatches> {
  const reader = new Reader(batches);
  try {
    for (let origin = 0; origin < origins; origin++) {
      const ahead: RecordBatch[] = [];
      let bytes = 0;
      let next = await reader.peek(origin);
      for (; next !== undefined && bytes < READ_AHEAD_BYTES; next = await reader.peek(origin)) {
        ahead.push(next);
        bytes += next.bytes ?? next.json.length;
        reader.take();
      }
      const dealt = new Dealt({ origin, bytes }, ahead, next === undefined ? undefined : reader);
      yield dealt;
      if (next === undefined) continue;
      await dealt.settled;
      // What a failed origin left unread must not reach the next one.
      while ((await reader.peek(origin)) !== undefined) reader.take();
    }
  } finally {
    await reader.close();
  }
}

class Dealt implements OriginBatches {
  readonly origin: number;
  readonly bytes: number;
  readonly settled: Promise<void>;
  readonly batches: AsyncIterable<RecordBatch> = { [Symbol.asyncIterator]: () => this.#walk() };
  #settle: () => void = () => undefined;
  #live = false;

  constructor(
    { origin, bytes }: { origin: number; bytes: number },
    readonly ahead: RecordBatch[],
    /** Where more than what was read ahead comes from. */
    readonly reader: Reader | undefined,
  ) {
    this.origin = origin;
    this.bytes = bytes;
    this.settled = new Promise((resolve) => (this.#settle = resolve));
  }

  get complete(): boolean {
    return this.reader === undefined;
  }

  repeatable(): boolean {
    return !this.#live;
  }

  settle(): void {
    this.#settle();
  }

  async *#walk(): AsyncGenerator<RecordBatch> {
    yield* this.ahead;
    if (this.reader === undefined) return;
    this.#live = true;
    // Nobody can begin anew from here on, so memory need not hold it any longer.
    this.ahead.length = 0;
    for (;;) {
      const batch = await this.reader.peek(this.origin);
      if (batch === undefined) return;
      this.reader.take();
      yield batch;
    }
  }
}

/** One batch of lookahead over the stream. */
class Reader {
  readonly #iterator: AsyncIterator<RecordBatch> | Iterator<RecordBatch>;
  /** Kept until it is taken: a failure and the end never are, so everybody who asks is told of them. */
  #ahead: Promise<IteratorResult<RecordBatch>> | undefined;

  constructor(batches: SessionState['batches']) {
    this.#iterator = Symbol.asyncIterator in batches ? batches[Symbol.asyncIterator]() : batches[Symbol.iterator]();
  }

  /** The next batch if it belongs to this origin. Throws what the stream threw, each time. */
  async peek(origin: number): Promise<RecordBatch | undefined> {
    this.#ahead ??= this.#pull();
    const next = await this.#ahead;
    return next.done !== true && next.value.at[0] === origin ? next.value : undefined;
  }

  take(): void {
    this.#ahead = undefined;
  }

  async close(): Promise<void> {
    await this.#iterator.return?.();
  }

  async #pull(): Promise<IteratorResult<RecordBatch>> {
    return this.#iterator.next();
  }
}
