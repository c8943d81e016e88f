/** A disk that is full, rights that are lost, a server that refuses: nothing is changed by what was refused, all that was acknowledged stands, and afterwards all goes on. */
import { Archive, openKeySource, openStore } from '@psp/core';
import { newSessionId } from '@psp/protocol';
import { checkOrphans, TWO_DAYS_MS } from './losses.mjs';
import { randomOf } from './random.mjs';
import { numberOfState, stateOf } from './values.mjs';

/** Bytes of records: some fit on the rest of a disk, some need several parts. */
const SIZES = [200_000, 2_000_000, 100, 20_000, 0];
/** On a disk that is full but for some of it, a save may come half through. */
const LEFT_BYTES = 300_000;
/** A put that gave up may come to the server later. */
const OPEN = 'OUTCOME_UNKNOWN';

/**
 * @param {import('./backends.mjs').BackEnd} backEnd @param {import('./rigs.mjs').RigMaker} make
 * @param {{ seed: string, rounds: number, what: string }} options
 */
export async function runFault(backEnd, make, { seed, rounds, what }) {
  const rig = await make(backEnd);
  if (typeof rig === 'string') return { done: `left out: ${rig}`, problems: [] };
  const keys = openKeySource({ env: backEnd.env });
  await keys.ensureKey();
  const world = { rig, keys, random: randomOf(seed, backEnd.name, what), problems: [], refused: new Map(), saved: 0 };
  let store = await openStore(rig.url);
  try {
    const session = { id: newSessionId(), version: 0, base: undefined, unknown: 0 };
    await save(world, store, session, 1000);
    for (let round = 0; round < rounds && world.problems.length === 0; round += 1) {
      if (rig.reopens) await store.close();
      await rig.begin(round === 0 ? 0 : world.random.below(LEFT_BYTES));
      if (rig.reopens) store = await openStore(rig.url);
      for (const size of SIZES) await save(world, store, session, size, rig.codes);
      await check(world, store, session, rig.codes);
      if (rig.reopens) await store.close();
      await rig.end();
      if (rig.reopens) store = await openStore(rig.url);
      await check(world, store, session);
      await save(world, store, session, 1000);
    }
    await checkEnd(world, store, session);
  } finally {
    await store.close();
    await rig.close();
  }
  const refused = [...world.refused].map(([code, count]) => `${count} ${code}`).join(', ');
  if (world.refused.size === 0) world.problems.push('nothing was refused');
  return { done: `${rounds} times: ${world.saved} saves done, refused ${refused}`, problems: world.problems };
}

/** With `codes`: may be refused. @param {any} world @param {readonly string[]} [codes] */
async function save(world, store, session, size, codes = []) {
  const { keys, random, problems, refused } = world;
  const archive = new Archive(store, keys);
  try {
    const { id, base, version } = session;
    const state = stateOf(id, version + 1, size, random);
    const { metadata, revision } = await archive.save(state, base === undefined ? {} : { base });
    Object.assign(session, { version: metadata.version, base: revision });
    world.saved += 1;
  } catch (error) {
    const code = codeOf(error);
    refused.set(code, (refused.get(code) ?? 0) + 1);
    if (!codes.includes(code)) problems.push(`a save of ${size} bytes: ${code}: ${messageOf(error)}`);
    if (code === OPEN) session.unknown += 1;
  }
}

/** The newest version opens whole, and is the one that was acknowledged, or one of which nobody knew. With `codes`: or it cannot be read for now. @param {any} world @param {readonly string[]} [codes] */
async function check({ keys, problems }, store, session, codes = []) {
  try {
    const archive = new Archive(store, keys);
    const { revision, state, metadata } = await archive.open(session.id);
    const number = await numberOfState(state);
    const grown = metadata.version - session.version;
    if (number !== metadata.version) throw new Error(`version ${metadata.version} holds what was saved as ${number}`);
    if (grown < 0 || grown > session.unknown)
      throw new Error(`version ${session.version} was acknowledged, and ${metadata.version} stands`);
    Object.assign(session, { version: metadata.version, base: revision, unknown: 0 });
  } catch (error) {
    if (!codes.includes(codeOf(error))) problems.push(`what stands: ${messageOf(error)}`);
  }
}

async function checkEnd({ keys, problems }, store, session) {
  try {
    const archive = new Archive(store, keys);
    for (const { version } of await archive.versions(session.id))
      await numberOfState((await archive.open(session.id, { version })).state);
    await new Archive(store, keys, { nowMs: () => Date.now() + TWO_DAYS_MS }).sweep();
    await checkOrphans(store, archive, [{ session: session.id, version: session.version }]);
  } catch (error) {
    problems.push(`at the end: ${messageOf(error)}`);
  }
}

const codeOf = (error) => String(error.code ?? error);

const messageOf = (error) => (error instanceof Error ? error.message : String(error));
