/** Finds programs by name. Looks at files only and starts nothing. */
import { constants, accessSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The path of the first program of this name in PATH, then in `more` folders. @param {string} name @param {readonly string[]} [more] */
export function onPath(name, more = []) {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  for (const folder of [...folders, ...more]) {
    const path = program(join(folder, name));
    if (path !== undefined) return path;
  }
  return undefined;
}

/** The path, when it is a file that this user may start. @param {string} path */
export function program(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile() ? path : undefined;
  } catch {
    // Absent, or not ours to start.
    return undefined;
  }
}
