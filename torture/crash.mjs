/** Kills writers, and servers, at random moments, and looks whether anything that was acknowledged is lost or torn. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Archive, openKeySource, openStore } from '@psp/core';
import { newSessionId } from '@psp/protocol';
import { startActor } from './processes.mjs';
import { randomOf } from './random.mjs';
import { numberOf, numberOfState, partKey } from './values.mjs';

const LANES = 3;
/** After the first word of a process. */
const KILL_WITHIN_MS = 40;
/** Every fourth is killed after it saved a version, which takes it longer than that. */
const SAVES_EVERY = 4;
const SILENT_MS = 30_000;
const TWO_DAYS_MS = 2 * 24 * 3_600_000;

/**
 * What was acknowledged to one line of writers, each the heir of the one that was killed before.
 *
 * @typedef {{ name: string, session: string, own: number, part: number, acknowledged: number[], version: number, shared: number, kills: number }} Lane
 */

/**
 * @param {import('./backends.mjs').BackEnd} backEnd
 * @param {{ programs: string, seed: string, kills: number, serverKills: number }} options
 */
export async function runCrashes(backEnd, { programs, seed, kills, serverKills }) {
  const keys = openKeySource({ env: backEnd.env });
  await keys.ensureKey();
  const store = await openStore(undefined, backEnd.env);
  const world = {
    backEnd,
    programs,
    seed,
    store,
    archive: new Archive(store, keys),
    problems: /** @type {string[]} */ ([]),
  };
  const lanes = Array.from({ length: LANES }, (_, index) => newLane(`lane-${index}`));
  try {
    await Promise.all(lanes.map((lane, index) => killWriters(world, lane, Math.ceil((kills - index) / LANES))));
    for (let kill = 0; kill < serverKills && world.problems.length === 0; kill += 1)
      await killServer(world, lanes, kill);
    await checkEnd(world, lanes, keys);
  } finally {
    await store.close();
  }
  if (backEnd.name === 'fs') await checkScratch(backEnd.env, world.problems);
  const sum = (what) => lanes.reduce((total, lane) => total + lane[what], 0);
  const done = `${sum('kills')} writers killed, ${serverKills} servers, ${sum('own') + sum('shared')} swaps, ${sum('part')} creates, ${sum('version')} versions`;
  return { done, problems: world.problems };
}

const newLane = (name) => ({
  name,
  session: newSessionId(),
  own: 0,
  part: 0,
  /** @type {number[]} */
  acknowledged: [],
  version: 0,
  shared: 0,
  kills: 0,
});

/** The next writer starts while the one before still works, and waits for its word to begin. */
async function killWriters(world, lane, kills) {
  const random = randomOf(world.seed, world.backEnd.name, lane.name);
  let next = kills > 0 ? startWriter(world, lane) : undefined;
  for (let kill = 0; kill < kills && world.problems.length === 0; kill += 1) {
    const writer = next;
    await writer.ready;
    const heard = firstWord(writer, kill % SAVES_EVERY === 0 ? 'version' : undefined);
    writer.go();
    if (!(await heard)) {
      world.problems.push(await silence(lane, writer));
      return;
    }
    next = kill + 1 < kills ? startWriter(world, lane) : undefined;
    await pause(random.below(KILL_WITHIN_MS));
    await endWriter(world, lane, writer);
    await checkLane(world, lane);
  }
  next?.send('SIGKILL');
  await next?.ended;
}

/** The writers live through it. */
async function killServer(world, lanes, number) {
  const random = randomOf(world.seed, world.backEnd.name, 'server', number);
  const writers = lanes.map((lane) => startWriter(world, lane));
  await Promise.all(writers.map(({ ready }) => ready));
  const heard = writers.map((writer) => firstWord(writer));
  for (const { go } of writers) go();
  await Promise.all(heard);
  await pause(random.below(200));
  await world.backEnd.server.kill();
  await pause(random.below(100));
  await world.backEnd.server.restart();
  const again = await Promise.all(writers.map((writer) => firstWord(writer, 'version')));
  for (const [index, lane] of lanes.entries()) {
    if (!again[index]) world.problems.push(await silence(lane, writers[index]));
    await endWriter(world, lane, writers[index]);
    await checkLane(world, lane);
  }
}

function startWriter({ backEnd, programs, seed }, { name, session, part, kills }) {
  const task = { lane: name, session, part, seed: `${seed} ${name} ${kills}`, name, expected: ['NOT_FOUND'] };
  return startActor(join(programs, 'writer.mjs'), backEnd.env, task);
}

/** Whether it acknowledged something from now on, or what is asked for. */
function firstWord(writer, what) {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), SILENT_MS);
    const answer = (value) => {
      clearTimeout(timer);
      resolve(value);
    };
    writer.hear((line) => {
      if (what === undefined ? line.code === undefined && line.unexpected === undefined : line[what] !== undefined)
        answer(true);
    });
    void writer.ended.then(() => answer(false));
  });
}

async function endWriter(world, lane, writer) {
  writer.send('SIGKILL');
  await writer.ended;
  lane.kills += 1;
  for (const line of writer.said) {
    if (line.unexpected !== undefined) world.problems.push(`${lane.name}: ${line.unexpected}`);
    if (line.shared !== undefined) lane.shared += 1;
    if (line.part !== undefined) lane.acknowledged.push(line.part);
    for (const what of ['own', 'part', 'version']) if (line[what] !== undefined) lane[what] = line[what];
  }
}

async function silence(lane, writer) {
  writer.send('SIGKILL');
  const { words } = await writer.ended;
  const last = writer.said.slice(-3).map((line) => JSON.stringify(line));
  return `${lane.name}: a writer got nothing done in ${SILENT_MS / 1000} s, and said ${last.join(' ')} ${words.trim().slice(-500)}`;
}

/** What the killed writer had acknowledged stands; what it had under way stands as a whole or not at all. */
async function checkLane(world, lane) {
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

async function checkEnd({ backEnd, store, archive, problems }, lanes, keys) {
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
async function checkOrphans(store, archive, lanes) {
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
async function checkScratch(env, problems) {
  const store = await openStore(undefined, env);
  await store.probe();
  const left = await readdir(join(env.PSP_STORE.slice('file:'.length), '.tmp'));
  await store.close();
  if (left.length > 0)
    problems.push(`${left.length} temporary files are left after the next start: ${left.slice(0, 3).join(', ')}`);
}

const wordsOf = (error) => (error instanceof Error ? error.message : String(error));

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
