/** Where PSP keeps its files on each platform, and making these folders. Knows nothing of what is in them. */
import { lstat, mkdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The folder of the local store (XDG Base Directory Specification, and its equivalents on macOS and Windows). */
export function dataFolder(env: Environment, platform = process.platform): string {
  if (platform === 'win32') return join(absolute(env['LOCALAPPDATA']) ?? join(homedir(), 'AppData', 'Local'), 'psp');
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'psp');
  return join(absolute(env['XDG_DATA_HOME']) ?? join(homedir(), '.local', 'share'), 'psp');
}

/** The folder of the key file: never inside `dataFolder`, so that a copy of the store is not a copy of the key. */
export function configFolder(env: Environment, platform = process.platform): string {
  if (platform === 'win32') return join(absolute(env['APPDATA']) ?? join(homedir(), 'AppData', 'Roaming'), 'psp');
  return join(absolute(env['XDG_CONFIG_HOME']) ?? join(homedir(), '.config'), 'psp');
}

/** Why a folder cannot stand where it should, in words. */
export class FolderError extends Error {
  override readonly name = 'FolderError';
}

/**
 * Makes a folder and those above it, for their owner only. One by one, for with `recursive` Node 20 never comes back from a place
 * such as /proc. Throws FolderError where something else is in the way, else the error of the system.
 */
export async function makeFolders(path: string): Promise<void> {
  for (const folder of await missingFolders(path)) {
    try {
      await mkdir(folder, { mode: 0o700 });
    } catch (error) {
      const code = codeOf(error);
      if (code === 'ENOENT') throw new FolderError(`${folder} cannot be made: ${dirname(folder)} takes no folders`);
      // Somebody else was faster.
      if (code !== 'EEXIST') throw error;
    }
  }
}

/** The folders that `makeFolders` would make, the outermost first. Throws as it does where one cannot be made for sure. */
export async function missingFolders(path: string): Promise<string[]> {
  const missing: string[] = [];
  for (let folder = path; ; folder = dirname(folder)) {
    if (await isFolder(folder)) return missing;
    missing.unshift(folder);
    if (folder === dirname(folder)) throw new FolderError(`${folder} does not exist`);
  }
}

/** False where there is nothing, also because a folder above is missing or is a file. */
async function isFolder(path: string): Promise<boolean> {
  try {
    if ((await stat(path)).isDirectory()) return true;
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'ENOTDIR') throw error;
    const isLink = await lstat(path).then(
      (found) => found.isSymbolicLink(),
      () => false,
    );
    if (isLink) throw new FolderError(`${path} is a link to something that does not exist`);
    return false;
  }
  throw new FolderError(`${path} is a file, expected a folder`);
}

const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code;

/** The specification says that relative paths in these variables must be ignored. */
function absolute(path: string | undefined): string | undefined {
  return path !== undefined && isAbsolute(path) ? path : undefined;
}
