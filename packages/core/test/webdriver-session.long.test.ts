/** A whole session from Chromium to Firefox by classic WebDriver and back, which the matrix does with less to look at. */
import { firefoxCapabilities, startMarionetteBridge } from '../../../matrix/browsers/marionette.mjs';
import { describeSession } from './support/webdriver-session-suite.js';

describeSession({ name: 'Firefox', start: startMarionetteBridge, capabilities: firefoxCapabilities, hasBlob: true });
