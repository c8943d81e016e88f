/** What a register with compare-and-swap does, and what a lease does, as models for the search in linearize.mjs. */

/**
 * One key. Values are unique, `null` for an absent key. `answer`: `read` gives what it found; a swap `done`, `conflict`, or `unknown`.
 *
 * @typedef {import('./linearize.mjs').Operation & { kind: 'read' | 'swap', expected?: string | null, value: string | null,
 *   answer: 'done' | 'conflict' | 'unknown' }} RegisterOperation
 */

/** @type {import('./linearize.mjs').Model<RegisterOperation>} */
export const REGISTER = {
  initial: null,
  step(state, { kind, expected, value, answer }) {
    if (kind === 'read') return state === value ? state : undefined;
    const holds = state === expected;
    if (answer === 'unknown') return holds ? value : state;
    if (answer === 'conflict') return holds ? undefined : state;
    return holds ? value : undefined;
  },
};

/**
 * The lease of one session. A grant raises the fence; who has the newest may save, renew, and believe that it holds (`held`); a release
 * ends that. A refusal always fits: a lease may run out at any time.
 *
 * @typedef {import('./linearize.mjs').Operation & { kind: 'grant' | 'save' | 'renew' | 'held' | 'release', fence: number,
 *   answer: 'done' | 'refused' | 'unknown' }} LeaseOperation
 */

/** What is added to the fence of a lease that was given back: nobody has it, and the next is higher. */
const RELEASED = 0.5;

/** @type {import('./linearize.mjs').Model<LeaseOperation>} */
export const LEASE = {
  initial: 0,
  step(state, { kind, fence, answer }) {
    const newest = Number(state);
    if (answer === 'refused') return state;
    if (kind === 'grant') {
      if (answer === 'unknown') return Math.max(fence, newest);
      return fence > newest ? fence : undefined;
    }
    // Of a lease that is lost already, a release does nothing.
    if (kind === 'release') return fence === newest ? fence + RELEASED : state;
    return answer === 'unknown' || fence === newest ? state : undefined;
  },
};
