/** Entry point for adapters whose framework brings its own CDP connection. */
export { CdpDriver, type CdpDriverOptions } from './browser/cdp/driver.js';
export { CdpRefusal, within, type CdpEvent, type CdpTransport } from './browser/cdp/transport.js';
export { PendingReplies } from './browser/replies.js';
