/** Cuts a stream of bytes into lines, with a limit on each. */
import { PspError } from '@psp/protocol';

const NEWLINE = 0x0a;

/** Lines without their newline. Throws TOO_LARGE beyond `maxBytes`, and INVALID_DOCUMENT when the last line has no newline. */
export async function* readLines(chunks: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array> {
  let pieces: Uint8Array[] = [];
  let bytes = 0;
  const add = (piece: Uint8Array): void => {
    bytes += piece.byteLength;
    if (bytes > maxBytes) throw new PspError('TOO_LARGE', `payload: a line has more than ${maxBytes} bytes`);
    pieces.push(piece);
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      add(chunk.subarray(start, end));
      yield pieces.length === 1 ? (pieces[0] as Uint8Array) : Buffer.concat(pieces);
      [pieces, bytes, start] = [[], 0, end + 1];
    }
    if (start < chunk.byteLength) add(chunk.subarray(start));
  }
  if (bytes > 0) throw new PspError('INVALID_DOCUMENT', 'payload: expected a newline at its end, found none');
}
