/**
 * Which programs of other engines this machine has: what tests and the matrix need beside a Chromium, which `findChromium` of
 * @psp/core finds. Looks at files only and starts nothing.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { onPath, program } from '../../scripts/on-path.mjs';

/** @typedef {{ title: string, debian: readonly string[], find: () => string | undefined }} Program */

/**
 * `find` gives the path of the program, `debian` the packages that bring it.
 *
 * @satisfies {Record<string, Program>}
 */
const PROGRAMS = {
  firefox: {
    title: 'Firefox',
    debian: ['firefox-esr'],
    find: () =>
      named('PSP_FIREFOX') ??
      onPath('firefox-esr') ??
      onPath('firefox') ??
      program('/Applications/Firefox.app/Contents/MacOS/firefox'),
  },
  chromedriver: { title: 'chromedriver', debian: ['chromium-driver'], find: () => onPath('chromedriver') },
  // Debian has no package of it; the bridge to Marionette stands in.
  geckodriver: { title: 'geckodriver', debian: [], find: () => onPath('geckodriver') },
  webkit: { title: 'WebKitWebDriver', debian: ['webkit2gtk-driver'], find: () => onPath('WebKitWebDriver') },
  minibrowser: { title: 'MiniBrowser of WebKitGTK', debian: ['webkit2gtk-driver'], find: miniBrowser },
  xvfb: { title: 'Xvfb', debian: ['xvfb'], find: () => onPath('Xvfb') },
  'python-selenium': {
    title: "Selenium for the system's Python",
    debian: ['python3', 'python3-selenium'],
    find: pythonWithSelenium,
  },
  curl: { title: 'curl', debian: ['curl'], find: () => onPath('curl') },
};

/** @typedef {keyof typeof PROGRAMS} Name */

/** What a browser cannot be started without. @type {Partial<Record<Name, readonly Name[]>>} */
const NEEDS = { webkit: ['webkit', 'minibrowser', 'xvfb'] };

/** The engines and clients that tests ask for, in the order in which they are announced. @type {readonly Name[]} */
export const WANTED = ['firefox', 'chromedriver', 'webkit', 'python-selenium', 'curl'];

/** The paths found so far: asking Python costs a tenth of a second. @type {Map<Name, string | undefined>} */
const found = new Map();

/**
 * The path of a program, `undefined` when it is not here.
 *
 * @param {Name} name
 * @returns {string | undefined}
 */
export function find(name) {
  if (!found.has(name)) found.set(name, PROGRAMS[name].find());
  return found.get(name);
}

/**
 * Why tests with this browser or client cannot run here, for `context.skip(reason)`; `undefined` when they can.
 *
 * @param {Name} name
 * @returns {string | undefined}
 */
export function missing(name) {
  const absent = (NEEDS[name] ?? [name]).filter((one) => find(one) === undefined);
  if (absent.length === 0) return undefined;
  return `${absent.map((one) => PROGRAMS[one].title).join(' and ')} not found (Debian: ${debianPackages([name]).join(' ')})`;
}

/**
 * The Debian packages that bring what is missing of these.
 *
 * @param {readonly Name[]} [names]
 * @returns {string[]}
 */
export function debianPackages(names = WANTED) {
  const absent = names.flatMap((name) => NEEDS[name] ?? [name]).filter((one) => find(one) === undefined);
  return [...new Set(absent.flatMap((one) => PROGRAMS[one].debian))];
}

/** Looks again: after an installation. */
export function forget() {
  found.clear();
}

/** @param {string} variable */
function named(variable) {
  const path = process.env[variable];
  return path === undefined ? undefined : program(path);
}

/** It is no command of the user's: /usr/lib/TRIPLET/webkit2gtk-4.1/MiniBrowser on Debian, /usr/libexec/... on Fedora. */
function miniBrowser() {
  const folders = ['/usr/lib', '/usr/libexec', '/usr/lib64'].flatMap((top) => [top, ...foldersOf(top)]);
  for (const folder of folders) {
    for (const version of ['webkitgtk-6.0', 'webkit2gtk-4.1', 'webkit2gtk-4.0']) {
      const path = program(join(folder, version, 'MiniBrowser'));
      if (path !== undefined) return path;
    }
  }
  return undefined;
}

/** @param {string} top */
function foldersOf(top) {
  try {
    return readdirSync(top)
      .filter((name) => name.includes('-linux-'))
      .map((name) => join(top, name));
  } catch {
    return [];
  }
}

/** The system's own Python, since another one on PATH does not see what Debian installs. */
function pythonWithSelenium() {
  for (const path of ['/usr/bin/python3', onPath('python3')]) {
    if (path === undefined || program(path) === undefined) continue;
    if (spawnSync(path, ['-c', 'import selenium'], { timeout: 20_000 }).status === 0) return path;
  }
  return undefined;
}
