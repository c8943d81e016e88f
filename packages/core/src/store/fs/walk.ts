/** The keys of a store folder in byte order. A key is a folder `<segment>.key`; a prefix is a folder without a dot. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from './error.js';

export const KEY_SUFFIX = '.key';
const SEGMENT = /^[a-z0-9-]+$/;

/** Reads no folder that cannot hold a key with `prefix` after `after`. */
export async function* walkKeys(root: string, prefix: string, after = '', parent = ''): AsyncGenerator<string> {
  for (const name of await sortedNames(join(root, parent))) {
    const path = parent + name;
    if (!name.endsWith('/')) {
      if (path.startsWith(prefix) && path > after) yield path;
    } else if ((path.startsWith(prefix) || prefix.startsWith(path)) && (path > after || after.startsWith(path))) {
      yield* walkKeys(root, prefix, after, path);
    }
  }
}

/** Keys by their name, prefixes by their name and a slash: sorted so, a walk meets whole keys in byte order. */
async function sortedNames(folder: string): Promise<string[]> {
  const names: string[] = [];
  for (const entry of await entriesOf(folder)) {
    if (!entry.isDirectory()) continue;
    const segment = entry.name.endsWith(KEY_SUFFIX) ? entry.name.slice(0, -KEY_SUFFIX.length) : entry.name;
    if (SEGMENT.test(segment)) names.push(segment === entry.name ? `${segment}/` : segment);
  }
  return names.toSorted((a, b) => (a < b ? -1 : 1));
}

async function entriesOf(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}
