/** The databases of the application, and what it keeps beside them: written at the login, and compared with freshly built values at each check. */
import { within } from './common.mjs';
import { checkDepot, seedDepot } from './depot.mjs';
import { checkStructure, seedStructure } from './structure.mjs';

/** Served as kit.js: one value of each structured-clone kind, and a deep comparison that sees identities. */
const { kit } = /** @type {any} */ (globalThis);

const HMAC = { name: 'HMAC', hash: 'SHA-256' };
const KINDS = {
  ...kit.KINDS,
  /** It cannot leave its browser; it is here so that a loss must name it. */
  'hidden key': () => crypto.subtle.importKey('raw', new Uint8Array([1, 2, 3, 4]), HMAC, false, ['sign']),
};

/**
 * Writes every kind of value under its name, each in a transaction of its own, since no engine takes all of them.
 *
 * @returns {Promise<{ stored: string[], refused: Record<string, string> }>} ids of items, and the engine's own words
 */
export async function seedDatabases() {
  const database = await kit.open('kinds', 3, (made) => {
    made.createObjectStore('values');
    made.createObjectStore('keys');
  });
  const stored = [];
  const refused = {};
  for (const [name, make] of Object.entries(KINDS)) {
    try {
      const value = await make();
      await put(database, 'values', value, name);
      stored.push(`value:${name}`);
    } catch (error) {
      refused[`value:${name}`] = String(error);
    }
  }
  for (const [at, key] of kit.KEYS.entries()) await put(database, 'keys', at, key);
  database.close();
  const structure = await seedStructure(kit);
  const depot = await seedDepot(kit);
  return {
    stored: [...stored, 'structure:keys', ...structure, ...depot.stored],
    refused: { ...refused, ...depot.refused },
  };
}

/**
 * What is not as it was written, by the id of its item, with the place of the first difference.
 *
 * @param {readonly string[]} ids of the items to look for
 * @returns {Promise<Record<string, string>>}
 */
export async function checkDatabases(ids) {
  const names = (await indexedDB.databases()).map(({ name }) => name);
  const wrong = {};
  const note = async (id, look) => {
    if (!ids.includes(id)) return;
    const found = await within(look()).catch((error) => String(error));
    if (found !== undefined) wrong[id] = found;
  };
  // Opening a database that is not there would make it.
  const kinds = names.includes('kinds') ? await within(kit.open('kinds')) : undefined;
  for (const [name, make] of Object.entries(KINDS)) await note(`value:${name}`, () => checkValue(kinds, name, make));
  await note('structure:keys', () => checkKeys(kinds));
  kinds?.close();
  const looks = { ...checkStructure(kit, names), ...checkDepot(kit) };
  for (const [id, look] of Object.entries(looks)) await note(id, look);
  return wrong;
}

async function put(database, store, value, key) {
  const transaction = database.transaction(store, 'readwrite');
  const done = kit.done(transaction);
  done.catch(() => undefined); // the request tells the same
  await kit.result(transaction.objectStore(store).put(value, key));
  await done;
}

async function checkValue(database, name, make) {
  if (database === undefined) return 'no database';
  const store = database.transaction('values').objectStore('values');
  if ((await kit.result(store.getKey(name))) === undefined) return 'no record';
  const value = await kit.result(database.transaction('values').objectStore('values').get(name));
  return kit.difference(await make(), value);
}

async function checkKeys(database) {
  if (database === undefined) return 'no database';
  const store = () => database.transaction('keys').objectStore('keys');
  const found = await kit.difference([...kit.KEYS], await kit.result(store().getAllKeys()));
  const values = await kit.result(store().getAll());
  const isInOrder = values.every((value, at) => value === at);
  return found ?? (isInOrder ? undefined : `order ${values}`);
}
