/** Random numbers that a seed repeats. Knows nothing of what they are for. */

/**
 * @typedef {object} Random
 * @property {() => number} next from 0 to below 1
 * @property {(limit: number) => number} below a whole number from 0 to below `limit`
 * @property {<T>(list: readonly T[]) => T} pick
 */

/** The same numbers for the same words: mulberry32 over FNV-1a. @param {...(string | number)} words @returns {Random} */
export function randomOf(...words) {
  let state = hash(words.join(' '));
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit) => Math.floor(next() * limit);
  return { next, below, pick: (list) => list[below(list.length)] };
}

function hash(text) {
  let value = 0x811c9dc5;
  for (const character of text) value = Math.imul(value ^ character.codePointAt(0), 0x01000193);
  return value >>> 0;
}
