/** Which pairs a run does. Knows endpoints by name and engine only, and starts nothing. */

/** @typedef {{ name: string, engine: string }} Named */
/** @template {Named} E @typedef {[source: E, target: E]} PairOf */

/** Every source with every target. @template {Named} E @param {readonly E[]} endpoints @returns {PairOf<E>[]} */
export function allPairs(endpoints) {
  return endpoints.flatMap((source) => endpoints.map((target) => /** @type {PairOf<E>} */ ([source, target])));
}

/** The first endpoint of each way in and engine. @template {Named & { through: string }} E @param {readonly E[]} endpoints @returns {E[]} */
export function oneOfEach(endpoints) {
  const first = new Map();
  for (const endpoint of endpoints) {
    const key = `${endpoint.through} ${endpoint.engine}`;
    if (!first.has(key)) first.set(key, endpoint);
  }
  return [...first.values()];
}

/**
 * Few pairs, in which every endpoint is a source and a target at least once, and every pair of engines occurs. The same for the
 * same endpoints.
 *
 * @template {Named} E @param {readonly E[]} endpoints @returns {PairOf<E>[]}
 */
export function shortPairs(endpoints) {
  const sources = new Set(endpoints);
  const targets = new Set(endpoints);
  const engines = [...new Set(endpoints.map(({ engine }) => engine))];
  /** @type {PairOf<E>[]} */
  const pairs = [];
  const add = (source, target) => {
    pairs.push([source, target]);
    sources.delete(source);
    targets.delete(target);
  };
  // Those that are still needed come first; the last ones, so that the same endpoint is seldom both.
  const choose = (wanted, needed, engine) =>
    [...needed].filter((it) => it.engine === engine).at(wanted) ?? endpoints.find((it) => it.engine === engine);
  for (const from of engines) for (const to of engines) add(choose(0, sources, from), choose(-1, targets, to));
  for (const source of [...sources])
    add(source, [...targets].findLast((target) => target !== source) ?? [...targets][0] ?? endpoints[0]);
  for (const target of [...targets]) add(endpoints.find((source) => source !== target) ?? target, target);
  return pairs;
}
