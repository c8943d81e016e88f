/** What must stand after writers were killed: all that was acknowledged, nothing torn, and no orphan after a sweep. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Archive, openStore } from '@psp/core';
import { newSessionId } from '@psp/protocol';
import { numberOf, numberOfState, partKey } from './values.mjs';

export const TWO_DAYS_MS = 2 * 24 * 3_600_000;

/**
 * What was acknowledged to one line of writers, each the heir of the one that was killed before.
 *
 * @typedef {{ name: string, session: string, own: number, part: number, acknowledged: number[], version: number, shared: number, kills: number }} Lane
 */

/** @param {string} name @returns {Lane} */
export const newLane = (name) => ({
  name,
  session: newSessionId(),
  own: 0,
  part: 0,
  acknowledged: [],
  version: 0,
  shared: 0,
  kills: 0,
});

/** Notes what a writer of the lane said that has been killed. @param {Lane} lane @param {readonly any[]} lines */
export function noteKill(lane, lines) {
  lane.kills += 1;
  for (const line of lines) {
    if (line.shared !== undefined) lane.shared += 1;
    if (line.part !== undefined) lane.acknowledged.push(line.part);
    for (const what of ['own', 'part', 'version']) if (line[what] !== undefined) lane[what] = line[what];
  }
}

/** What the killed writer had acknowledged stands; what it had under way stands as a whole or not at all. */
export async function checkLane(world, lane) {
  try {
    const found = await world.store.get(`counter/${lane.name}`);
    lane.own = oneMore('the counter', lane.own, found === undefined ? 0 : numberOf(found.body));
    await checkParts(world, lane);
    await checkSession(world, lane);
  } catch (error) {
    world.problems.push(`${lane.name}, after ${lane.kills} kills: ${wordsOf(error)}`);
  }
}

/**
 * One operation of each kind may have been done without its acknowledgement; and a server may do that of a writer that was killed before
 * after it was looked for.
 */
function oneMore(what, acknowledged, found) {
  if (found < acknowledged || found > acknowledged + 2)
    throw new Error(`${what} was acknowledged as ${acknowledged}, and is ${found}`);
  return found;
}

/** Those since the last look. Every fifth was removed again; a number whose put failed was left out. */
async function checkParts({ store }, lane) {
  const standing = new Set();
  const first = Math.min(...lane.acknowledged, Infinity);
  for await (const { key } of first === Infinity
    ? []
    : keysOf(store, `part/${lane.name}/`, partKey(lane.name, first - 1))) {
    const value = await store.get(key);
    // Its removal was under way when its writer was killed.
    if (value === undefined) continue;
    const number = numberOf(value.body);
    if (partKey(lane.name, number) !== key) throw new Error(`${key} holds the value ${number}`);
    standing.add(number);
  }
  const lost = lane.acknowledged.filter((number) => number % 5 !== 1 && !standing.has(number));
  if (lost.length > 0) throw new Error(`parts were acknowledged, and are gone: ${lost.join(', ')}`);
  lane.acknowledged = [];
  lane.part = Math.max(lane.part, ...standing);
}

async function checkSession({ archive }, lane) {
  const found = await archive.metadata(lane.session).catch((error) => {
    if (error.code === 'NOT_FOUND') return undefined;
    throw error;
  });
  lane.version = oneMore('the version of the session', lane.version, found?.metadata.version ?? 0);
  if (found !== undefined) await checkVersion(archive, lane, lane.version);
}

async function checkVersion(archive, lane, version) {
  const { state } = await archive.open(lane.session, { version });
  const number = await numberOfState(state);
  if (number !== version) throw new Error(`version ${version} of the session holds what was saved as ${number}`);
}

/** The whole of it, once nobody writes any more. */
export async function checkEnd({ backEnd, store, archive, problems }, lanes, keys) {
  try {
    for (const lane of lanes.filter(({ version }) => version > 0)) {
      const versions = (await archive.versions(lane.session)).map(({ version }) => version);
      const expected = Array.from({ length: versions.length }, (_, index) => lane.version - index);
      if (versions.length < Math.min(lane.version, 10) || versions.join() !== expected.join())
        throw new Error(`${lane.name} has the versions ${versions.join(', ')} of ${lane.version}`);
      for (const version of versions) await checkVersion(archive, lane, version);
    }
    const shared = await store.get('counter/shared');
    const least = lanes.reduce((sum, lane) => sum + lane.shared, 0);
    const most = least + lanes.reduce((sum, lane) => sum + lane.kills, 0);
    const number = shared === undefined ? 0 : numberOf(shared.body);
    if (number < least || number > most)
      throw new Error(`the shared counter is ${number}, expected ${least} to ${most}`);
    const later = new Archive(store, keys, { nowMs: () => Date.now() + TWO_DAYS_MS });
    await later.sweep();
    await checkOrphans(store, archive, lanes);
  } catch (error) {
    problems.push(`${backEnd.name}, at the end: ${wordsOf(error)}`);
  }
}

/** After a sweep two days later only what the heads name is left. */
export async function checkOrphans(store, archive, lanes) {
  for (const { session } of lanes.filter(({ version }) => version > 0)) {
    const versions = (await archive.versions(session)).length;
    const { items } = await store.list(`m/${session}/`, { limit: 1000 });
    if (items.length !== versions) throw new Error(`${items.length} manifests for ${versions} versions`);
    const writes = new Set();
    for await (const { key } of keysOf(store, `b/${session}/`)) writes.add(key.split('/')[2]);
    if (writes.size !== versions) throw new Error(`parts of ${writes.size} saves for ${versions} versions`);
  }
}

async function* keysOf(store, prefix, from) {
  for (let after = from, more = true; more;) {
    const page = await store.list(prefix, { ...(after === undefined ? {} : { after }), limit: 100 });
    yield* page.items;
    after = page.next;
    more = after !== undefined;
  }
}

/** The next start sweeps what the killed ones left. */
export async function checkScratch(env, problems) {
  const store = await openStore(undefined, env);
  await store.probe();
  const left = await readdir(join(env.PSP_STORE.slice('file:'.length), '.tmp'));
  await store.close();
  if (left.length > 0)
    problems.push(`${left.length} temporary files are left after the next start: ${left.slice(0, 3).join(', ')}`);
}

const wordsOf = (error) => (error instanceof Error ? error.message : String(error));
