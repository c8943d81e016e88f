/**
 * A process that writes until it is killed, and says what was acknowledged: a counter of its own, one that all share, values that are
 * created once, and the versions of a session.
 */
import { setImmediate } from 'node:timers/promises';
import { Archive, openKeySource } from '@psp/core';
import { bodyOf, numberOf, partKey, stateOf } from './values.mjs';
import { codeOf, pause, random, say, started, store, task } from './child.mjs';

const archive = new Archive(store, openKeySource());
await started();
await Promise.all([
  count(`counter/${task.lane}`, 'own'),
  count('counter/shared', 'shared'),
  createParts(),
  saveSession(),
]);

/** Each number has a body of another length. */
async function count(key, what) {
  for (;;) {
    try {
      const found = await store.get(key);
      const number = found === undefined ? 1 : numberOf(found.body) + 1;
      await store.put(key, bodyOf(number), found === undefined ? { absent: true } : { etag: found.etag });
      say({ [what]: number });
      // A store whose every answer is there at once would leave the others of this process no turn.
      await setImmediate();
    } catch (error) {
      await afterError(error);
    }
  }
}

async function createParts() {
  for (let number = await nextPart(); ; number += 1) {
    try {
      await store.put(partKey(task.lane, number), bodyOf(number), { absent: true });
      say({ part: number });
      if (number % 5 === 0) await store.remove(partKey(task.lane, number - 4));
    } catch (error) {
      await afterError(error);
    }
    await pause(2);
  }
}

/** After the last that stands, whoever made it: the lane before may have been killed before it said so. */
async function nextPart() {
  let last = task.part;
  for (;;) {
    try {
      const after = last === 0 ? {} : { after: partKey(task.lane, last) };
      const { items } = await store.list(`part/${task.lane}/`, { ...after, limit: 100 });
      if (items.length === 0) return last + 1;
      last = Number(items.at(-1).key.split('/').at(-1));
    } catch (error) {
      await afterError(error);
    }
  }
}

async function saveSession() {
  for (;;) {
    try {
      const base = await revision();
      const next = (base?.metadata.version ?? 0) + 1;
      const bytes = random.below(16) === 0 ? 2_500_000 : random.below(20_000);
      const state = stateOf(task.session, next, bytes, random);
      const { metadata } = await archive.save(state, base === undefined ? {} : { base: base.revision });
      say({ version: metadata.version });
    } catch (error) {
      await afterError(error);
    }
  }
}

async function revision() {
  try {
    return await archive.metadata(task.session);
  } catch (error) {
    if (codeOf(error) === 'NOT_FOUND') return undefined;
    throw error;
  }
}

/** A server may be gone: then all goes on when it is back. */
async function afterError(error) {
  const code = codeOf(error);
  if (code === 'CONFLICT') return;
  say({ code });
  await pause(20);
}
