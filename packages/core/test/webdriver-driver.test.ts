/** The driver suite over classic WebDriver sessions: WebKitGTK. The other engines are in webdriver-driver.long.test.ts. */
import { startWebKitDriver, webkitCapabilities } from '../../../matrix/browsers/webkit.mjs';
import { describeDriver, DIALOG, WORKER } from './support/webdriver-suite.js';

describeDriver({
  name: 'WebKitGTK',
  engine: 'webkit',
  start: startWebKitDriver,
  capabilities: webkitCapabilities,
  isShared: false,
  cannot: new Map([
    WORKER,
    // WebKit takes every name below localhost for a site of its own, and gives its frames a partition.
    [
      '[PSP-TRAP-27] lists frames with their origins, opaque ones without, partitioned ones marked',
      /^Expected values to be strictly equal:\s+false !== true/,
    ],
    DIALOG,
  ]),
});
