/** No framework: the address of a browser, as `psp capture --cdp URL` takes it, driven by its own protocol alone. */
import { connectBidi, connectCdp, connectWebDriver, SessionAdapter } from '@psp/core';
import { missing } from '../browsers/available.mjs';
import { chromeCapabilities, startChromedriver } from '../browsers/chromedriver.mjs';
import { startChromium } from '../browsers/chromium.mjs';
import { startFirefox } from '../browsers/firefox.mjs';
import { firefoxCapabilities, startFirefoxDriver } from '../browsers/geckodriver.mjs';
import { startWebKitDriver, webkitCapabilities } from '../browsers/webkit.mjs';
import { drive, orEnd } from './drive.mjs';
import { HttpSession, SocketClient } from './protocols.mjs';

/** @typedef {(timeoutMs: number) => Promise<import('@psp/core').BrowserDriver>} Address what such a user has for a page */

/** @extends {SessionAdapter<Address>} */
class AddressAdapter extends SessionAdapter {
  /** @override @param {Address} address */
  openDriver(address) {
    return address(this.options.timeoutMs ?? 30_000);
  }
}

/** @type {import('./drive.mjs').Endpoint} */
const cdp = {
  name: 'cdp',
  label: 'CDP address',
  engine: 'chromium',
  through: 'connectCdp',
  missing: () => undefined,
  async open(options) {
    const browser = await startChromium();
    return orEnd(browser.kill, async () => {
      const [tab] = /** @type {any[]} */ (await (await fetch(`${browser.http}/json/list`)).json());
      // What a person does by hand in the window.
      const user = await SocketClient.open(tab.webSocketDebuggerUrl);
      return drive({
        adapter: new AddressAdapter(options),
        page: (timeoutMs) => connectCdp(browser.ws, { timeoutMs, onlyTabIsPrimary: true }),
        goto: (url) => user.send('Page.navigate', { url }),
        close: browser.kill,
      });
    });
  },
};

/** Firefox takes one BiDi session at a time: the user's ends before PSP's begins, and the other way round. */
const bidi = {
  name: 'bidi',
  label: 'BiDi address',
  engine: 'firefox',
  through: 'connectBidi',
  missing: () => missing('firefox'),
  async open(options) {
    const browser = await startFirefox();
    let user;
    const leave = async () => {
      await user?.send('session.end');
      await user?.close();
      user = undefined;
    };
    const goto = async (url) => {
      if (user === undefined) {
        user = await SocketClient.open(`${browser.address}/session`);
        await user.send('session.new', { capabilities: { alwaysMatch: { acceptInsecureCerts: true } } });
      }
      const { contexts } = await user.send('browsingContext.getTree', { maxDepth: 0 });
      await user.send('browsingContext.navigate', { context: contexts[0].context, url, wait: 'none' });
    };
    const page = (timeoutMs) => connectBidi(browser.address, { timeoutMs });
    const handle = drive({ adapter: new AddressAdapter(options), page, goto, close: browser.kill, late: true });
    return {
      ...handle,
      capture: () => leave().then(handle.capture),
      restore: (id) => leave().then(() => handle.restore(id)),
    };
  },
};

/** A session of classic WebDriver that somebody else began, whatever language they use. */
function webdriver({ name, label, engine, through = 'connectWebDriver', needs, start, capabilities, page }) {
  return {
    name,
    label,
    engine,
    through,
    missing: () => missing(needs),
    async open(options) {
      const server = await start();
      return orEnd(server.kill, async () => {
        const session = await HttpSession.begin(server.url, await capabilities());
        const close = () =>
          session
            .end()
            .catch(() => undefined)
            .then(server.kill);
        const address = (timeoutMs) => page(session, timeoutMs);
        return drive({ adapter: new AddressAdapter(options), page: address, goto: (url) => session.goto(url), close });
      });
    },
  };
}

const bySession = (session, timeoutMs) => connectWebDriver(session.url, { sessionId: session.id, timeoutMs });
const byBidi = (session, timeoutMs) => connectBidi(session.capabilities.webSocketUrl, { timeoutMs });
const chromedriver = { engine: 'chromium', needs: 'chromedriver', start: startChromedriver };

/** @type {import('./drive.mjs').Endpoint[]} */
export const raw = [
  cdp,
  bidi,
  webdriver({
    ...chromedriver,
    name: 'bidi-chromium',
    label: 'BiDi address of chromedriver',
    through: 'connectBidi',
    capabilities: () => chromeCapabilities({ bidi: true }),
    page: byBidi,
  }),
  webdriver({
    ...chromedriver,
    name: 'webdriver-chromium',
    label: 'WebDriver session, chromedriver',
    capabilities: chromeCapabilities,
    page: bySession,
  }),
  webdriver({
    name: 'webdriver-firefox',
    label: 'WebDriver session, classic only',
    engine: 'firefox',
    needs: 'firefox',
    start: startFirefoxDriver,
    capabilities: firefoxCapabilities,
    page: bySession,
  }),
  webdriver({
    name: 'webdriver-webkit',
    label: 'WebDriver session, WebKitWebDriver',
    engine: 'webkit',
    needs: 'webkit',
    start: startWebKitDriver,
    capabilities: webkitCapabilities,
    page: bySession,
  }),
];
