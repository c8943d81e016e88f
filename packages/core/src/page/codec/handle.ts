/** FileSystemHandle (File System, section 2.2) of a private file or folder, by its path. Others lead to files of the user's, which stay. */
import { home } from '../home.js';
import { asList, asString } from './fields.js';
import type { Kind } from './kind.js';
import { type WireNode, WireError } from './wire.js';

/** More than most paths take as JSON. */
const ABOUT_BYTES = 256;

async function writeHandle(handle: FileSystemHandle): Promise<WireNode> {
  const root = await home().directory();
  const path = await root?.resolve(handle);
  if (path === undefined || path === null) throw new WireError('it leads to no private file of this storage');
  return ['handle', handle.kind, path];
}

/** What was made so that a handle could be had. The records of files follow those of databases. */
const made: { readonly parent: FileSystemDirectoryHandle; readonly name: string }[] = [];

async function readHandle([, kind, path]: WireNode): Promise<FileSystemHandle> {
  const root = await home()
    .directory()
    ?.catch(() => undefined);
  if (root === undefined) throw new WireError('this page has no private files');
  const names = asList(path).map(asString);
  const last = names.pop();
  if (last === undefined) return root;
  try {
    let parent = root;
    for (const name of names) parent = await folderIn(parent, name);
    return kind === 'directory' ? await folderIn(parent, last) : await fileIn(parent, last);
  } catch (error) {
    if (error instanceof WireError) throw error;
    throw new WireError('expected a path that this browser can make');
  }
}

async function folderIn(parent: FileSystemDirectoryHandle, name: string): Promise<FileSystemDirectoryHandle> {
  return parent.getDirectoryHandle(name).catch(() => {
    made.push({ parent, name });
    return parent.getDirectoryHandle(name, { create: true });
  });
}

async function fileIn(parent: FileSystemDirectoryHandle, name: string): Promise<FileSystemFileHandle> {
  return parent.getFileHandle(name).catch(() => {
    made.push({ parent, name });
    return parent.getFileHandle(name, { create: true });
  });
}

/** Removes what was made for handles, which lead there all the same: a session may hold handles of files that are gone. */
export async function removeMade(): Promise<void> {
  // The last made are within the first.
  for (const { parent, name } of made.splice(0).toReversed()) await parent.removeEntry(name).catch(() => undefined);
}

export const handleKind: Kind = {
  classes: ['FileSystemFileHandle', 'FileSystemDirectoryHandle'],
  tags: ['handle'],
  write: (handle: FileSystemHandle) => ({ bytes: ABOUT_BYTES, make: () => writeHandle(handle) }),
  read: readHandle,
};
