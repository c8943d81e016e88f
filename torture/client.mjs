/**
 * A process of clients that read and swap a few keys, and say before and after each operation what they do and what came of it.
 * `{ calls: id, ... }` and `{ answers: id, ... }`, with monotonic times.
 */
import { codeOf, nowMs, pause, random, say, started, store, task } from './child.mjs';

const text = (body) => Buffer.from(body).toString();

await store.probe();
await started();
await Promise.all(Array.from({ length: task.clients }, (_, client) => work(client)));
await store.close();

async function work(client) {
  /** What this client last saw of each key: `{ etag, value }`. */
  const seen = new Map();
  for (let number = 0; number < task.operations; number += 1) {
    const key = random.pick(task.keys);
    const id = `${task.name}.${client}.${number}`;
    if (random.below(5) < 2) await read(id, key, seen);
    else await swap(id, key, seen);
    if (random.below(4) === 0) await pause(random.below(3));
  }
}

async function read(id, key, seen) {
  say({ calls: id, key, kind: 'read', at: nowMs() });
  try {
    const found = await store.get(key);
    const at = nowMs();
    const value = found === undefined ? null : text(found.body);
    say({ answers: id, answer: 'done', value, etag: found?.etag, at });
    seen.set(key, { etag: found?.etag, value });
  } catch (error) {
    say({ answers: id, answer: 'failed', code: codeOf(error), at: nowMs() });
    await pause(20);
  }
}

/** Follows what was seen, which others may have replaced meanwhile. */
async function swap(id, key, seen) {
  const { etag, value: expected } = seen.get(key) ?? { value: null };
  say({ calls: id, key, kind: 'swap', expected, value: id, at: nowMs() });
  try {
    const given = await store.put(key, Buffer.from(id), etag === undefined ? { absent: true } : { etag });
    say({ answers: id, answer: 'done', value: id, etag: given, at: nowMs() });
    seen.set(key, { etag: given, value: id });
  } catch (error) {
    const code = codeOf(error);
    // Nothing was sent where the store says that it cannot be reached (store.ts); all else may yet take effect.
    const answer = { CONFLICT: 'conflict', STORE_UNAVAILABLE: 'failed' }[code] ?? 'unknown';
    say({ answers: id, answer, code, at: nowMs() });
    seen.delete(key);
    if (answer !== 'conflict') await pause(20);
    await read(`${id}r`, key, seen);
  }
}
