/** Kills writers, and servers, at random moments, and looks whether anything that was acknowledged is lost or torn. */
import { join } from 'node:path';
import { Archive, openKeySource, openStore } from '@psp/core';
import { checkEnd, checkLane, checkScratch, newLane, noteKill } from './losses.mjs';
import { startActor } from './processes.mjs';
import { randomOf } from './random.mjs';

/** @typedef {import('./losses.mjs').Lane} Lane */

/** Processes that write at the same time. */
const TEAMS = 2;
/** Writers in each process, which one signal kills: to start Node takes longer than all that they do. */
const WRITERS = 3;
/** After the first word of a process. */
const KILL_WITHIN_MS = 40;
/** Every fourth is killed after it saved a version, which takes it longer than that. */
const SAVES_EVERY = 4;
/** On a machine that is very busy. */
const SILENT_MS = 120_000;

/**
 * @param {import('./backends.mjs').BackEnd} backEnd
 * @param {{ programs: string, seed: string, kills: number, serverKills: number, untilMs: number }} options
 */
export async function runCrashes(backEnd, { programs, seed, kills, serverKills, untilMs }) {
  const keys = openKeySource({ env: backEnd.env });
  await keys.ensureKey();
  const store = await openStore(undefined, backEnd.env);
  const archive = new Archive(store, keys);
  const world = { backEnd, programs, seed, untilMs, store, archive, problems: /** @type {string[]} */ ([]) };
  const teams = Array.from({ length: TEAMS }, (_, team) =>
    Array.from({ length: WRITERS }, (_each, writer) => newLane(`lane-${team}-${writer}`)),
  );
  const rounds = Math.ceil(kills / WRITERS);
  const lanes = teams.flat();
  let restarts = 0;
  try {
    await Promise.all(teams.map((team, index) => killTeam(world, team, Math.ceil((rounds - index) / TEAMS))));
    for (; restarts < serverKills && !isOver(world); restarts += 1) await killServer(world, teams, restarts);
    await checkEnd(world, lanes, keys);
  } finally {
    await store.close();
  }
  if (backEnd.name === 'fs') await checkScratch(backEnd.env, world.problems);
  const sum = (what) => lanes.reduce((total, lane) => total + lane[what], 0);
  const killed = `${sum('kills')} writers killed, ${WRITERS} at once, ${restarts} servers`;
  const done = `${killed}, ${sum('own') + sum('shared')} swaps, ${sum('part')} creates, ${sum('version')} versions`;
  return { done, problems: world.problems };
}

const isOver = ({ problems, untilMs }) => problems.length > 0 || performance.now() > untilMs;

/** The next process starts while the one before still works, and waits for its word to begin. */
async function killTeam(world, team, kills) {
  const random = randomOf(world.seed, world.backEnd.name, team[0].name);
  let next = kills > 0 ? startTeam(world, team) : undefined;
  for (let kill = 0; kill < kills && next !== undefined; kill += 1) {
    const actor = next;
    await actor.ready;
    const heard = heardOf(actor, kill % SAVES_EVERY === 0 ? 'version' : undefined, 1);
    actor.go();
    if (!(await heard)) {
      world.problems.push(await silence(team, actor));
      return;
    }
    next = kill + 1 < kills && !isOver(world) ? startTeam(world, team) : undefined;
    await pause(random.below(KILL_WITHIN_MS));
    await endTeam(world, team, actor);
  }
  next?.send('SIGKILL');
  await next?.ended;
}

/** The writers live through it. */
async function killServer(world, teams, number) {
  const random = randomOf(world.seed, world.backEnd.name, 'server', number);
  const actors = teams.map((team) => startTeam(world, team));
  await Promise.all(actors.map(({ ready }) => ready));
  const heard = actors.map((actor) => heardOf(actor, undefined, WRITERS));
  for (const { go } of actors) go();
  await Promise.all(heard);
  await pause(random.below(200));
  await world.backEnd.server.kill();
  await pause(random.below(100));
  await world.backEnd.server.restart();
  const again = await Promise.all(actors.map((actor) => heardOf(actor, 'version', WRITERS)));
  for (const [index, team] of teams.entries()) {
    if (!again[index]) world.problems.push(await silence(team, actors[index]));
    await endTeam(world, team, actors[index]);
  }
}

/** @param {any} world @param {readonly Lane[]} team */
function startTeam({ backEnd, programs, seed }, team) {
  const [{ name, kills }] = team;
  const lanes = team.map(({ name: lane, session, part }) => ({ lane, session, part }));
  const task = { lanes, seed: `${seed} ${name} ${kills}`, name, expected: ['NOT_FOUND'] };
  return startActor(join(programs, 'writer.mjs'), backEnd.env, task);
}

/** Whether so many of its writers acknowledged something from now on, or what is asked for. */
function heardOf(actor, what, writers) {
  const heard = new Set();
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), SILENT_MS);
    const answer = (value) => {
      clearTimeout(timer);
      resolve(value);
    };
    actor.hear((line) => {
      if (what === undefined ? line.code !== undefined || line.unexpected !== undefined : line[what] === undefined)
        return;
      heard.add(line.lane);
      if (heard.size === writers) answer(true);
    });
    void actor.ended.then(() => answer(false));
  });
}

async function endTeam(world, team, actor) {
  actor.send('SIGKILL');
  await actor.ended;
  for (const { unexpected } of actor.said) if (unexpected !== undefined) world.problems.push(unexpected);
  for (const lane of team) {
    noteKill(
      lane,
      actor.said.filter((line) => line.lane === lane.name),
    );
    await checkLane(world, lane);
  }
}

async function silence([{ name }], actor) {
  actor.send('SIGKILL');
  const { words } = await actor.ended;
  const last = actor.said.slice(-3).map((line) => JSON.stringify(line));
  return `${name}: writers got nothing done in ${SILENT_MS / 1000} s, and said ${last.join(' ')} ${words.trim().slice(-500)}`;
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
