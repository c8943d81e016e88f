/** A whole session from Chromium to WebKitGTK and back. */
import { startWebKitDriver, webkitCapabilities } from '../../../matrix/browsers/webkit.mjs';
import { describeSession } from './support/webdriver-session-suite.js';

// Without a profile on disk, as in its automation, it cannot keep a Blob.
describeSession({ name: 'WebKitGTK', start: startWebKitDriver, capabilities: webkitCapabilities, hasBlob: false });
