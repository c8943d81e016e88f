/** A Chromium process with a debugging address and no framework. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findChromium, launchFlags } from '../../src/browser/find.js';

export interface RawChromium {
  readonly process: ChildProcess;
  /** `http://127.0.0.1:PORT`. */
  readonly address: string;
  /** Ends at once and removes the profile. */
  kill(): Promise<void>;
  /** Waits until the browser, asked to close, has ended. Its profile is kept. */
  ended(): Promise<void>;
}

/** A fresh profile, unless one is given. */
export async function startChromium({
  url = 'about:blank',
  profile = '',
  flags: more = [] as string[],
} = {}): Promise<RawChromium> {
  const executable = await findChromium();
  if (executable === undefined) throw new Error('No Chromium here: run `npm run setup`.');
  const folder = profile === '' ? await mkdtemp(join(tmpdir(), 'psp-test-profile-')) : profile;
  const flags = [
    '--headless',
    '--remote-debugging-port=0',
    `--user-data-dir=${folder}`,
    ...launchFlags(),
    ...more,
    url,
  ];
  const child = spawn(executable, flags, { stdio: ['ignore', 'ignore', 'pipe'] });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const address = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stderr?.on('data', (data: Buffer) => {
      text += String(data);
      const found = /DevTools listening on ws:\/\/([^/]+)/.exec(text);
      if (found !== null) resolve(`http://${found[1]}`);
    });
    child.once('exit', (code) => reject(new Error(`Chromium ended with ${code}: ${text.slice(-500)}`)));
  });
  return {
    process: child,
    address,
    ended: () => exited,
    async kill() {
      child.kill('SIGKILL');
      await exited;
      await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}
