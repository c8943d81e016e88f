/**
 * Leases in the memory of one process, right, or wrong in one way each, to show that the judge of leases would see it. As much of an
 * archive as holder.mjs uses.
 */
import { PspError } from '@psp/protocol';

export const LEASE_BUGS = ['none', 'double grant', 'save of a stale holder', 'fence that goes back'];

const tick = () => new Promise((resolve) => setTimeout(resolve, 1));

/** The one session of this process. */
const box = { fence: 0, isFree: true, untilMs: 0, version: 0, grants: 0, refusals: 0 };

/** For each holder. @param {string} bug */
export function leasesWith(bug) {
  return {
    metadata: async () => (await tick(), { revision: box.version }),
    lease: (/** @type {string} */ _id, /** @type {{ ttlMs: number }} */ { ttlMs }) => grant(bug, ttlMs),
    save: (/** @type {unknown} */ _state, /** @type {{ lease: { fence: number } }} */ { lease }) =>
      save(bug, lease.fence),
  };
}

async function grant(bug, ttlMs) {
  const isOver = () => box.isFree || performance.now() > box.untilMs;
  while (!isOver()) await tick();
  await tick();
  if (!isOver() && bug !== 'double grant') return grant(bug, ttlMs);
  box.grants += 1;
  // Two that saw it free at one moment get the same.
  if (isOver()) box.fence += bug === 'fence that goes back' && box.grants % 5 === 0 ? -1 : 1;
  [box.isFree, box.untilMs] = [false, performance.now() + ttlMs];
  return leaseOf(box.fence, ttlMs, box.untilMs);
}

function leaseOf(fence, ttlMs, firstUntilMs) {
  let untilMs = firstUntilMs;
  const isNewest = () => box.fence === fence && !box.isFree;
  return {
    fence,
    get isHeld() {
      return isNewest() && performance.now() < untilMs;
    },
    onLost: () => () => undefined,
    async renew() {
      await tick();
      if (!isNewest()) throw new PspError('LEASE_LOST', 'somebody else has it');
      [untilMs, box.untilMs] = [performance.now() + ttlMs, performance.now() + ttlMs];
    },
    async release() {
      await tick();
      if (isNewest()) box.isFree = true;
    },
  };
}

async function save(bug, fence) {
  await tick();
  if (box.fence !== fence || box.isFree) {
    box.refusals += 1;
    if (bug !== 'save of a stale holder' || box.refusals % 3 !== 0)
      throw new PspError('FENCED', 'there is a newer lease');
  }
  box.version += 1;
  await tick();
}
