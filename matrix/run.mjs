/** One run of the matrix: logs in and captures with a source once, restores into a target, and has the application judge. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Archive, openKeySource, openStore } from '@psp/core';
import { startMatrixApp } from './app.mjs';
import { judge } from './judge.mjs';
import { inTime } from './time.mjs';

/** @typedef {import('./endpoints/drive.mjs').Endpoint} Endpoint */
/** @typedef {import('./endpoints/drive.mjs').Handle} Handle */

/**
 * @typedef {object} Captured What a source gave, kept for all targets.
 * @property {string} endpoint
 * @property {string} [id] of the session, absent when it failed
 * @property {string[]} expected ids of items that the source itself was seen to hold before the capture
 * @property {Record<string, string>} absent ids of the others, with what the source showed
 * @property {string[]} altered ids of items that the source stored and showed otherwise, without PSP
 * @property {import('./judge.mjs').Loss[]} losses of the capture
 * @property {string} browser engine and version, as the session tells it
 * @property {string} reason why it is not good, empty when it is
 * @property {number} durationMs of the capture alone
 */

/**
 * @typedef {object} Pair
 * @property {string} source
 * @property {string} target
 * @property {boolean} good
 * @property {string} reason
 * @property {string[]} equal
 * @property {string[]} lost
 * @property {string[]} limits
 * @property {import('./judge.mjs').Loss[]} losses of the restore
 * @property {number} durationMs of the restore alone
 */

const OPEN_MS = 60_000;
const STEP_MS = 60_000;
const CLOSE_MS = 20_000;

export class MatrixRun {
  /** @type {Map<string, Promise<Captured>>} */
  #captured = new Map();
  /** By endpoint. @type {Map<string, import('./app/logins.mjs').Login>} */
  #logins = new Map();
  /** Use `start`. @param {import('./app.mjs').MatrixApp} app @param {string} folder */
  constructor(app, folder) {
    this.app = app;
    this.folder = folder;
    this.options = { storage: `file:${folder}/store`, keyFile: join(folder, 'key'), onNotice: () => undefined };
  }

  /** Starts the application, and makes a new store. */
  static async start() {
    return new MatrixRun(await startMatrixApp(), await mkdtemp(join(tmpdir(), 'psp-matrix-')));
  }

  async close() {
    await this.app.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** The session of a source, captured at the first call. Never rejects. @param {Endpoint} source @returns {Promise<Captured>} */
  captured(source) {
    let captured = this.#captured.get(source.name);
    if (captured === undefined) {
      captured = this.#capture(source);
      this.#captured.set(source.name, captured);
    }
    return captured;
  }

  /** Never rejects: what goes wrong makes a pair that is not good. @param {Endpoint} source @param {Endpoint} target @returns {Promise<Pair>} */
  async pair(source, target) {
    const names = { source: source.name, target: target.name };
    const nothing = { equal: [], lost: [], limits: [], losses: [], durationMs: 0 };
    const captured = await this.captured(source);
    if (captured.reason !== '') return { ...names, ...nothing, good: false, reason: `source: ${captured.reason}` };
    try {
      return { ...names, ...(await this.#within(target, (handle) => this.#restore(captured, target, handle))) };
    } catch (error) {
      return {
        ...names,
        ...nothing,
        good: false,
        reason: words(error),
        losses: /** @type {any} */ (error)?.report?.losses ?? [],
      };
    }
  }

  async #capture(source) {
    const nothing = {
      endpoint: source.name,
      expected: [],
      absent: {},
      altered: [],
      losses: [],
      browser: source.engine,
      durationMs: 0,
    };
    try {
      return await this.#within(source, async (handle) => {
        await inTime(handle.begin(source.name), STEP_MS, 'createSession');
        const { login, report: before } = await this.#logIn(handle);
        this.#logins.set(source.name, login);
        const { id, losses, durationMs } = await inTime(handle.capture(), STEP_MS, 'capture');
        const after = await this.#look(handle, login);
        const browser = await this.#browserOf(id);
        const captured = { endpoint: source.name, id, losses, durationMs, browser, expected: before.equal };
        return {
          ...captured,
          absent: { ...login.refused, ...before.wrong },
          altered: Object.keys(before.wrong),
          reason: disturbance(before, after),
        };
      });
    } catch (error) {
      return { ...nothing, reason: words(error) };
    }
  }

  async #restore(captured, target, handle) {
    const { losses, durationMs } = await inTime(handle.restore(captured.id), STEP_MS, 'restore');
    const report = await this.#look(handle, this.#logins.get(captured.endpoint));
    const facts = { expected: captured.expected, report, losses: [...captured.losses, ...losses], urls: this.app.urls };
    const verdict = judge({ ...facts, limits: [] });
    if (verdict.good) return { ...verdict, losses, durationMs };
    // A login in a fresh browser of this very kind may look the same: then the browser is the limit.
    const { altered } = await this.captured(target);
    return { ...judge({ ...facts, limits: altered }), losses, durationMs };
  }

  async #logIn(handle) {
    const { login, url } = this.app.begin();
    await this.#visit(handle, url, login.seeded.promise);
    return { login, report: await this.#look(handle, login) };
  }

  /** What the browser holds of a login. */
  async #look(handle, login) {
    const { check, url } = this.app.check(login);
    return this.#visit(handle, url, check.report);
  }

  /** The pages go on by themselves, which some frameworks take for an interruption: what counts is what the server hears. */
  async #visit(handle, url, heard) {
    let failure = '';
    handle.goto(url).catch((error) => (failure = `; going there: ${words(error)}`));
    try {
      return await inTime(heard, STEP_MS, 'the page');
    } catch (error) {
      throw new Error(`${words(error)}${failure}`, { cause: error });
    }
  }

  async #within(endpoint, work) {
    const handle = await inTime(endpoint.open(this.options), OPEN_MS, 'the start of the browser');
    try {
      return await work(handle);
    } finally {
      await inTime(handle.close(), CLOSE_MS, 'the end of the browser').catch((error) =>
        console.warn(`${endpoint.name}: ${words(error)}`),
      );
    }
  }

  async #browserOf(id) {
    const keys = openKeySource({ keyFile: this.options.keyFile, onNotice: () => undefined });
    const { state } = await new Archive(await openStore(this.options.storage), keys).open(id);
    const { engine, browserVersion = '' } = state.document.source;
    return `${engine} ${browserVersion}`.trim();
  }
}

/** A capture must change nothing that the user has. */
function disturbance(before, after) {
  const changed = before.equal.filter((id) => !after.equal.includes(id));
  return changed.length === 0 ? '' : `the capture changed ${changed.join(', ')}`;
}

/** The first line, without what a framework adds. */
function words(error) {
  const text = error instanceof Error ? error.message : String(error);
  return `${error?.code === undefined ? '' : `${error.code}: `}${text.split('\n')[0]}`.slice(0, 400);
}
