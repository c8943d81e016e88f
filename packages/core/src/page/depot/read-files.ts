/** Reads the origin private file system in pieces (File System, section 3). */
import type { PageLoss } from '../contract.js';
import { wellFormed } from '../codec/text.js';
import { home } from '../home.js';
import { depotLoss } from '../loss.js';
import { type EntriesRead, nothingRead, type Pace } from './entries.js';

/** Bytes of one piece: in base64 a little less than a megabyte, which is what one request reads. */
export const PIECE_BYTES = 720 * 1024;

/** The key of a record: the names from the root, and for a piece of a file its offset. */
export type FileKey = (string | number)[];

/** Everything, until the pace stops it; undefined where the browser has no files or refuses them. */
export async function readFiles(pace: Pace): Promise<EntriesRead<FileKey> | undefined> {
  const root = await openRoot();
  if (root === undefined) return undefined;
  const read = nothingRead<FileKey>();
  await readFolder(root, read, pace);
  return read;
}

/** Undefined where there is none: in a document that is no secure context, and where the browser keeps nothing on disk. */
export async function openRoot(): Promise<FileSystemDirectoryHandle | undefined> {
  try {
    return await home().directory();
  } catch {
    return undefined;
  }
}

/** Goes on after the last record. A folder or file that fails is a loss, and costs no other. */
export async function readFolder(
  root: FileSystemDirectoryHandle,
  into: EntriesRead<FileKey>,
  pace: Pace,
): Promise<void> {
  const from = into.after ?? [];
  for await (const { path, handle } of walk(root, [], from, pace.losses)) {
    if (handle.kind === 'directory') {
      if (!pace.begins() || !pace.take(into, path, null, 'file', shown(path))) return;
      into.after = path;
    } else if (!(await readFile(handle as FileSystemFileHandle, path, into, pace))) return;
  }
  into.hasMore = false;
}

interface Found {
  readonly path: string[];
  readonly handle: FileSystemHandle;
}

/** Folders before what is in them, names in the order of their code units, so that a key tells where to go on. */
async function* walk(
  folder: FileSystemDirectoryHandle,
  path: readonly string[],
  after: FileKey,
  losses: PageLoss[],
): AsyncGenerator<Found> {
  const handles = await handlesOf(folder, path, losses);
  const [first, ...rest] = after;
  for (const handle of handles) {
    const { name } = handle;
    // A number is an offset: the end of a path.
    if (typeof first === 'string' && name < first) continue;
    const isOnTheWay = name === first;
    const here = [...path, name];
    if (handle.kind === 'file') yield { path: here, handle };
    else {
      if (!isOnTheWay) yield { path: here, handle };
      yield* walk(handle as FileSystemDirectoryHandle, here, isOnTheWay ? rest : [], losses);
    }
  }
}

async function handlesOf(
  folder: FileSystemDirectoryHandle,
  path: readonly string[],
  losses: PageLoss[],
): Promise<FileSystemHandle[]> {
  const handles: FileSystemHandle[] = [];
  try {
    for await (const handle of folder.values()) handles.push(handle);
  } catch (error) {
    losses.push(depotLoss('file', error, shown(path)));
  }
  return handles.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** False when the next piece does not fit any more. */
async function readFile(
  handle: FileSystemFileHandle,
  path: readonly string[],
  into: EntriesRead<FileKey>,
  pace: Pace,
): Promise<boolean> {
  try {
    const file = await handle.getFile();
    // An empty file has one piece, too.
    for (let offset = nextOffset(path, into.after); offset === 0 || offset < file.size; offset += PIECE_BYTES) {
      const piece = file.slice(offset, offset + PIECE_BYTES);
      if (!pace.begins() || !pace.fits(piece.size)) return false;
      const key = [...path, offset];
      if (!pace.take(into, key, await piece.arrayBuffer(), 'file', shown(path))) return false;
      into.after = key;
    }
  } catch (error) {
    pace.losses.push(depotLoss('file', error, shown(path)));
  }
  return true;
}

/** Where to go on in a file, by the last key that was read. */
function nextOffset(path: readonly string[], after: FileKey | undefined): number {
  const last = after?.at(-1);
  const isOfFile = typeof last === 'number' && after?.length === path.length + 1;
  return isOfFile && path.every((name, at) => name === after[at]) ? last + PIECE_BYTES : 0;
}

/** A path for a report. */
export const shown = (path: readonly unknown[]): string =>
  wellFormed(path.filter((part) => typeof part === 'string').join('/'));
