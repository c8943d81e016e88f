/** Selenium: Chromium by chromedriver, Firefox by geckodriver or what stands in for it, WebKitGTK by WebKitWebDriver. */
import { SeleniumAdapter } from '@psp/selenium';
import { Builder, Capabilities } from 'selenium-webdriver';
import { missing } from '../browsers/available.mjs';
import { chromeCapabilities, startChromedriver } from '../browsers/chromedriver.mjs';
import { firefoxCapabilities, startFirefoxDriver } from '../browsers/geckodriver.mjs';
import { startWebKitDriver, webkitCapabilities } from '../browsers/webkit.mjs';
import { versionOf } from '../versions.mjs';
import { drive, orEnd } from './drive.mjs';

function endpoint({ name, label, engine, needs, start, capabilities }) {
  return {
    name,
    label,
    engine,
    through: 'SeleniumAdapter',
    framework: versionOf('selenium-webdriver'),
    missing: () => missing(needs),
    async open(options) {
      const server = await start();
      return orEnd(server.kill, async () => {
        const wanted = new Capabilities(await capabilities());
        // Selenium's driver is a promise of itself, which its types do not say.
        const browser = await Promise.resolve(new Builder().usingServer(server.url).withCapabilities(wanted).build());
        const close = () =>
          browser
            .quit()
            .catch(() => undefined)
            .then(server.kill);
        return drive({ adapter: new SeleniumAdapter(options), page: browser, goto: (url) => browser.get(url), close });
      });
    },
  };
}

/** @type {import('./drive.mjs').Endpoint[]} */
export const selenium = [
  endpoint({
    name: 'selenium',
    label: 'Selenium, chromedriver',
    engine: 'chromium',
    needs: 'chromedriver',
    start: startChromedriver,
    capabilities: chromeCapabilities,
  }),
  endpoint({
    name: 'selenium-firefox',
    label: 'Selenium, Firefox with BiDi',
    engine: 'firefox',
    needs: 'firefox',
    start: startFirefoxDriver,
    capabilities: () => firefoxCapabilities({ bidi: true }),
  }),
  endpoint({
    name: 'selenium-webkit',
    label: 'Selenium, WebKitWebDriver',
    engine: 'webkit',
    needs: 'webkit',
    start: startWebKitDriver,
    capabilities: webkitCapabilities,
  }),
];
