/** Connections that are cut when the reply to a put comes: what was put is settled to exactly one value, and a save to one version. */
import { Archive, openKeySource, openStore } from '@psp/core';
import { newSessionId } from '@psp/protocol';
import { startHttpProxy } from './http-proxy.mjs';
import { startProxy } from './proxy.mjs';
import { randomOf } from './random.mjs';
import { numberOfState, stateOf } from './values.mjs';

/** Where an endpoint is named beside the bucket. */
const CLOUD = /^(?:s3|gs|azure):/;
/** Replies that are lost in turn: a client that tries again loses the next, too. */
const LOST_REPLIES = [1, 1, 1, 1, 2, 8];
/** What a save whose reply is lost may say. */
const TOLD = new Set(['OUTCOME_UNKNOWN', 'STORE_UNAVAILABLE']);

/**
 * @param {import('./backends.mjs').BackEnd} backEnd with a server
 * @param {{ seed: string, saves: number }} options
 */
export async function runCuts(backEnd, { seed, saves }) {
  const random = randomOf(seed, backEnd.name, 'cuts');
  const url = backEnd.env.PSP_STORE;
  const proxy = await (CLOUD.test(url) ? startHttpProxy(url) : startProxy(url));
  const keys = openKeySource({ env: backEnd.env });
  await keys.ensureKey();
  const direct = await openStore(undefined, backEnd.env);
  const store = await openStore(proxy.url);
  const world = { proxy, random, problems: /** @type {string[]} */ ([]) };
  try {
    const archive = new Archive(cutting(store, proxy, random), keys);
    const done = await saveThroughCuts(world, archive, new Archive(direct, keys), saves);
    await checkConflicts(store, direct, proxy, world.problems);
    if (proxy.cuts() === 0) world.problems.push('no connection was cut');
    return { done: `${proxy.cuts()} replies cut, ${done}`, problems: world.problems };
  } finally {
    await Promise.allSettled([store.close(), direct.close()]);
    await proxy.close();
  }
}

/** Each save adds one version when it says so, and at most one when it says that it does not know. */
async function saveThroughCuts({ proxy, random, problems }, archive, sure, saves) {
  const session = newSessionId();
  const counts = { saved: 0, unknown: 0, settled: 0 };
  let base = (await sure.save(stateOf(session, 1, 100, random))).revision;
  for (let save = 0, version = 1; save < saves && problems.length === 0; save += 1) {
    const before = proxy.cuts();
    const code = await outcome(archive.save(stateOf(session, version + 1, random.below(5000), random), { base }));
    proxy.disarm();
    const now = await sure.metadata(session);
    const grown = now.metadata.version - version;
    const number = await numberOfState((await sure.open(session)).state);
    if ((code === 'done' ? grown !== 1 : !TOLD.has(code) || grown > 1 || grown < 0) || number !== now.metadata.version)
      problems.push(`save ${save} said ${code}, ${grown} versions were added, and what stands was saved as ${number}`);
    counts[code === 'done' ? 'saved' : 'unknown'] += 1;
    if (code === 'done' && proxy.cuts() > before) counts.settled += 1;
    [base, version] = [now.revision, now.metadata.version];
  }
  return `${counts.saved} saves done (${counts.settled} of them settled), ${counts.unknown} told as unknown`;
}

/** About every third put loses its reply. */
function cutting(store, proxy, random) {
  return new Proxy(store, {
    get(target, name) {
      const value = target[name];
      if (typeof value !== 'function') return value;
      if (name !== 'put') return value.bind(target);
      return (...put) => {
        if (random.below(3) === 0) proxy.arm(random.pick(LOST_REPLIES));
        return target.put(...put);
      };
    },
  });
}

/** A put that was done is never told as a CONFLICT: a client that repeats it by itself would be refused by its own value. */
async function checkConflicts(store, direct, proxy, problems) {
  for (let number = 0; number < 10; number += 1) {
    const key = `cut/${newSessionId()}`;
    // A connection of before may have ended with the last cut; this one is good.
    await outcome(store.get(key));
    proxy.arm();
    const code = await outcome(store.put(key, Buffer.from('cut'), { absent: true }));
    proxy.disarm();
    const stands = (await direct.get(key)) !== undefined;
    if (code === 'CONFLICT' && stands) {
      problems.push('a put whose reply was cut was done, and was told as CONFLICT');
      return;
    }
    if (code === 'done' && !stands) problems.push('a put that was acknowledged is not there');
    if (code === 'STORE_UNAVAILABLE' && stands) problems.push('a put that was done was told as never sent');
  }
}

const outcome = (operation) =>
  operation.then(
    () => 'done',
    (error) => String(error.code ?? error),
  );
