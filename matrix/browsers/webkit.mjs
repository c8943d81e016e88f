/** WebKitGTK for tests: WebKitWebDriver on a port and a display of its own. One session at a time is all that it takes. */
import { find } from './available.mjs';
import { endProcess, freePort, startProcess, temporaryFolder, untilServes } from './process.mjs';

/** Capabilities of a session: certificates of tests are accepted. */
export function webkitCapabilities() {
  const binary = find('minibrowser');
  if (binary === undefined)
    throw new Error('No MiniBrowser of WebKitGTK here: run `node scripts/setup.mjs --all-browsers`.');
  return {
    browserName: 'MiniBrowser',
    acceptInsecureCerts: true,
    'webkitgtk:browserOptions': { binary, args: ['--automation'] },
  };
}

/** Starts an X server and WebKitWebDriver. @returns {Promise<import('./process.mjs').DriverServer>} */
export async function startWebKitDriver() {
  const home = await temporaryFolder('webkit');
  const screen = await startDisplay();
  const port = await freePort();
  const env = {
    ...process.env,
    DISPLAY: screen.display,
    HOME: home.path,
    XDG_RUNTIME_DIR: home.path,
    GDK_BACKEND: 'x11',
    LIBGL_ALWAYS_SOFTWARE: '1',
    NO_AT_BRIDGE: '1',
  };
  const driver = startProcess('WebKitWebDriver', [`--port=${port}`], { env });
  const url = `http://127.0.0.1:${port}`;
  const kill = async () => {
    await endProcess(driver);
    await endProcess(screen.server);
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

/** The X server chooses a free display itself, and writes its number once it can be used. */
async function startDisplay() {
  // Without -noreset the server begins anew when the last window of a browser has gone, and throws out the next browser if it is quick.
  const args = ['-displayfd', '3', '-screen', '0', '1280x900x24', '-nolisten', 'tcp', '-noreset'];
  const server = startProcess('Xvfb', args, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  const number = await new Promise((resolve, reject) => {
    let text = '';
    server.once('error', reject);
    server.once('exit', (code) => reject(new Error(`Xvfb ended with ${code}.`)));
    server.stdio[3]?.on('data', (data) => {
      text += data;
      if (text.endsWith('\n')) resolve(text.trim());
    });
  });
  return { server, display: `:${number}` };
}
