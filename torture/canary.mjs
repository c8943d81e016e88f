/** What a thief finds in the files of a back end, write-ahead logs included; and that a blob that was changed is refused. */
import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Archive, openKeySource, openStore } from '@psp/core';
import { newSessionId } from '@psp/protocol';
import { randomOf } from './random.mjs';
import { numberOfState, stateOf } from './values.mjs';

const CHUNK_BYTES = 4 * 1024 * 1024;
/** A word may lie across two chunks. */
const LONGEST_WORD = 64;

/** @param {import('./backends.mjs').BackEnd} backEnd @param {{ seed: string }} options */
export async function runCanary(backEnd, { seed }) {
  const [canary, control] = [`canary-${randomBytes(16).toString('hex')}`, `control-${randomBytes(16).toString('hex')}`];
  const keys = openKeySource({ env: backEnd.env });
  await keys.ensureKey();
  const store = await openStore(undefined, backEnd.env);
  const archive = new Archive(store, keys);
  const problems = [];
  try {
    const ids = [newSessionId(), newSessionId()];
    for (const id of ids) await archive.save(withCanary(stateOf(id, 1, 5000, randomOf(seed, id)), canary));
    // In clear, to show that the search would see it.
    await store.put(`control/${newSessionId()}`, Buffer.from(control), { absent: true });
    const folder = await backEnd.files();
    const found = folder === undefined ? undefined : await filesWith(folder, [canary, control]);
    if (found?.[canary].length > 0) problems.push(`the canary stands in ${found[canary].join(', ')}`);
    for (const [what, change] of Object.entries(CHANGES)) {
      const code = await outcome(changed(store, archive, ids, change));
      if (code !== 'CORRUPT') problems.push(`a payload ${what} gave ${code}`);
    }
    return { done: `${wordsOf(found?.[control])}; payloads ${Object.keys(CHANGES).join(', ')} refused`, problems };
  } finally {
    await store.close();
  }
}

/** No control: the files are compressed or not of the data, and their search shows nothing. */
function wordsOf(control) {
  if (control === undefined) return 'its files cannot be read from here';
  return control.length === 0
    ? 'its files do not show even what is in clear'
    : 'no canary in its files, where the control stands';
}

/** What becomes of the sealed part of a session; the second is that of another session. @type {Record<string, (own: Uint8Array, other: Uint8Array) => Uint8Array>} */
const CHANGES = {
  swapped: (_own, other) => other,
  truncated: (own) => own.subarray(0, -1),
  'put in clear': () => Buffer.from('{"format":"psp-session","version":1}\n'),
};

/** Opens the session with the change, and takes the change back. */
async function changed(store, archive, ids, change) {
  const parts = [];
  for (const id of ids) {
    const [item] = (await store.list(`b/${id}/`, { limit: 1 })).items;
    parts.push({ key: item.key, ...(await store.get(item.key)) });
  }
  const [own, other] = parts;
  const etag = await store.put(own.key, change(own.body, other.body), { etag: own.etag });
  try {
    await numberOfState((await archive.open(ids[0])).state);
  } finally {
    await store.put(own.key, own.body, { etag });
  }
}

function withCanary({ document, batches }, canary) {
  const [origin, ...others] = document.origins;
  const localStorage = [...origin.localStorage, { name: canary, value: canary }];
  return {
    document: { ...document, name: canary, tags: [canary], origins: [{ ...origin, localStorage }, ...others] },
    batches,
  };
}

/** Paths of the files that hold each word. @returns {Promise<Record<string, string[]>>} */
async function filesWith(folder, words) {
  const found = Object.fromEntries(words.map((word) => [word, /** @type {string[]} */ ([])]));
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    for (const word of await wordsIn(path, words)) found[word].push(path);
  }
  return found;
}

/** Which of the words are in a file of any size. */
async function wordsIn(path, words) {
  const found = new Set();
  let last = Buffer.alloc(0);
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) {
      const bytes = Buffer.concat([last, chunk]);
      for (const word of words) if (bytes.includes(word)) found.add(word);
      last = bytes.subarray(-LONGEST_WORD);
    }
  } catch (error) {
    // A server removes files of its own meanwhile.
    if (/** @type {any} */ (error).code !== 'ENOENT') throw error;
  }
  return found;
}

const outcome = (operation) =>
  operation.then(
    () => 'done',
    (error) => String(error.code ?? error),
  );
