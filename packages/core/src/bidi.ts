/** Entry point for adapters whose framework brings its own WebDriver BiDi connection. */
export { openBidi, type OpenBidiOptions } from './browser/bidi/open.js';
export { BidiRefusal, type BidiEvent, type BidiTransport } from './browser/bidi/transport.js';
export { connectBidiSocket } from './browser/bidi/websocket.js';
