/** Whether a pair is good: logged in as the server sees it, and every kind of state equal or named in a loss. Starts nothing. */
import { itemOf } from './app/items.mjs';

/** @typedef {{ code: string, kind: string, origin?: string, item?: string, detail?: string, advice?: string }} Loss */
/** @typedef {import('./app/logins.mjs').Report} Report */

/**
 * @typedef {object} Verdict
 * @property {boolean} good
 * @property {string[]} equal ids of items that came through
 * @property {string[]} lost ids of items that a loss names
 * @property {string[]} limits ids of values that the target's own pages cannot keep either, as measured there
 * @property {Record<string, string>} unexplained ids of the others, each with what was found
 * @property {string} reason why it is not good, empty when it is
 */

/** Losses that say that something may be missing without knowing what. */
const GENERAL = {
  'cookies-may-be-missing': ['cookie'],
  'origins-may-be-missing': ['localStorage', 'indexedDB'],
};
/** Kinds that a browser may fail to keep by itself: a value that it alters, caches that it holds in memory. */
const LIMITED = new Set(['indexedDB', 'cache']);
/** Losses of an origin as a whole. */
const WHOLE_ORIGIN = new Set(['origin-failed', 'origin-timeout', 'origin-not-open', 'origin-skipped']);
/** These say how a cookie that stands is otherwise, which is no word about one that is absent. */
const STANDS = new Set(['cookie-attributes-dropped']);

/**
 * @param {object} pair
 * @param {string[]} pair.expected ids of items that the source itself was seen to hold
 * @param {Report} pair.report of the target after the restore
 * @param {Loss[]} pair.losses of capture and restore
 * @param {string[]} pair.limits ids of items that a login in the target itself shows otherwise too
 * @param {Record<'app' | 'id' | 'widget', string>} pair.urls origins of the application
 * @returns {Verdict}
 */
export function judge({ expected, report, losses, limits, urls }) {
  const equal = expected.filter((id) => report.equal.includes(id));
  const missing = expected.filter((id) => !equal.includes(id));
  const lost = missing.filter((id) => losses.some((loss) => names(loss, itemOf(id), urls)));
  const ownLimits = missing.filter((id) => !lost.includes(id) && limits.includes(id) && LIMITED.has(itemOf(id).kind));
  const rest = missing.filter((id) => !lost.includes(id) && !ownLimits.includes(id));
  const unexplained = Object.fromEntries(rest.map((id) => [id, report.wrong[id] ?? 'absent']));
  const reasons = [
    ...(report.loggedIn ? [] : ['not logged in']),
    ...Object.entries(unexplained).map(([id, found]) => `${itemOf(id).label}: ${found}, and no loss names it`),
  ];
  return { good: reasons.length === 0, equal, lost, limits: ownLimits, unexplained, reason: reasons.join('; ') };
}

/** @param {Loss} loss @param {import('./app/items.mjs').Item} item @param {Record<string, string>} urls */
export function names(loss, item, urls) {
  if (STANDS.has(loss.code)) return false;
  const isHere = loss.origin === undefined || loss.origin === urls[item.site];
  if (GENERAL[loss.code] !== undefined) {
    // What stood open at the capture is not among what may be missing, unless the loss says so.
    const mayMean = loss.origin === undefined ? item.site !== 'app' : isHere;
    return mayMean && GENERAL[loss.code].includes(item.kind);
  }
  if (WHOLE_ORIGIN.has(loss.code)) return loss.origin === urls[item.site] && item.kind !== 'cookie';
  if (loss.kind === 'tab') return item.kind === 'sessionStorage';
  if (loss.kind !== item.kind || !isHere) return false;
  if (loss.item === undefined) return item.kind !== 'cookie';
  // A cookie is named with its place: `session (app.example/)`.
  if (item.kind === 'cookie') return loss.item === item.path || loss.item.startsWith(`${item.path} (`);
  return item.path === loss.item || item.path.startsWith(`${loss.item}/`) || isKeyOf(loss.item, item);
}

/** A loss of one record of a store counts for a structure that stands for the store as a whole. */
function isKeyOf(lossItem, item) {
  return item.letter === 'K' && lossItem.startsWith(`${item.path}/`);
}
