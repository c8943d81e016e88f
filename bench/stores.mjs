/**
 * `npm run bench -- stores`: saving and loading sessions on every back end that can be started here, beside the back end's own client
 * writing the same bytes, turn by turn, as ratios of medians; listing many sessions; memory. A whole run writes docs/performance-stores.md;
 * `--short` does one round of the small rows and writes nothing; `--store fs,redis` names back ends.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { Archive, openKeySource, openStore } from '@psp/core';
import { BACK_ENDS, openBackEnd } from '../torture/backends.mjs';
import { openRaw } from './raw-clients.mjs';
import { storeMarkdown, storeTable } from './store-report.mjs';
import { digestOf, rawBytes, stateOf } from './store-states.mjs';
import { inTurns } from './turns.mjs';

const MEMORY_SCRIPT = fileURLToPath(new URL('store-memory.mjs', import.meta.url));
const PUTS_AT_ONCE = 32;

const { values } = parseArgs({
  options: { short: { type: 'boolean', default: false }, store: { type: 'string' } },
  allowPositionals: true,
});
const SIZES = [
  { size: '10 KB', bytes: 10_000, rounds: 101 },
  { size: '1 MB', bytes: 1_000_000, rounds: 21 },
  ...(values.short ? [] : [{ size: '50 MB', bytes: 50_000_000, rounds: 3 }]),
];
const SESSIONS = values.short ? 200 : 10_000;
const LARGE_BYTES = values.short ? 5_000_000 : 50_000_000;

const heads = await makeHeads();
// First, so that the others find the code compiled: a worker that saves has done so before.
const results = [await measuredAlone()];
for (const name of values.store?.split(',') ?? BACK_ENDS) {
  const backEnd = await openBackEnd(name);
  if ('missing' in backEnd) results.push({ name, missing: backEnd.missing });
  else results.push(await measured(backEnd));
  console.log(storeTable(results.slice(-1)));
}
if (!values.short && values.store === undefined)
  await writeFile(new URL('../docs/performance-stores.md', import.meta.url), storeMarkdown(results));

/** What PSP does itself: a store in memory costs nothing. */
async function measuredAlone() {
  const env = { PSP_STORE: 'memory:', PSP_KEY_FILE: join(await mkdtemp(join(tmpdir(), 'psp-bench-')), 'key.json') };
  try {
    const sizes = [];
    for (const size of SIZES) sizes.push(await measureSize({ env }, size));
    return { name: 'no store', sizes };
  } finally {
    await rm(dirname(env.PSP_KEY_FILE), { recursive: true });
  }
}

async function measured(backEnd) {
  try {
    // Alone: nothing of the other rows is in the store yet.
    const sizes = [];
    for (const size of SIZES) sizes.push(await measureSize(backEnd, size));
    return { name: backEnd.name, sizes, memory: await measureMemory(backEnd), list: await measureList(backEnd) };
  } finally {
    await backEnd.close();
  }
}

async function measureSize({ env }, { size, bytes, rounds }) {
  const store = await openStore(undefined, env);
  const archive = new Archive(store, openKeySource({ env }));
  const raw = await openRaw(env.PSP_STORE);
  const body = rawBytes(bytes);
  // Made before, as the bytes of the raw client are.
  const batches = [.../** @type {Iterable<import('@psp/core').RecordBatch>} */ (stateOf(bytes).batches)];
  const digest = await digestOf(stateOf(bytes));
  let id = '';
  try {
    const medians = await inTurns(values.short ? 1 : rounds, {
      rawSave: async () => raw?.write(body),
      save: async () => {
        id = (await archive.save({ document: stateOf(0).document, batches })).metadata.id;
      },
      rawLoad: async () => {
        if (raw !== undefined && (await raw.read()) !== body.byteLength)
          throw new Error('the raw client read something else');
      },
      load: async () => {
        const started = performance.now();
        const { document, batches: texts } = (await archive.open(id)).state;
        // All of it in memory at the end, as the client has it.
        const loaded = [];
        for await (const batch of texts) loaded.push(batch);
        const took = performance.now() - started;
        // The benchmark's own check, which is no part of a load: the client's value is not hashed either.
        if ((await digestOf({ document, batches: loaded })) !== digest) throw new Error('another session came back');
        return took;
      },
    });
    return { size, ...medians, ...(raw === undefined ? { rawSave: undefined, rawLoad: undefined } : {}) };
  } finally {
    await raw?.close();
    await store.close();
  }
}

async function measureMemory({ env }) {
  const args = ['--expose-gc', MEMORY_SCRIPT, String(LARGE_BYTES)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: { ...process.env, ...env } });
  const { save, load } = JSON.parse(stdout);
  return { bytes: LARGE_BYTES, save, load };
}

/** A list reads heads only, so heads alone are put, by many at once. */
async function measureList({ env }) {
  const folder = { ...env, ...(env.PSP_STORE.startsWith('file:') ? { PSP_STORE: `${env.PSP_STORE}-list` } : {}) };
  const store = await openStore(undefined, folder);
  const archive = new Archive(store, heads.keys);
  try {
    for await (const { key } of keysOf(store, 'h/')) await store.remove(key);
    const lane = async (start) => {
      for (let at = start; at < heads.values.length; at += PUTS_AT_ONCE)
        await store.put(heads.values[at].key, heads.values[at].body, { absent: true });
    };
    await Promise.all(Array.from({ length: PUTS_AT_ONCE }, (_, start) => lane(start)));
    const { keys, sessions } = await inTurns(1, {
      keys: async () => {
        for await (const _ of keysOf(store, 'h/'));
      },
      sessions: async () => {
        let found = 0;
        for (let after, more = true; more;) {
          const page = await archive.list({ ...(after === undefined ? {} : { after }), limit: 1000 });
          found += page.items.length;
          after = page.next;
          more = after !== undefined;
        }
        if (found !== SESSIONS) throw new Error(`${found} sessions were listed`);
      },
    });
    return { count: SESSIONS, keys, sessions };
  } finally {
    await store.close();
  }
}

async function* keysOf(store, prefix) {
  for (let after, more = true; more;) {
    const page = await store.list(prefix, { ...(after === undefined ? {} : { after }), limit: 1000 });
    yield* page.items;
    after = page.next;
    more = after !== undefined;
  }
}

/** The heads of many sessions, saved in memory. */
async function makeHeads() {
  const backEnd = await openBackEnd('fs');
  const keys = openKeySource({ env: backEnd.env });
  await keys.ensureKey();
  const store = await openStore('memory:');
  const archive = new Archive(store, keys);
  const saved = [];
  for (let number = 0; number < SESSIONS; number += 1) {
    const { metadata } = await archive.save(stateOf(400));
    const key = `h/${metadata.id}`;
    saved.push({ key, body: (await store.get(key)).body });
    for (const prefix of ['m/', 'b/']) for await (const item of keysOf(store, prefix)) await store.remove(item.key);
  }
  await backEnd.close();
  return { keys, values: saved };
}
