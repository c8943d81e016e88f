/** Chromium through chromedriver, for tests. */
import { findChromium, launchFlags } from '@psp/core';
import { endProcess, freePort, startProcess, temporaryFolder, untilServes } from './process.mjs';

/** Capabilities of a session. `bidi` asks for an address of WebDriver BiDi too. @param {{ bidi?: boolean }} options */
export async function chromeCapabilities({ bidi = false } = {}) {
  const binary = await findChromium();
  if (binary === undefined) throw new Error('No Chromium here: run `npm run setup`.');
  return {
    browserName: 'chrome',
    acceptInsecureCerts: true,
    'goog:chromeOptions': { binary, args: ['--headless', ...launchFlags()] },
    ...(bidi ? { webSocketUrl: true } : {}),
  };
}

/** Starts chromedriver. Its end ends the browsers that it started. @returns {Promise<import('./process.mjs').DriverServer>} */
export async function startChromedriver() {
  // Profiles of its browsers go below the folder for temporary files.
  const home = await temporaryFolder('chromedriver');
  const port = await freePort();
  const env = { ...process.env, TMPDIR: home.path };
  const driver = startProcess('chromedriver', [`--port=${port}`], { env });
  const url = `http://127.0.0.1:${port}`;
  const kill = async () => {
    await endSessions(url);
    await endProcess(driver);
    await home.remove();
  };
  try {
    await untilServes(driver, url);
  } catch (error) {
    await kill();
    throw error;
  }
  return { url, kill };
}

/** Its browsers are in process groups of their own, and end with their sessions. @param {string} url */
async function endSessions(url) {
  try {
    const limit = () => ({ signal: AbortSignal.timeout(5_000) });
    const { value } = await (await fetch(`${url}/sessions`, limit())).json();
    await Promise.all(value.map(({ id }) => fetch(`${url}/session/${id}`, { method: 'DELETE', ...limit() })));
  } catch {
    // It has ended already, or answers no more.
  }
}
