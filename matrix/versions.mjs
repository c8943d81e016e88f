/** The versions of the frameworks that a run uses, as installed. Those of browsers stand in the sessions themselves. */
import { readFileSync } from 'node:fs';

/**
 * `playwright-core 1.64.1`, or undefined where it is not installed.
 *
 * @param {string} name of the package, as it is imported
 * @param {string} [folder] that holds `node_modules`, from here
 */
export function versionOf(name, folder = '..') {
  const path = new URL(`${folder}/node_modules/${name}/package.json`, import.meta.url);
  try {
    const manifest = JSON.parse(readFileSync(path, 'utf8'));
    return `${manifest.name} ${manifest.version}`;
  } catch {
    // What is absent is told where it is used.
    return undefined;
  }
}

/** The version that matrix/node22 pins, installed or not yet. @param {string} name */
export function lockedVersionOf(name) {
  const lock = JSON.parse(readFileSync(new URL('node22/package-lock.json', import.meta.url), 'utf8'));
  return `${name} ${lock.packages[`node_modules/${name}`].version}`;
}
