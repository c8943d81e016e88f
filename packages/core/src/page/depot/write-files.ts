/** Replaces the origin private file system: empties it, then writes folders and pieces of files as they come. */
import type { IdbRecord, NameRules } from '@psp/protocol';
import { decodeValue } from '../codec/decode.js';
import { asList, asObject } from '../codec/fields.js';
import { LostValueError, WireError } from '../codec/wire.js';
import type { PageLoss } from '../contract.js';
import { depotLoss, describe, loss } from '../loss.js';
import { isTaken } from '../names.js';
import { openRoot, PIECE_BYTES, shown } from './read-files.js';

/** Files that are written at once. */
const AT_ONCE = 8;

/** False where the browser has no files. Files whose paths `rules` do not take stay, with the folders that they are in. */
export async function emptyFiles(rules: NameRules, losses: PageLoss[]): Promise<boolean> {
  const root = await openRoot();
  if (root === undefined) return false;
  await emptyFolder(root, [], rules, losses);
  return true;
}

/** True when nothing stays. */
async function emptyFolder(
  folder: FileSystemDirectoryHandle,
  path: readonly string[],
  rules: NameRules,
  losses: PageLoss[],
): Promise<boolean> {
  const handles: FileSystemHandle[] = [];
  for await (const handle of folder.values()) handles.push(handle);
  let isEmpty = true;
  for (const handle of handles) {
    const here = [...path, handle.name];
    const goes =
      rules.length === 0 ||
      (handle.kind === 'directory'
        ? await emptyFolder(handle as FileSystemDirectoryHandle, here, rules, losses)
        : isTaken(rules, [shown(here)]));
    isEmpty &&= goes;
    if (!goes) continue;
    // A page that has the file open keeps it.
    await folder.removeEntry(handle.name, { recursive: true }).catch((error: unknown) => {
      losses.push(depotLoss('file', error, shown(here)));
    });
  }
  return isEmpty;
}

interface Piece {
  readonly offset: number;
  readonly bytes: ArrayBuffer;
}

/** Pieces of one file, in order. */
interface Work {
  readonly path: string[];
  readonly pieces: Piece[];
}

/** A file whose next piece may come with the next request: each reopening would copy what is there already. */
interface OpenFile {
  readonly path: string;
  readonly end: number;
  readonly stream: FileSystemWritableFileStream;
}

/** In the document, which is a blank one of ours. Where it does not last from call to call, files are opened anew. */
const OPEN = Symbol.for('psp.open-file');
const place = globalThis as { [OPEN]?: OpenFile | undefined };

/** Writes records of files. Tells whether a file waits for its next piece. */
export async function putFiles(records: readonly unknown[], isLast: boolean, losses: PageLoss[]): Promise<boolean> {
  const root = await openRoot();
  if (root === undefined) throw new WireError('expected a page that has private files');
  const folders = new Folders(root);
  const works = await worksOf(records, folders, losses);
  const write = async (work: Work): Promise<void> => {
    // What goes on after this request is always the last file of it.
    const mayStayOpen = !isLast && work === works.at(-1);
    await writeFile(folders, work, mayStayOpen).catch((error: unknown) => losses.push(fileLoss(error, work.path)));
  };
  const [first, ...others] = works;
  // It may go on with the file that the request before left open.
  if (first !== undefined) await write(first);
  const queue = others.slice(0, -1);
  const run = async (): Promise<void> => {
    for (let work = queue.shift(); work !== undefined; work = queue.shift()) await write(work);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, run));
  if (others.length > 0) await write(others.at(-1)!);
  if (isLast) await closeOpen();
  return place[OPEN] !== undefined;
}

/** Makes the folders, and sorts the pieces by their files. */
async function worksOf(records: readonly unknown[], folders: Folders, losses: PageLoss[]): Promise<Work[]> {
  const works: Work[] = [];
  for (const record of records) {
    try {
      const { path, piece } = await readRecord(record);
      const last = works.at(-1);
      if (piece === undefined) await folders.at(path);
      else if (last !== undefined && shown(last.path) === shown(path)) last.pieces.push(piece);
      else works.push({ path, pieces: [piece] });
    } catch (error) {
      const key = (Object(record) as { key?: { json?: unknown } }).key?.json;
      losses.push(fileLoss(error, Array.isArray(key) ? key : []));
    }
  }
  return works;
}

function fileLoss(error: unknown, path: readonly unknown[]): PageLoss {
  if (!(error instanceof WireError || error instanceof LostValueError)) return depotLoss('file', error, shown(path));
  return loss('record-not-restored', 'file', { item: shown(path), detail: describe(error) });
}

async function readRecord(record: unknown): Promise<{ path: string[]; piece: Piece | undefined }> {
  const { key, value } = asObject(record) as Partial<IdbRecord>;
  const parts = asList(await decodeValue(key));
  const offset = parts.at(-1);
  const names = typeof offset === 'number' ? parts.slice(0, -1) : parts;
  if (names.length === 0 || !names.every((name) => typeof name === 'string')) throw new WireError('expected a path');
  if (typeof offset !== 'number') return { path: names, piece: undefined };
  const bytes = await decodeValue(value);
  if (!(bytes instanceof ArrayBuffer)) throw new WireError('expected the bytes of a file');
  return { path: names, piece: { offset, bytes } };
}

/** Folders by path, each made once. */
class Folders {
  readonly #made = new Map<string, Promise<FileSystemDirectoryHandle>>();

  constructor(readonly root: FileSystemDirectoryHandle) {}

  at(path: readonly string[]): Promise<FileSystemDirectoryHandle> {
    if (path.length === 0) return Promise.resolve(this.root);
    const key = path.join('/');
    let made = this.#made.get(key);
    if (made === undefined) {
      made = this.at(path.slice(0, -1)).then((parent) => parent.getDirectoryHandle(path.at(-1)!, { create: true }));
      this.#made.set(key, made);
    }
    return made;
  }
}

async function writeFile(folders: Folders, { path, pieces }: Work, mayStayOpen: boolean): Promise<void> {
  const { stream, end } = await openFor(folders, path, pieces[0]!.offset);
  let at = end;
  try {
    for (const { offset, bytes } of pieces) {
      if (offset !== at) throw new WireError('expected the piece that follows the one before');
      await stream.write(bytes);
      at += bytes.byteLength;
    }
  } catch (error) {
    await stream.abort().catch(() => undefined);
    throw error;
  }
  // A shorter piece is the last one of its file.
  if (mayStayOpen && pieces.at(-1)!.bytes.byteLength === PIECE_BYTES) {
    place[OPEN] = { path: path.join('/'), end: at, stream };
  } else await stream.close();
}

async function openFor(
  folders: Folders,
  path: readonly string[],
  offset: number,
): Promise<{ stream: FileSystemWritableFileStream; end: number }> {
  const open = place[OPEN];
  if (open !== undefined && open.path === path.join('/') && open.end === offset) {
    place[OPEN] = undefined;
    return open;
  }
  await closeOpen();
  const folder = await folders.at(path.slice(0, -1));
  const file = await folder.getFileHandle(path.at(-1)!, { create: offset === 0 });
  const stream = await file.createWritable({ keepExistingData: offset > 0 });
  const end = offset === 0 ? 0 : (await file.getFile()).size;
  if (end > 0) await stream.seek(end);
  return { stream, end };
}

async function closeOpen(): Promise<void> {
  const open = place[OPEN];
  place[OPEN] = undefined;
  await open?.stream.close();
}
