/**
 * Whether a concurrent history can be told as one operation after the other: the search of Wing and Gong ("Testing and Verifying
 * Concurrent Objects", 1993) with the memory of Lowe ("Testing for linearizability", 2017). Knows nothing of stores.
 */

/** More states than this are not looked at: the history is too long or too concurrent to be judged. */
const MAX_STATES = 2_000_000;

/**
 * What was called and answered, in one unit of a clock that only rises. `end` is Infinity where no answer came: such an operation may
 * take effect at any time after `start`, or never.
 *
 * @typedef {{ start: number, end: number }} Operation
 */

/**
 * @template {Operation} O
 * @typedef {object} Model
 * @property {State} initial
 * @property {(state: State, operation: O) => State | undefined} step the state after, or undefined where the answer does not fit the state.
 *   An operation without an answer fits every state.
 */

/** @typedef {string | number | null} State */

/**
 * The operations that can be placed in no order, with the state in which the longest order ended; undefined when all can.
 *
 * @template {Operation} O
 * @param {readonly O[]} history @param {Model<O>} model
 * @returns {{ placed: number, state: State, stuck: O[] } | undefined}
 */
export function findViolation(history, { initial, step }) {
  const list = eventsOf(history);
  const seen = new Set();
  /** @type {{ event: Event, before: State }[]} */
  const order = [];
  let [state, placed, open] = [initial, 0n, history.filter(({ end }) => end !== Infinity).length];
  let deepest = { placed: -1, state, stuck: /** @type {O[]} */ ([]) };
  for (let event = list.next; ;) {
    if (open === 0) return undefined;
    if (event?.isCall) {
      const after = step(state, history[event.index]);
      const isIdle = event.answer === undefined && after === state;
      const set = placed | (1n << BigInt(event.index));
      if (after !== undefined && !isIdle && isNew(seen, set, after)) {
        order.push({ event, before: state });
        [state, placed] = [after, set];
        if (event.answer !== undefined) open -= 1;
        lift(event);
        event = list.next;
      } else event = event.next;
      continue;
    }
    // An answer whose call has no place here, or the end of the list.
    if (order.length > deepest.placed) deepest = { placed: order.length, state, stuck: waiting(list, history) };
    const last = order.pop();
    if (last === undefined) return deepest;
    unlift(last.event);
    state = last.before;
    placed &= ~(1n << BigInt(last.event.index));
    if (last.event.answer !== undefined) open += 1;
    event = last.event.next;
  }
}

function isNew(seen, set, state) {
  const key = `${set.toString(36)} ${state}`;
  if (seen.has(key)) return false;
  if (seen.size === MAX_STATES)
    throw new Error(`a history has more than ${MAX_STATES} states to look at: make it shorter`);
  seen.add(key);
  return true;
}

/** @typedef {{ index: number, time: number, isCall: boolean, answer?: Event, before?: Event, next?: Event }} Event */

/** Calls and answers in the order of time; a call at the moment of an answer is taken as concurrent with it. */
function eventsOf(history) {
  /** @type {Event[]} */
  const events = [];
  for (const [index, { start, end }] of history.entries()) {
    const answer = end === Infinity ? undefined : { index, time: end, isCall: false };
    events.push({ index, time: start, isCall: true, answer }, ...(answer === undefined ? [] : [answer]));
  }
  events.sort((a, b) => a.time - b.time || Number(b.isCall) - Number(a.isCall));
  const head = /** @type {Event} */ ({ index: -1, time: -1, isCall: false });
  let before = head;
  for (const event of events) {
    [before.next, event.before] = [event, before];
    before = event;
  }
  return head;
}

function lift(call) {
  for (const event of [call, call.answer]) {
    if (event === undefined) continue;
    event.before.next = event.next;
    if (event.next !== undefined) event.next.before = event.before;
  }
}

function unlift(call) {
  for (const event of [call.answer, call]) {
    if (event === undefined) continue;
    event.before.next = event;
    if (event.next !== undefined) event.next.before = event;
  }
}

/** Calls up to the first answer that stands in the way. */
function waiting(list, history) {
  const stuck = [];
  for (let event = list.next; event !== undefined; event = event.next) {
    if (!event.isCall) return stuck;
    stuck.push(history[event.index]);
  }
  return stuck;
}
