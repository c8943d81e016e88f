/**
 * A process of writers that write until it is killed, each over a connection of its own, and say what was acknowledged: a counter of its
 * own, one that all share, values that are created once, and the versions of a session.
 */
import { setImmediate } from 'node:timers/promises';
import { Archive, openKeySource } from '@psp/core';
import { bodyOf, numberOf, partKey, stateOf } from './values.mjs';
import { codeOf, openOwn, pause, random, say, started, store, task } from './child.mjs';

/** Of one writer: thousands of them share a disk. */
const PARTS = 20;

const writers = await Promise.all(
  task.lanes.map(async ({ lane, session, part }, index) => {
    const own = index === 0 ? store : await openOwn();
    return { lane, session, part, store: own, archive: new Archive(own, openKeySource()) };
  }),
);
await started();
await Promise.all(
  writers.flatMap((writer) => [
    count(writer, `counter/${writer.lane}`, 'own'),
    count(writer, 'counter/shared', 'shared'),
    createParts(writer),
    saveSession(writer),
  ]),
);

/** Each number has a body of another length. */
async function count({ store: own, lane }, key, what) {
  for (;;) {
    try {
      const found = await own.get(key);
      const number = found === undefined ? 1 : numberOf(found.body) + 1;
      await own.put(key, bodyOf(number), found === undefined ? { absent: true } : { etag: found.etag });
      say({ lane, [what]: number });
      // A store whose every answer is there at once would leave the others of this process no turn.
      await setImmediate();
    } catch (error) {
      await afterError(error);
    }
  }
}

async function createParts({ store: own, lane, part }) {
  const first = await nextPart(own, lane, part);
  for (let number = first; number < first + PARTS; number += 1) {
    try {
      await own.put(partKey(lane, number), bodyOf(number), { absent: true });
      say({ lane, part: number });
      if (number % 5 === 0) await own.remove(partKey(lane, number - 4));
    } catch (error) {
      await afterError(error);
    }
    await pause(2);
  }
}

/** After the last that stands, whoever made it: the lane before may have been killed before it said so. */
async function nextPart(own, lane, part) {
  let last = part;
  for (;;) {
    try {
      const after = last === 0 ? {} : { after: partKey(lane, last) };
      const { items } = await own.list(`part/${lane}/`, { ...after, limit: 100 });
      if (items.length === 0) return last + 1;
      last = Number(items.at(-1).key.split('/').at(-1));
    } catch (error) {
      await afterError(error);
    }
  }
}

async function saveSession({ archive, lane, session }) {
  for (;;) {
    try {
      const base = await revision(archive, session);
      const next = (base?.metadata.version ?? 0) + 1;
      const bytes = random.below(16) === 0 ? 2_500_000 : random.below(20_000);
      const state = stateOf(session, next, bytes, random);
      const { metadata } = await archive.save(state, base === undefined ? {} : { base: base.revision });
      say({ lane, version: metadata.version });
    } catch (error) {
      await afterError(error);
    }
  }
}

async function revision(archive, session) {
  try {
    return await archive.metadata(session);
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
