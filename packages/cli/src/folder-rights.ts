/** Whether the folder or file of a store lets its user work and keeps others out. Knows nothing of what is in it. */
import { access, constants, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

export interface PermissionFault {
  readonly detail: string;
  readonly advice: string;
}

/** What is wrong with the rights of a folder and those in it; undefined when nothing is, or nothing is there yet. */
export async function permissionFault(root: string): Promise<PermissionFault | undefined> {
  try {
    const { mode } = await stat(root);
    if ((mode & 0o077) !== 0)
      return { detail: `${root} is open to others (${shown(mode)})`, advice: `Run: chmod 700 '${root}'` };
    return await closedFolder(root);
  } catch (error) {
    const { code = String(error), path = root } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && path === root) return undefined;
    const advice =
      'Name a folder that is yours with PSP_STORE, or have its owner give this user the right to enter it.';
    return { detail: `${path}: this user cannot look at it (${code})`, advice };
  }
}

/** As above, of a store in one file. */
export async function fileFault(file: string): Promise<PermissionFault | undefined> {
  const found = await stat(file).catch(unlessGone);
  if (found === undefined || (found.mode & 0o077) === 0) return undefined;
  return { detail: `${file} is open to others (${shown(found.mode)})`, advice: `Run: chmod 600 '${file}'` };
}

/** The first folder in which this user may not read, write or enter. Root may everywhere, so the owner's bits count as well. */
async function closedFolder(folder: string): Promise<PermissionFault | undefined> {
  const { mode } = await stat(folder);
  const advice = `Run: chmod -R u+rwX '${folder}'`;
  if ((mode & 0o700) !== 0o700) return { detail: `${folder} may not be written by its owner (${shown(mode)})`, advice };
  await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const fault = entry.isDirectory() ? await closedFolder(join(folder, entry.name)).catch(unlessGone) : undefined;
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** Others may remove a folder meanwhile. */
function unlessGone(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

const shown = (mode: number): string => (mode & 0o777).toString(8).padStart(4, '0');
