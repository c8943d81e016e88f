/** What findChromium finds, and the flags that go with it. */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findChromium, launchFlags, usualPlaces } from '../src/browser/find.js';

const isWindows = process.platform === 'win32';
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'psp-find-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function program(name: string, mode = 0o755): Promise<string> {
  const path = join(folder, isWindows ? `${name}.exe` : name);
  await writeFile(path, '');
  await chmod(path, mode);
  return path;
}

describe('findChromium', () => {
  it('takes the path in PSP_BROWSER before anything on PATH', async () => {
    const own = await program('my-browser');
    await program('chromium');
    expect(await findChromium({ PSP_BROWSER: own, PATH: folder })).toBe(own);
  });

  it('looks a bare name in PSP_BROWSER up on PATH', async () => {
    const own = await program('my-browser');
    expect(await findChromium({ PSP_BROWSER: isWindows ? 'my-browser.exe' : 'my-browser', PATH: folder })).toBe(own);
  });

  it('says so when PSP_BROWSER names nothing that starts, and does not take another one', async () => {
    await program('chromium');
    const wrong = findChromium({ PSP_BROWSER: join(folder, 'absent'), PATH: folder });
    await expect(wrong).rejects.toMatchObject({ code: 'BROWSER_MISSING', message: expect.stringContaining('absent') });
    await expect(findChromium({ PSP_BROWSER: 'absent', PATH: folder })).rejects.toThrow('none on PATH');
  });

  it('finds a browser on PATH, and passes by folders and files that cannot be started', async () => {
    await mkdir(join(folder, isWindows ? 'chromium.exe' : 'chromium'));
    if (!isWindows) await program('chromium-browser', 0o644);
    const chrome = await program(isWindows ? 'chrome' : 'google-chrome');
    expect(await findChromium({ PSP_BROWSER: '', PATH: folder })).toBe(chrome);
  });
});

describe('usualPlaces', () => {
  it('knows the three systems', () => {
    expect(usualPlaces('darwin', { HOME: '/Users/a' })).toEqual(
      expect.arrayContaining([
        '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
        '/Users/a/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
      ]),
    );
    expect(usualPlaces('win32', { PROGRAMFILES: 'C:\\Program Files' })).toContain(
      'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
    );
    expect(usualPlaces('linux', {})).toContain('/usr/bin/chromium');
  });
});

describe('launchFlags', () => {
  it('adds PSP_BROWSER_FLAGS at the end', () => {
    expect(launchFlags({ PSP_BROWSER_FLAGS: '  --one   --two=2 ' }).slice(-2)).toEqual(['--one', '--two=2']);
    expect(launchFlags({})).not.toContain('');
  });

  it('turns the sandbox off for root on Linux only', () => {
    const isRoot = process.platform === 'linux' && process.getuid?.() === 0;
    expect(launchFlags({}).includes('--no-sandbox')).toBe(isRoot);
    const { getuid } = process;
    if (getuid === undefined) return;
    process.getuid = () => 1000;
    try {
      expect(launchFlags({})).not.toContain('--no-sandbox');
    } finally {
      process.getuid = getuid;
    }
  });
});
