/** Firefox through classic WebDriver, for tests: by geckodriver where that is on PATH, else by the bridge to Marionette. */
import { find } from './available.mjs';
import { firefoxCapabilities as bridgeCapabilities, startMarionetteBridge } from './marionette.mjs';
import { endProcess, freePort, startProcess, untilServes } from './process.mjs';

/** Capabilities of a session. `bidi` asks for an address of WebDriver BiDi too. @param {{ bidi?: boolean }} options */
export function firefoxCapabilities(options = {}) {
  const capabilities = bridgeCapabilities(options);
  if (find('geckodriver') === undefined) return capabilities;
  return { ...capabilities, 'moz:firefoxOptions': { binary: find('firefox'), args: ['-headless'] } };
}

/** Starts whichever is here. Its end ends the browsers that it started. @returns {Promise<import('./process.mjs').DriverServer>} */
export async function startFirefoxDriver() {
  const geckodriver = find('geckodriver');
  if (geckodriver === undefined) return startMarionetteBridge();
  const port = await freePort();
  // The port that Firefox itself listens on for BiDi is another one.
  const driver = startProcess(geckodriver, [`--port=${port}`, `--websocket-port=${await freePort()}`]);
  const url = `http://127.0.0.1:${port}`;
  const kill = () => endProcess(driver);
  try {
    await untilServes(driver, url);
  } catch (error) {
    await kill();
    throw error;
  }
  return { url, kill };
}
