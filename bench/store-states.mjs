/** Sessions of a given size for the benchmark of stores, made as they are read, so that they take no memory of their own. */
import { createHash } from 'node:crypto';
import { newSessionId } from '@psp/protocol';

const BATCH_BYTES = 512 * 1024;
const RECORD_BYTES = 400;

/**
 * A session with about `bytes` of records, which shrink to about half as those of real sites do.
 *
 * @param {number} bytes @param {string} [id]
 * @returns {import('@psp/core').SessionState}
 */
export function stateOf(bytes, id = newSessionId()) {
  return { document: documentOf(id), batches: { [Symbol.iterator]: () => batchesOf(bytes) } };
}

/** Reads all and gives the digest of the records. @param {import('@psp/core').SessionState} state */
export async function digestOf({ batches }) {
  const hash = createHash('sha256');
  for await (const { json } of batches) hash.update(json);
  return hash.digest('hex');
}

/** The bytes that a raw client writes: the same records in one piece. @param {number} bytes */
export function rawBytes(bytes) {
  return Buffer.concat([...batchesOf(bytes)].map(({ json }) => json));
}

/** @returns {Generator<import('@psp/core').RecordBatch>} */
function* batchesOf(bytes) {
  let state = 7;
  const random = () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0);
  for (let left = bytes, key = 1; left > 0;) {
    const records = [];
    const count = Math.max(1, Math.floor(Math.min(left, BATCH_BYTES) / RECORD_BYTES));
    for (let record = 0; record < count; record += 1, key += 1) {
      const token = Array.from({ length: 20 }, () => random().toString(36).padStart(7, '0')).join('');
      const text = 'seen the message, will answer it when the others have. '.repeat(3);
      records.push(`{"key":${key},"value":{"json":{"id":${key},"token":"${token}","text":"${text}"}}}`);
    }
    const json = Buffer.from(`[${records.join(',')}]`);
    left -= json.byteLength;
    yield { at: [0, 0, 0], count, json };
  }
}

function documentOf(id) {
  const store = { name: 'a', keyPath: 'id', autoIncrement: false, indexes: [], records: [] };
  return {
    format: /** @type {const} */ ('psp-session'),
    version: /** @type {const} */ (1),
    id,
    name: 'bench',
    tags: [],
    capturedAt: '2026-03-04T05:06:07.000Z',
    source: { engine: /** @type {const} */ ('chromium'), browserVersion: '140' },
    cookies: [],
    origins: [
      {
        origin: 'https://app.example',
        localStorage: [],
        indexedDB: [{ name: 'db', version: 1, stores: [store] }],
      },
    ],
    tabs: [],
    losses: [],
  };
}
