/** Finds a Chromium on this machine, and the flags that it needs to start here. Starts nothing itself. */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, posix, win32 } from 'node:path';
import { PspError } from '@psp/protocol';

type Environment = Readonly<Record<string, string | undefined>>;

/** File names that a Chromium has on PATH, the most neutral first. */
const NAMES: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  linux: [
    'chromium',
    'chromium-browser',
    'google-chrome-stable',
    'google-chrome',
    'chrome',
    'microsoft-edge-stable',
    'microsoft-edge',
    'brave-browser',
  ],
  darwin: ['chromium', 'google-chrome', 'microsoft-edge'],
  win32: ['chromium.exe', 'chrome.exe', 'msedge.exe'],
};

const MAC_APPS = ['Google Chrome', 'Chromium', 'Microsoft Edge', 'Brave Browser'];
const WINDOWS_FILES = [
  'Google\\Chrome\\Application\\chrome.exe',
  'Chromium\\Application\\chrome.exe',
  'Microsoft\\Edge\\Application\\msedge.exe',
  'BraveSoftware\\Brave-Browser\\Application\\brave.exe',
];
const LINUX_FILES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/lib/chromium/chromium',
  '/opt/google/chrome/chrome',
  '/opt/microsoft/msedge/msedge',
  '/opt/brave.com/brave/brave',
  '/snap/bin/chromium',
];

/**
 * The path of a Chromium that can be started: the one that `PSP_BROWSER` names (a path, or a name on PATH), else Chromium,
 * Chrome, Edge or Brave on PATH, else in the usual places of the system, else the one that Playwright downloaded. `undefined`
 * when there is none. Throws BROWSER_MISSING when `PSP_BROWSER` is set and nothing can be started there.
 */
export async function findChromium(env: Environment = process.env): Promise<string | undefined> {
  const named = env['PSP_BROWSER'];
  if (named !== undefined && named !== '') return findNamed(named, env);
  const found = await firstProgram([
    ...onPath(NAMES[process.platform] ?? [], env),
    ...usualPlaces(process.platform, env),
  ]);
  return found ?? firstProgram(await playwrightPlaces());
}

/** The path of the first of these programs that is on PATH and can be started; `undefined` when there is none. */
export function findOnPath(names: readonly string[], env: Environment = process.env): Promise<string | undefined> {
  return firstProgram(onPath(names, env));
}

/**
 * Flags for starting a Chromium here. As root on Linux its sandbox cannot start, so `--no-sandbox` is given then and only
 * then. `/dev/shm` is 64 MB in most containers, too small for a renderer, so on Linux shared memory goes to `/tmp`, which is
 * what Playwright does as well. `PSP_BROWSER_FLAGS` (flags with spaces between them) is added at the end: for a machine without
 * a way out, such as one that runs tests, it can turn off what a browser does by itself in the background.
 */
export function launchFlags(env: Environment = process.env): string[] {
  const flags: string[] = [];
  if (process.platform === 'linux') {
    if (process.getuid?.() === 0) flags.push('--no-sandbox');
    flags.push('--disable-dev-shm-usage');
  }
  const added = (env['PSP_BROWSER_FLAGS'] ?? '').split(/\s+/).filter((flag) => flag !== '');
  return [...flags, ...added];
}

/** Where each system keeps its browsers, whatever PATH says. Exported for its test. */
export function usualPlaces(platform: NodeJS.Platform, env: Environment): string[] {
  if (platform === 'darwin') {
    const folders = ['/Applications', posix.join(env['HOME'] ?? homedir(), 'Applications')];
    return folders.flatMap((folder) => MAC_APPS.map((app) => `${folder}/${app}.app/Contents/MacOS/${app}`));
  }
  if (platform === 'win32') {
    const folders = ['PROGRAMFILES', 'PROGRAMFILES(X86)', 'LOCALAPPDATA'].map((name) => env[name]);
    return folders.flatMap((folder) =>
      folder === undefined ? [] : WINDOWS_FILES.map((file) => win32.join(folder, file)),
    );
  }
  return platform === 'linux' ? LINUX_FILES : [];
}

async function findNamed(named: string, env: Environment): Promise<string> {
  const isPath = named.includes('/') || named.includes('\\');
  const found = await firstProgram(isPath ? [named] : onPath([named], env));
  if (found !== undefined) return found;
  throw new PspError(
    'BROWSER_MISSING',
    `PSP_BROWSER is "${named}": expected a program that can be started, found none ${isPath ? 'there' : 'on PATH'}.`,
  );
}

function onPath(names: readonly string[], env: Environment): string[] {
  const { join } = process.platform === 'win32' ? win32 : posix;
  // Windows writes it "Path"; its process.env ignores case, a copy of it does not.
  const folders = (env['PATH'] ?? env['Path'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return names.flatMap((name) => folders.map((folder) => join(folder, name)));
}

/** The Chromium that Playwright downloads, downloaded or not. Empty when Playwright is absent, or has none for this system. */
async function playwrightPlaces(): Promise<string[]> {
  const chromium = await playwrightChromium();
  try {
    return chromium === undefined ? [] : [chromium.executablePath()];
  } catch {
    // It throws on a system for which it builds no browser.
    return [];
  }
}

async function playwrightChromium(): Promise<{ executablePath(): string } | undefined> {
  // A name that the compiler does not see: core does not depend on the package, which may be absent.
  const name = 'playwright-core';
  try {
    return ((await import(name)) as { chromium: { executablePath(): string } }).chromium;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

async function firstProgram(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) if (await isProgram(path)) return path;
  return undefined;
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    // Absent, or not ours to start: not this one.
    return false;
  }
}
