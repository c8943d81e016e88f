/**
 * The version files of one key: `<key>.key/<number>`, each `PSF1 | nonce 16 | nonce of the version before 16 | body length u32 |
 * body`. The highest number is the value. Numbers rise by one with each put, and a file once linked never changes, except
 * that an old one is cut to its header.
 */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readdir, stat, truncate, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { PspError } from '@psp/protocol';
import { systemCode } from './error.js';

const MAGIC = Buffer.from('PSF1');
const NONCE_BYTES = 16;
const HEADER_BYTES = MAGIC.length + 2 * NONCE_BYTES + 4;
/** Never a link, and never to wait for what is no file. */
const READ = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
const FIRST_READ_BYTES = 16 * 1024;
/** Headers kept behind the newest version, however old, and however many are younger: the evidence by which `isSuccessor` decides. */
const KEPT_HEADERS = 8;
const KEPT_MS = 60_000;
/** Old versions that one put looks at, so that a burst of puts is cleaned up by those after it. */
const PRUNED_AT_ONCE = 8;
/** Stands for the nonce of a version whose header cannot be read: no random nonce is like it. */
const UNREAD = 'ff'.repeat(NONCE_BYTES);
/** A reader that loses this many races against writers gives up. */
const MAX_RACES = 100;

export interface Version {
  readonly number: number;
  readonly nonce: string;
  /** Nonce of the version that this one replaced; zeros for the first, ff for one whose header was damaged. */
  readonly previous: string;
  /** Bytes of the body. */
  readonly size: number;
}

/** `body` is undefined where not even the header is whole. */
interface FoundVersion {
  readonly version: Version;
  readonly body: Uint8Array | undefined;
}

/** Also of a damaged version, so that it can be replaced: its number was given to it alone. */
export const etagOf = (version: Version): string => `${version.number}-${version.nonce}`;

/** What to write for a body, and the version that it becomes. */
export function newVersion(body: Uint8Array, before?: Version): { version: Version; parts: Uint8Array[] } {
  // Rising with time, so that a writer that slept through a remove and a new create cannot name the newest version.
  const number = before === undefined ? Date.now() * 1000 : before.number + 1;
  const nonce = randomBytes(NONCE_BYTES);
  const previous = Buffer.from(before?.nonce ?? '00'.repeat(NONCE_BYTES), 'hex');
  const size = Buffer.alloc(4);
  size.writeUInt32BE(body.byteLength);
  const version = { number, nonce: nonce.toString('hex'), previous: previous.toString('hex'), size: body.byteLength };
  return { version, parts: [Buffer.concat([MAGIC, nonce, previous, size]), body] };
}

/** Numbers of the versions in a key's folder, ascending; undefined where there is no such key. */
export async function versionNumbers(folder: string): Promise<number[] | undefined> {
  try {
    const numbers = (await readdir(folder)).filter((name) => /^\d+$/.test(name)).map(Number);
    return numbers.length === 0 ? undefined : numbers.toSorted((a, b) => a - b);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * The newest version of a key, with its body unless `headerOnly`; undefined where there is no such key. Throws CORRUPT for a body
 * that is not whole; `headerOnly` gives the version also of a damaged file, so that one key does not cost the others.
 */
export async function readNewest(
  folder: string,
  { headerOnly }: { headerOnly: boolean },
): Promise<{ version: Version; body: Uint8Array } | undefined> {
  let cut: number | undefined;
  for (let race = 0; race < MAX_RACES; race += 1) {
    const number = (await versionNumbers(folder))?.at(-1);
    if (number === undefined) return undefined;
    const found = await readVersion(folder, number, headerOnly);
    if (found !== undefined && (headerOnly || found.body?.byteLength === found.version.size)) {
      return { version: found.version, body: found.body ?? new Uint8Array() };
    }
    // Only a superseded version is ever cut short. One that is still the newest was damaged.
    if (found !== undefined && cut === number) throw damaged(folder, number);
    cut = number;
  }
  throw new PspError('STORE_UNAVAILABLE', `${folder} changes faster than it can be read`);
}

/**
 * After `version` was linked: whether it really followed the newest version of that moment. A process that was paused
 * between its check and its link may have linked a number that others had used and pruned meanwhile; then a higher version
 * stands that does not follow from ours, and no reader ever saw ours. Undefined when the evidence is pruned, a minute later, or damaged.
 */
export async function isSuccessor(folder: string, version: Version): Promise<boolean | undefined> {
  const higher = (await versionNumbers(folder))?.filter((number) => number > version.number) ?? [];
  const newest = higher.at(-1);
  if (newest === undefined) return true;
  if (!higher.includes(version.number + 1)) return newest - version.number > KEPT_HEADERS ? undefined : false;
  const next = await readVersion(folder, version.number + 1, true);
  if (next === undefined || next.version.previous === UNREAD) return undefined;
  return next.version.previous === version.nonce;
}

/** Frees the bodies of superseded versions, and the headers of old ones. Best effort: the put is done, and the next one prunes too. */
export async function prune(folder: string, newest: number): Promise<void> {
  const old = ((await versionNumbers(folder).catch(() => undefined)) ?? []).filter((number) => number < newest);
  const spare = new Set(old.slice(0, -KEPT_HEADERS));
  // By the clock of the disk, which gave the old ones their times, too.
  const nowMs = spare.size === 0 ? 0 : await timeOf(join(folder, String(newest)));
  for (const number of new Set([...old.slice(0, PRUNED_AT_ONCE), ...old.slice(-1)])) {
    const since = spare.has(number) ? nowMs - KEPT_MS : 0;
    await pruneOne(join(folder, String(number)), since).catch(() => undefined);
  }
}

/** When the file was written; 0 where it is gone, so that nothing counts as old. */
async function timeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}

/** Removes a header that was written before `sinceMs`. */
async function pruneOne(path: string, sinceMs: number): Promise<void> {
  const { size, mtimeMs } = await stat(path);
  if (size > HEADER_BYTES) await truncate(path, HEADER_BYTES);
  else if (mtimeMs < sinceMs) await unlink(path);
}

async function readVersion(folder: string, number: number, headerOnly: boolean): Promise<FoundVersion | undefined> {
  const unread = { version: { number, nonce: UNREAD, previous: UNREAD, size: 0 }, body: undefined };
  const path = join(folder, String(number));
  let file: FileHandle;
  try {
    file = await open(path, READ);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    if (systemCode(error) === 'ELOOP') return unread;
    throw error;
  }
  try {
    // Nearly every value is small, and then this is all of it.
    const buffer = Buffer.allocUnsafeSlow(headerOnly ? HEADER_BYTES : FIRST_READ_BYTES);
    const begin = buffer.subarray(0, (await file.read(buffer, 0, buffer.length, 0)).bytesRead);
    if (begin.length < HEADER_BYTES || !begin.subarray(0, MAGIC.length).equals(MAGIC)) return unread;
    const size = begin.readUInt32BE(36);
    const version = { number, nonce: begin.toString('hex', 4, 20), previous: begin.toString('hex', 20, 36), size };
    if (headerOnly) return { version, body: new Uint8Array() };
    return { version, body: await readBody(file, begin.subarray(HEADER_BYTES), size) };
  } catch (error) {
    if (systemCode(error) === 'EISDIR') return unread;
    throw error;
  } finally {
    await file.close();
  }
}

/** `begin` is what was read of it with the header. Empty where the file is shorter than it says: a damaged length must not make us reserve memory. */
async function readBody(file: FileHandle, begin: Buffer, size: number): Promise<Uint8Array> {
  if (size <= begin.length) return begin.subarray(0, size);
  if (HEADER_BYTES + size > (await file.stat()).size) return new Uint8Array();
  const body = Buffer.allocUnsafeSlow(size);
  let filled = begin.copy(body);
  while (filled < size) {
    const { bytesRead } = await file.read(body, filled, size - filled, HEADER_BYTES + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return body.subarray(0, filled);
}

function damaged(folder: string, number: number): PspError {
  return new PspError(
    'CORRUPT',
    `${join(folder, String(number))} was damaged: the file is cut short or is not one of this store`,
  );
}
