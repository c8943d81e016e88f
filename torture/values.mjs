/** Values and sessions that tell whether they are whole and which they are. */
import { createCipheriv, createHash } from 'node:crypto';

const digest = (/** @type {string} */ text) => createHash('sha256').update(text).digest('hex');

/** In the order of the numbers. @param {string} lane @param {number} number */
export const partKey = (lane, number) => `part/${lane}/${String(number).padStart(8, '0')}`;

/** From 70 bytes to 130 KB, by the number. @param {number} number */
export function bodyOf(number) {
  return Buffer.from(lineOf(number).repeat(1 + (number % 7) * 300));
}

/** Throws for a value that is not whole. @param {Uint8Array} body */
export function numberOf(body) {
  const number = Number.parseInt(Buffer.from(body.subarray(0, 20)).toString(), 10);
  if (Buffer.compare(body, bodyOf(number)) !== 0)
    throw new Error(`a torn value of ${body.byteLength} bytes, which begins with ${number}`);
  return number;
}

const lineOf = (/** @type {number} */ number) => `${number} ${digest(String(number))}\n`;

/**
 * A session whose version `number` has `bytes` of records that cannot be compressed.
 *
 * @param {string} id @param {number} number @param {number} bytes @param {import('./random.mjs').Random} random
 * @returns {import('@psp/core').SessionState}
 */
export function stateOf(id, number, bytes, random) {
  const key = Buffer.alloc(32, String(random.next()));
  const text = createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(bytes)).toString('base64');
  const json = Buffer.from(JSON.stringify([{ key: 1, value: { json: { number, text, digest: digest(text) } } }]));
  return { document: documentOf(id, number), batches: [{ at: [0, 0, 0], count: 1, json }] };
}

/** Throws unless the session is whole; gives the number of its version. @param {import('@psp/core').SessionState} state */
export async function numberOfState({ document, batches }) {
  const number = Number(document.origins[0].localStorage[0].value);
  let records = 0;
  for await (const { json } of batches) {
    for (const { value } of JSON.parse(Buffer.from(json).toString())) {
      records += 1;
      const { text, digest: expected, number: own } = value.json;
      if (own !== number || digest(text) !== expected) throw new Error(`the records of version ${number} are torn`);
    }
  }
  if (records !== 1) throw new Error(`version ${number} has ${records} records`);
  return number;
}

function documentOf(id, number) {
  const store = { name: 'a', keyPath: 'id', autoIncrement: false, indexes: [], records: [] };
  return {
    format: /** @type {const} */ ('psp-session'),
    version: /** @type {const} */ (1),
    id,
    name: 'torture',
    tags: [],
    capturedAt: '2026-03-04T05:06:07.000Z',
    source: { engine: /** @type {const} */ ('chromium'), browserVersion: '140' },
    cookies: [],
    origins: [
      {
        origin: 'https://app.example',
        localStorage: [{ name: 'number', value: String(number) }],
        indexedDB: [{ name: 'db', version: 1, stores: [store] }],
      },
    ],
    tabs: [],
    losses: [],
  };
}
