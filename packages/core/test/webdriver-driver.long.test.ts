/** The driver suite over classic WebDriver sessions of the engines that have a better protocol too. */
import { chromeCapabilities, startChromedriver } from '../../../matrix/browsers/chromedriver.mjs';
import { firefoxCapabilities, startMarionetteBridge } from '../../../matrix/browsers/marionette.mjs';
import { describeDriver, DIALOG, WORKER } from './support/webdriver-suite.js';

describeDriver({
  name: 'Firefox without BiDi',
  engine: 'firefox',
  start: startMarionetteBridge,
  capabilities: firefoxCapabilities,
  isShared: true,
  cannot: new Map([WORKER, DIALOG]),
});

describeDriver({
  name: 'Chromium, by the debugger that chromedriver names',
  engine: 'chromium',
  start: startChromedriver,
  capabilities: chromeCapabilities,
  isShared: false,
  cannot: new Map(),
});
