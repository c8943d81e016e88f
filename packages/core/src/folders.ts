/** Where PSP keeps its files on each platform. Knows nothing of what is in them. */
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

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

/** The specification says that relative paths in these variables must be ignored. */
function absolute(path: string | undefined): string | undefined {
  return path !== undefined && isAbsolute(path) ? path : undefined;
}
