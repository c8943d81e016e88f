/** The state that the login application sets up and looks for again: one item for each, and where a loss would name it. */

/**
 * @typedef {object} Item
 * @property {string} id such as `session` or `value:map`
 * @property {string} letter its kind of state in the compatibility page, a key of {@link LETTERS}
 * @property {string} label for people
 * @property {'cookie' | 'localStorage' | 'sessionStorage' | 'indexedDB' | 'cache' | 'file'} kind as in a loss
 * @property {'app' | 'id' | 'widget'} site whose origin a loss would name
 * @property {string} [path] the `item` of a loss: a cookie's name, an entry's name, `database/store/key`
 */

/** Each kind of state and its letter in a cell, in the order of a cell. */
export const LETTERS = {
  s: 'HttpOnly host-only session cookie, on which the login rests',
  h: '`__Host-` cookie',
  d: 'cookie of the domain `.psp.localhost`, which both origins see',
  i: 'HttpOnly cookie of the second origin',
  p: 'partitioned cookie (CHIPS) of a third party embedded as a frame',
  L: 'localStorage token, which the login also needs',
  l: 'localStorage of the second origin',
  t: 'sessionStorage of the tab',
  V: 'IndexedDB: values of every kind, with their count',
  K: 'IndexedDB: keys, key paths, indexes, key generator, versions, with their count',
  C: 'CacheStorage',
  F: 'private files (OPFS)',
  H: 'IndexedDB: a handle of a private file',
};

/** @type {readonly Item[]} */
const FIXED = [
  { id: 'session', letter: 's', label: 'HttpOnly cookie', kind: 'cookie', site: 'app', path: 'session' },
  { id: 'device', letter: 'h', label: '`__Host-` cookie', kind: 'cookie', site: 'app', path: '__Host-device' },
  { id: 'sso', letter: 'd', label: 'domain cookie', kind: 'cookie', site: 'app', path: 'sso' },
  {
    id: 'idSession',
    letter: 'i',
    label: 'cookie of the second origin',
    kind: 'cookie',
    site: 'id',
    path: 'id_session',
  },
  { id: 'widget', letter: 'p', label: 'partitioned cookie', kind: 'cookie', site: 'widget', path: 'widget' },
  { id: 'token', letter: 'L', label: 'localStorage', kind: 'localStorage', site: 'app', path: 'token' },
  {
    id: 'idToken',
    letter: 'l',
    label: 'localStorage of the second origin',
    kind: 'localStorage',
    site: 'id',
    path: 'token',
  },
  { id: 'tab', letter: 't', label: 'sessionStorage', kind: 'sessionStorage', site: 'app', path: 'tab' },
];

/** Where each item of the databases stands, beside the values, which stand at `kinds/values/NAME`. */
const STRUCTURES = {
  keys: 'kinds/keys',
  'composite key path': 'structure/composite',
  indexes: 'structure/indexed',
  'key generator': 'structure/generated',
  'empty database': 'empty',
};

/** Items that every login has. */
export const FIXED_IDS = FIXED.map(({ id }) => id);
/** What must have come through for the server to see the user logged in. */
export const LOGIN_IDS = ['session', 'token'];

/** @type {readonly Item[]} */
const DEPOT = [
  { id: 'depot:cache', letter: 'C', label: 'CacheStorage', kind: 'cache', site: 'app', path: 'login' },
  { id: 'depot:files', letter: 'F', label: 'private files', kind: 'file', site: 'app', path: 'notes/grün.bin' },
  {
    id: 'depot:handle',
    letter: 'H',
    label: 'handle of a private file',
    kind: 'indexedDB',
    site: 'app',
    path: 'handles/s/file',
  },
];

/** @param {string} id @returns {Item} */
export function itemOf(id) {
  const fixed = [...FIXED, ...DEPOT].find((item) => item.id === id);
  if (fixed !== undefined) return fixed;
  const colon = id.indexOf(':');
  const name = id.slice(colon + 1);
  const isValue = id.slice(0, colon) === 'value';
  const path = isValue ? `kinds/values/${name}` : STRUCTURES[name];
  return { id, letter: isValue ? 'V' : 'K', label: `IndexedDB ${name}`, kind: 'indexedDB', site: 'app', path };
}
