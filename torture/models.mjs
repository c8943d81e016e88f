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
 * The fencing of one session: a grant raises the fence, and a save with a lower one is never done.
 *
 * @typedef {import('./linearize.mjs').Operation & { kind: 'grant' | 'save', fence: number, answer: 'done' | 'refused' | 'unknown' }} LeaseOperation
 */

/** @type {import('./linearize.mjs').Model<LeaseOperation>} */
export const LEASE = {
  initial: 0,
  step(state, { kind, fence, answer }) {
    const fence0 = Number(state);
    if (answer === 'refused') return state;
    if (kind === 'save') return answer === 'unknown' || fence === fence0 ? state : undefined;
    if (answer === 'unknown') return Math.max(fence, fence0);
    return fence > fence0 ? fence : undefined;
  },
};
