/**
 * Page code where there is no isolated world: is this realm as the browser made it, and a clean one beside it. Data only: function
 * expressions for whatever way a driver has to run them. Knows nothing of drivers.
 */

/**
 * `() => boolean`: true when something that page code relies on is not the browser's own, so that it must not run in this realm. It
 * goes by what functions say of themselves, which finds what sites and their libraries replace; a page that forges that, too, is not
 * found out.
 */
export const PATCHED_CHECK = `() => {
  const names = ['Array', 'ArrayBuffer', 'BigInt', 'Blob', 'Boolean', 'DataView', 'Date', 'DOMException', 'Error', 'File', 'Function',
    'IDBCursor', 'IDBCursorWithValue', 'IDBDatabase', 'IDBFactory', 'IDBIndex', 'IDBKeyRange', 'IDBObjectStore', 'IDBOpenDBRequest',
    'IDBRequest', 'IDBTransaction', 'ImageData', 'JSON', 'Map', 'Math', 'Number', 'Object', 'Promise', 'Reflect', 'RegExp', 'Set',
    'Storage', 'String', 'SubtleCrypto', 'Symbol', 'Uint8Array', 'Uint8ClampedArray', 'Uint16Array', 'WeakMap', 'EventTarget', 'Event',
    'atob', 'btoa', 'clearTimeout', 'eval', 'queueMicrotask', 'setTimeout'];
  const instances = ['crypto', 'indexedDB', 'localStorage', 'sessionStorage'];
  const text = Function.prototype.toString;
  const call = Function.prototype.call;
  const isNative = (value) => {
    const said = text.call(value);
    return typeof said === 'string' && said.endsWith('}') && said.indexOf('[native code]') > 0;
  };
  if (text.call !== call || !isNative(text) || !isNative(call)) return true;
  const describe = Object.getOwnPropertyDescriptor;
  const keysOf = Reflect.ownKeys;
  const parentOf = Object.getPrototypeOf;
  if (!isNative(describe) || !isNative(keysOf) || !isNative(parentOf)) return true;
  // Plain data that the browser itself leaves writable.
  const plain = { length: 1, name: 1, message: 1, stack: 1, stackTraceLimit: 1, prepareStackTrace: 1 };
  const isSpoilt = (holder, key) => {
    const found = describe(holder, key);
    if (found.get !== undefined || found.set !== undefined) {
      return (found.get !== undefined && !isNative(found.get)) || (found.set !== undefined && !isNative(found.set));
    }
    if (typeof found.value === 'function') return !isNative(found.value);
    return found.writable === true && plain[key] !== 1;
  };
  const isSpoiltObject = (object) => {
    const keys = keysOf(object);
    for (let at = 0; at < keys.length; at++) if (isSpoilt(object, keys[at])) return true;
    return false;
  };
  for (let at = 0; at < names.length; at++) {
    const value = window[names[at]];
    if (value === undefined || value === null) return true;
    if (typeof value === 'function' && !isNative(value)) return true;
    if (isSpoiltObject(value)) return true;
    if (typeof value === 'function' && value.prototype && isSpoiltObject(value.prototype)) return true;
  }
  for (let at = 0; at < instances.length; at++) {
    let holder = window;
    while (holder !== null && describe(holder, instances[at]) === undefined) holder = parentOf(holder);
    // The page took it away, or the browser has no such thing here: a clean realm tells.
    if (holder === null) return true;
    // Plain data in its place is somebody's own.
    const { get } = describe(holder, instances[at]);
    if (get === undefined || !isNative(get)) return true;
  }
  return false;
}`;

/**
 * `(name: string) => undefined`: adds a frame of that name which nobody sees. It is of the page's origin and storage, and its realm is
 * as the browser made it. The name is the caller's, such that no frame of the page has it. No policy of the page's forbids it, since
 * nothing is fetched.
 */
export const ADD_FRAME = `(name) => {
  const frame = document.createElementNS('http://www.w3.org/1999/xhtml', 'iframe');
  frame.setAttribute('name', name);
  frame.setAttribute('hidden', '');
  document.documentElement.appendChild(frame);
}`;

/** `(name: string) => undefined`: removes what ADD_FRAME added, if it is there. */
export const REMOVE_FRAME = `(name) => {
  const frame = document.querySelector('iframe[name="' + name + '"]');
  if (frame !== null) frame.parentNode.removeChild(frame);
}`;
