/** Records as JSON text: how long each is, how long it gets on the way, and the batches they make. */
import { encodeValue, type Encoded } from '../codec/encode.js';
import type { PageLoss } from '../contract.js';
import { keyLabel, loss } from '../loss.js';

/** Length of the JSON text of one batch, unless one record alone is longer. */
export const BATCH_LENGTH = 2 ** 20;

/** Most bytes that one character takes on the way: a quote or backslash in a string of a string of a string. */
export const MAX_GROWTH_ON_WIRE = 8;

/** A record whose text is whole only after `finish`. */
interface UnfinishedRecord {
  readonly key: IDBValidKey;
  readonly keyWire: Encoded['wire'];
  readonly encoded: Encoded;
}

export interface EncodedRecord {
  /** Length of its JSON text, about. */
  readonly length: number;
  /** The text, unless some of it is there only outside of the transaction, or the record is to be named for what it lost. */
  readonly content: string | UnfinishedRecord;
  /** Bytes that it may take within a message between a driver and the browser. */
  readonly wireBytes: number;
}

export interface Batch {
  length: number;
  readonly contents: EncodedRecord['content'][];
}

export function encodeRecord(key: IDBValidKey, value: unknown): EncodedRecord {
  const encoded = encodeValue(value);
  const keyWire = encodeValue(key).wire;
  const text = recordText(keyWire, encoded);
  // The engine has no string of such a length.
  if (text === undefined) return { length: Infinity, content: '', wireBytes: Infinity };
  const length = text.length + encoded.pendingBytes;
  const isFinished = encoded.finish === undefined && encoded.lost.length === 0;
  return {
    length,
    content: isFinished ? text : { key, keyWire, encoded },
    // What is pending is base64.
    get wireBytes() {
      return wireBytesOf(text) + encoded.pendingBytes;
    },
  };
}

function recordText(key: Encoded['wire'], { wire }: Encoded): string | undefined {
  try {
    return JSON.stringify({ key, value: wire });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function wireBytesOf(text: string): number {
  let growing = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === 0x22 || unit === 0x5c || unit > 0x7e) growing++;
  }
  return text.length + growing * (MAX_GROWTH_ON_WIRE - 1);
}

/** Adds a record to the last batch, or begins one. */
export function addRecord(batches: Batch[], { length, content }: EncodedRecord): void {
  const last = batches.at(-1);
  if (last === undefined || last.length + length > BATCH_LENGTH) batches.push({ length, contents: [content] });
  else {
    last.length += length;
    last.contents.push(content);
  }
}

/** The JSON texts of the batch's records, joined. Call it when the transaction is over. */
export async function finishBatch({ contents }: Batch, path: string, losses: PageLoss[]): Promise<string> {
  const texts: string[] = [];
  for (const content of contents) {
    if (typeof content === 'string') {
      texts.push(content);
      continue;
    }
    const { key, keyWire, encoded } = content;
    await encoded.finish?.();
    texts.push(JSON.stringify({ key: keyWire, value: encoded.wire }));
    if (encoded.lost.length === 0) continue;
    const item = `${path}/${keyLabel(key)}`;
    losses.push(loss('value-not-portable', 'indexedDB', { item, detail: encoded.lost.join('; ') }));
  }
  return texts.join(',');
}
