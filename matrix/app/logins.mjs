/** What the login application knows of its logins and checks. It is the judge: what a browser holds is compared here. */
import { randomBytes } from 'node:crypto';
import { FIXED_IDS, LOGIN_IDS } from './items.mjs';

/**
 * @typedef {object} Report What a browser was found to hold at one check.
 * @property {boolean} loggedIn the server saw the session cookie and the token of this login
 * @property {string[]} expected ids of the items that the login set up
 * @property {string[]} equal ids of those that are as they were set up
 * @property {Record<string, string>} wrong ids of the others, each with what was found instead
 */

const random = () => randomBytes(18).toString('base64url');

/** One login: secrets of its own for each item, and what became of it. */
export class Login {
  run = random();
  code = random();
  secrets = Object.fromEntries(FIXED_IDS.map((id) => [id, random()]));
  /** @type {string[]} */
  stored = [];
  /** Values that the browser's own IndexedDB would not take, in its own words. @type {Record<string, string>} */
  refused = {};
  /** @type {{ promise: Promise<void>, resolve: () => void }} */
  seeded = deferred();
}

/** One look at a browser, at any time after a login, by anybody who claims to hold it. */
export class Check {
  run = random();
  /** What arrived, by item, or in words (which have spaces) how it must not have arrived. @type {Map<string, string | null | undefined>} */
  #found = new Map();
  /** @type {Record<string, string>} */
  #wrong = {};
  /** @type {{ promise: Promise<Report>, resolve: (report: Report) => void, reject: (error: Error) => void }} */
  #done = deferred();

  /** @param {Login} login the one that is expected */
  constructor(login) {
    this.login = login;
  }

  /** @returns {Promise<Report>} once both origins were looked at */
  get report() {
    return this.#done.promise;
  }

  /** @param {string} id @param {string | null | undefined} value */
  found(id, value) {
    if (value !== undefined && value !== null) this.#found.set(id, value);
  }

  /** @param {Record<string, string>} wrong as the page found the databases */
  databases(wrong) {
    this.#wrong = wrong;
  }

  /** @returns {Report} */
  finish() {
    const { secrets, stored } = this.login;
    const missing = FIXED_IDS.filter((id) => this.#found.get(id) !== secrets[id]);
    const words = missing.map((id) => [id, found(this.#found.get(id))]);
    const wrong = { ...Object.fromEntries(words), ...this.#wrong };
    const expected = [...FIXED_IDS, ...stored];
    const equal = expected.filter((id) => !Object.hasOwn(wrong, id));
    const loggedIn = LOGIN_IDS.every((id) => equal.includes(id));
    const report = { loggedIn, expected, equal, wrong };
    this.#done.resolve(report);
    return report;
  }

  /** @param {string} reason */
  fail(reason) {
    this.#done.reject(new Error(`the check page failed: ${reason}`));
  }
}

/** In words: a value that nobody set is not told, as it may be a secret of another login. @param {string | undefined} value */
function found(value) {
  if (value === undefined) return 'absent';
  return value.includes(' ') ? value : 'another value';
}

/** @returns {any} */
function deferred() {
  const it = {};
  const promise = new Promise((resolve, reject) => Object.assign(it, { resolve, reject }));
  promise.catch(() => undefined); // whoever waits for it is told
  return Object.assign(it, { promise });
}
