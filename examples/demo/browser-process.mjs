/** The operating system's process behind a Playwright browser: its id, and its end. */

const PATIENCE_MS = 10_000;

/** @param {import('playwright').Browser} browser a Chromium */
export async function browserPid(browser) {
  const devtools = await browser.newBrowserCDPSession();
  const { processInfo } = await devtools.send('SystemInfo.getProcessInfo');
  await devtools.detach();
  return processInfo.find((process) => process.type === 'browser').id;
}

/**
 * Kills the process as a crash would, and waits until it is gone.
 *
 * @param {import('playwright').Browser} browser
 */
export async function killBrowser(browser) {
  const pid = await browserPid(browser);
  const disconnected = new Promise((resolve) => browser.once('disconnected', resolve));
  process.kill(pid, 'SIGKILL');
  await disconnected;
  await browser.close();
  const until = performance.now() + PATIENCE_MS;
  while (isRunning(pid)) {
    if (performance.now() > until) throw new Error(`the browser process ${pid} does not end`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return pid;
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
