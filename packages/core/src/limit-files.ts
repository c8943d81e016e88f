/** Takes private files while they fit, all pieces of a file or none. Knows no limits and no browser. */
import type { IdbRecord } from '@psp/protocol';
import { cutRecords } from './record-texts.js';
import type { RecordBatch } from './state.js';

interface Piece {
  readonly batch: RecordBatch;
  readonly text: Uint8Array;
  /** The path of a file; undefined for a folder, which is always taken. */
  readonly path: string | undefined;
}

/** What there is room for, in batches as before. */
export function limitFiles(
  batches: readonly RecordBatch[],
  room: { takes(path: string, bytes: number): boolean },
): RecordBatch[] {
  const pieces = batches.flatMap(piecesOf);
  const sizes = new Map<string, number>();
  for (const { path, text } of pieces) if (path !== undefined) sizes.set(path, (sizes.get(path) ?? 0) + text.length);
  const left = new Set([...sizes].flatMap(([path, bytes]) => (room.takes(path, bytes) ? [] : [path])));
  if (left.size === 0) return [...batches];
  return batches.flatMap((batch): RecordBatch[] => {
    const taken = pieces.filter(
      (piece) => piece.batch === batch && (piece.path === undefined || !left.has(piece.path)),
    );
    if (taken.length === 0) return [];
    const json = Buffer.from(`[${taken.map(({ text }) => Buffer.from(text).toString()).join(',')}]`);
    return [{ ...batch, count: taken.length, json }];
  });
}

function piecesOf(batch: RecordBatch): Piece[] {
  // One record at a time.
  return [...cutRecords(batch.json, 1)].map(({ text }) => {
    const { key } = JSON.parse(Buffer.from(text).toString()) as IdbRecord;
    const parts = (Object(key) as { json?: unknown }).json;
    const path = Array.isArray(parts) && typeof parts.at(-1) === 'number' ? parts.slice(0, -1).join('/') : undefined;
    return { batch, text, path };
  });
}
