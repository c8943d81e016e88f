/** Compression before sealing, and unpacking with a limit after opening. */
import { Readable, pipeline, type Transform } from 'node:stream';
import { promisify } from 'node:util';
import {
  brotliCompress,
  brotliCompressSync,
  brotliDecompress,
  brotliDecompressSync,
  constants,
  createBrotliCompress,
  createBrotliDecompress,
  type BrotliOptions,
} from 'node:zlib';
import { PspError } from '@psp/protocol';

export type Compression = 'br' | 'none';
type Chunks = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** Each chunk is a hop to another thread and back, which at Node's 16 KiB costs as much as the compression itself. */
const CHUNK_BYTES = 256 * 1024;
/** At most so much is done here and now, in less time than the way to another thread takes. */
const SMALL_BYTES = 32 * 1024;
/** At most so much takes that way in one go, instead of chunk by chunk. */
const MEDIUM_BYTES = 2 * 1024 * 1024;
const MEDIUM_PACKED_BYTES = 512 * 1024;

/** Brotli at quality 1: half the size for a tenth of the time of higher ones. It looks back 256 KiB at most, so a larger window would be empty memory. */
const PARAMS = { [constants.BROTLI_PARAM_QUALITY]: 1, [constants.BROTLI_PARAM_LGWIN]: 18 };

export async function* compressed(chunks: Chunks, comp: Compression): AsyncGenerator<Uint8Array> {
  if (comp === 'none') return yield* chunks;
  const { begin, rest } = await upTo(chunks, MEDIUM_BYTES);
  if (rest === undefined) yield compressedAtOnce(Buffer.concat(begin));
  else yield* through(followed(begin, rest), createBrotliCompress({ params: PARAMS, chunkSize: CHUNK_BYTES }));
}

/** Throws TOO_LARGE beyond `maxBytes`: 421 bytes of brotli can unpack to 256 MiB. */
export async function* decompressed(
  chunks: AsyncIterable<Uint8Array>,
  comp: Compression,
  { maxBytes, where }: { maxBytes: number; where: string },
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of comp === 'none' ? chunks : unpacked(chunks, where)) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new PspError('TOO_LARGE', `${where}: it unpacks to more than ${maxBytes} bytes`);
    yield chunk;
  }
}

async function* unpacked(chunks: AsyncIterable<Uint8Array>, where: string): AsyncGenerator<Uint8Array> {
  const { begin, rest } = await upTo(chunks, MEDIUM_PACKED_BYTES);
  try {
    const whole = rest === undefined ? await unpackedAtOnce(Buffer.concat(begin)) : undefined;
    if (whole === undefined) yield* through(followed(begin, rest), createBrotliDecompress({ chunkSize: CHUNK_BYTES }));
    else yield whole;
  } catch (error) {
    if (!isZlib(error)) throw error;
    throw new PspError('CORRUPT', `${where}: it does not unpack`, { cause: error });
  }
}

const compress = promisify<Uint8Array, BrotliOptions, Buffer>(brotliCompress);
const decompress = promisify<Uint8Array, BrotliOptions, Buffer>(brotliDecompress);

async function compressedAtOnce(bytes: Uint8Array): Promise<Uint8Array> {
  if (bytes.byteLength <= SMALL_BYTES) return brotliCompressSync(bytes, { params: PARAMS });
  // Room for the result, which the thread fills without coming back for more; seldom is it more than half.
  return compress(bytes, { params: PARAMS, chunkSize: Math.ceil(bytes.byteLength / 2) });
}

/** Undefined where it unpacks to more than is done at once. */
async function unpackedAtOnce(packed: Uint8Array): Promise<Uint8Array | undefined> {
  try {
    if (packed.byteLength <= SMALL_BYTES) return brotliDecompressSync(packed, { maxOutputLength: 8 * SMALL_BYTES });
    return await decompress(packed, { maxOutputLength: MEDIUM_BYTES, chunkSize: 4 * packed.byteLength });
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE') return undefined;
    throw error;
  }
}

type Source = AsyncIterator<Uint8Array> | Iterator<Uint8Array>;

/** The chunks that come first, and the source of the others where they are more than `maxBytes`. */
async function upTo(chunks: Chunks, maxBytes: number): Promise<{ begin: Uint8Array[]; rest?: Source }> {
  const rest = Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]();
  const begin: Uint8Array[] = [];
  for (let bytes = 0; bytes <= maxBytes;) {
    const next = await rest.next();
    if (next.done === true) return { begin };
    begin.push(next.value);
    bytes += next.value.byteLength;
  }
  return { begin, rest };
}

/** Ends the source when the reader stops. */
async function* followed(begin: Uint8Array[], rest: Source | undefined): AsyncGenerator<Uint8Array> {
  try {
    // Held by nobody once it is given.
    for (let chunk = begin.shift(); chunk !== undefined; chunk = begin.shift()) yield chunk;
    if (rest === undefined) return;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest?.return?.();
  }
}

/** Ends the source when the reader stops, and fails the reader when the source fails. */
function through(chunks: Chunks, transform: Transform): AsyncIterable<Uint8Array> {
  // One chunk ahead, for chunks may be large.
  return pipeline(Readable.from(chunks, { objectMode: true, highWaterMark: 1 }), transform, () => {
    // The reader of the transform meets the same error.
  });
}

function isZlib(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return (
    typeof code === 'string' &&
    (code.startsWith('ERR__ERROR') || code.startsWith('ERR_BROTLI') || code.startsWith('Z_'))
  );
}
