/**
 * The sealed container: `PSP1 | u32 header length | header JSON in clear | AES-256-GCM segments`. Knows a data key of 32 bytes, and
 * nothing of sessions, stores or where the key comes from. One segment is in memory at a time.
 */
import { createHash, randomBytes } from 'node:crypto';
import { PspError } from '@psp/protocol';
import { ByteReader } from './byte-reader.js';
import { compressed, decompressed, type Compression } from './compression.js';
import { openSegment, sealSegment, segmentKey, SEGMENT_BYTES, TAG_BYTES } from './segment.js';

const MAGIC = Buffer.from('PSP1');
const MAX_HEADER_BYTES = 64 * 1024;
const SALT_BYTES = 32;
const PREFIX_BYTES = MAGIC.length + 4;

/** What the owner of a container writes into its header: authenticated, but not secret. */
export type HeaderFields = Readonly<Record<string, unknown>>;

/** A header as it stands in the container. */
export type ContainerHeader = HeaderFields & {
  readonly comp: Compression;
  readonly seg: number;
  readonly salt: string;
};

export interface OpenOptions {
  /** What the container is, for messages: `head of session 0192...`. */
  readonly where: string;
  /** Header fields that must stand as given, so that no other container can take the place of this one. */
  readonly expect?: HeaderFields;
  /** Most bytes of plaintext, so that little cannot unpack to much. */
  readonly maxBytes: number;
}

/** A container whose header was read. Nothing in the header is to be believed before `open` has given its first bytes. */
export interface Container {
  readonly header: ContainerHeader;
  /** Throws CORRUPT where anything was changed, TOO_LARGE beyond `maxBytes`. Bytes given before a throw are authentic. */
  open(dataKey: Uint8Array): AsyncGenerator<Uint8Array>;
}

/** Seals a stream. Two containers never share a key: each has its own salt. */
export async function* sealStream(
  fields: HeaderFields,
  dataKey: Uint8Array,
  plaintext: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  comp: Compression = 'br',
): AsyncGenerator<Uint8Array> {
  const salt = randomBytes(SALT_BYTES);
  const header = Buffer.from(JSON.stringify({ ...fields, comp, seg: SEGMENT_BYTES, salt: salt.toString('base64url') }));
  if (header.length > MAX_HEADER_BYTES)
    throw new PspError('TOO_LARGE', `container header: at most ${MAX_HEADER_BYTES} bytes`);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(header.length);
  const start = Buffer.concat([MAGIC, length, header]);
  yield start;
  const key = segmentKey(dataKey, salt);
  const aad = digest(start);
  const reader = new ByteReader(compressed(plaintext, comp));
  try {
    for (let index = 0, last = false; !last; index += 1) {
      const segment = await reader.read(SEGMENT_BYTES);
      last = await reader.atEnd();
      yield* sealSegment({ key, aad, index, last }, segment);
    }
  } finally {
    await reader.close();
  }
}

/** Opens a stream. Throws UNSUPPORTED_VERSION, CORRUPT or TOO_LARGE, each naming `where`. */
export async function* openStream(
  sealed: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  dataKey: Uint8Array,
  options: OpenOptions,
): AsyncGenerator<Uint8Array> {
  yield* (await readContainer(sealed, options)).open(dataKey);
}

/** Reads the header only: who seals to several keys finds the data key there. */
export async function readContainer(
  sealed: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  options: OpenOptions,
): Promise<Container> {
  const reader = new ByteReader(sealed);
  const { where } = options;
  const prefix = await reader.read(PREFIX_BYTES);
  checkMagic(prefix, where);
  const length = prefix.readUInt32BE(MAGIC.length);
  if (length > MAX_HEADER_BYTES) throw corrupt(where, `its header is longer than ${MAX_HEADER_BYTES} bytes`);
  const text = await reader.read(length);
  if (text.length < length) throw corrupt(where, 'it is cut short');
  const header = checkedHeader(text, options);
  const aad = digest(Buffer.concat([prefix, text]));
  const open = (dataKey: Uint8Array) =>
    decompressed(segments(reader, header, aad, dataKey, where), header.comp, options);
  return { header, open };
}

async function* segments(
  reader: ByteReader,
  header: ContainerHeader,
  aad: Buffer,
  dataKey: Uint8Array,
  where: string,
): AsyncGenerator<Buffer> {
  const key = segmentKey(dataKey, Buffer.from(header.salt, 'base64url'));
  try {
    for (let index = 0, last = false; !last; index += 1) {
      const sealed = await reader.read(SEGMENT_BYTES + TAG_BYTES);
      last = await reader.atEnd();
      const plain = openSegment({ key, aad, index, last }, sealed);
      if (plain === undefined) throw corrupt(where, 'it was changed, cut short, or sealed for another place');
      yield plain;
    }
  } finally {
    await reader.close();
  }
}

function checkMagic(prefix: Buffer, where: string): void {
  const magic = prefix.subarray(0, MAGIC.length);
  if (prefix.length === PREFIX_BYTES && magic.equals(MAGIC)) return;
  const later = /^PSP([2-9])$/.exec(magic.toString('latin1'))?.[1];
  if (later !== undefined) {
    throw new PspError('UNSUPPORTED_VERSION', `${where}: expected container version 1, found version ${later}`);
  }
  throw corrupt(where, prefix.length < PREFIX_BYTES ? 'it is cut short' : 'it is not a sealed container');
}

function checkedHeader(text: Buffer, { where, expect = {} }: OpenOptions): ContainerHeader {
  const header = parseHeader(text, where);
  for (const [name, expected] of Object.entries(expect)) {
    if (header[name] === expected) continue;
    // Header fields are ids and numbers in clear, but what an attacker wrote there may be long.
    const found = JSON.stringify(header[name])?.slice(0, 60) ?? 'nothing';
    throw corrupt(where, `its header has another ${name}: expected ${JSON.stringify(expected)}, found ${found}`);
  }
  const { comp, seg, salt } = header;
  const known = (comp === 'br' || comp === 'none') && seg === SEGMENT_BYTES && typeof salt === 'string';
  if (!known || Buffer.from(salt, 'base64url').length !== SALT_BYTES)
    throw corrupt(where, 'its header is not one of version 1');
  return header as ContainerHeader;
}

function parseHeader(text: Buffer, where: string): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(text.toString('utf8'));
  } catch {
    throw corrupt(where, 'its header is not JSON');
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    throw corrupt(where, 'its header is not an object');
  return header as Record<string, unknown>;
}

const digest = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

function corrupt(where: string, why: string): PspError {
  return new PspError('CORRUPT', `${where}: ${why}`);
}
