/** A headless Chromium of its own for tests, as a user starts one with a port of its debugging protocol. */
import { findChromium, launchFlags } from '@psp/core';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { endProcess, startProcess, temporaryFolder, untilReady } from './process.mjs';

/**
 * Starts it with one blank tab. It trusts the certificates of tests.
 *
 * @returns {Promise<{ http: string, ws: string, kill: () => Promise<void> }>} `http://127.0.0.1:PORT` and the browser's WebSocket
 */
export async function startChromium() {
  const binary = await findChromium();
  if (binary === undefined) throw new Error('No Chromium here: run `npm run setup`.');
  const profile = await temporaryFolder('chromium');
  const flags = [
    '--headless',
    '--ignore-certificate-errors',
    '--remote-debugging-port=0',
    `--user-data-dir=${profile.path}`,
    ...launchFlags(),
    'about:blank',
  ];
  const child = startProcess(binary, flags);
  const kill = async () => {
    await endProcess(child);
    await profile.remove();
  };
  try {
    const { port, path } = await untilReady(child, async () => {
      // It writes the file in one go, port first.
      const [port, path] = (await readFile(join(profile.path, 'DevToolsActivePort'), 'utf8')).split('\n');
      return path === undefined ? undefined : { port, path };
    });
    return { http: `http://127.0.0.1:${port}`, ws: `ws://127.0.0.1:${port}${path}`, kill };
  } catch (error) {
    await kill();
    throw error;
  }
}
