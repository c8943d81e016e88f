/** The current majors that need Node.js 22: a child process under that Node opens them, and is told what to do. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { node22 } from '../node22/install.mjs';
import { missing } from '../browsers/available.mjs';
import { lockedVersionOf } from '../versions.mjs';
import { orEnd } from './drive.mjs';

const CHILD = fileURLToPath(new URL('node22-child.mjs', import.meta.url));
const END_MS = 5_000;

/** @param {{ name: string, label: string, through: string, framework: string, npmName: string, needs?: 'chromedriver' }} what @returns {import('./drive.mjs').Endpoint} */
function endpoint({ name, label, through, framework, npmName, needs }) {
  return {
    name,
    label,
    engine: 'chromium',
    through,
    framework: lockedVersionOf(npmName),
    missing: () => (needs === undefined ? undefined : missing(needs)),
    async open(options) {
      const child = new Child(await node22(), [framework, JSON.stringify(options)]);
      return orEnd(
        () => child.end(),
        async () => {
          await child.ask('open');
          return {
            goto: (url) => child.ask('goto', url),
            begin: (given) => child.ask('begin', given),
            capture: () => child.ask('capture'),
            restore: (id) => child.ask('restore', id),
            close: () => child.end(),
          };
        },
      );
    },
  };
}

/** Calls into the child. */
class Child {
  #lastId = 0;
  #waiting = new Map();

  /** @param {string} program a Node.js @param {string[]} args */
  constructor(program, args) {
    this.process = fork(CHILD, args, {
      execPath: program,
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.exited = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.on('message', (/** @type {any} */ { id, value, error }) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(value);
      else
        waiting?.reject(
          Object.assign(new Error(error.message), { code: error.code, report: { losses: error.losses ?? [] } }),
        );
    });
    const lose = () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the process of the framework ended'));
      this.#waiting.clear();
    };
    this.process.once('exit', lose).once('error', lose);
  }

  /** @param {string} verb @param {string} [argument] @returns {Promise<any>} */
  ask(verb, argument) {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.process.send({ id, verb, argument }, (error) => (error === null ? undefined : reject(error)));
    });
  }

  async end() {
    const timer = setTimeout(() => this.process.kill('SIGKILL'), END_MS);
    try {
      await this.ask('close').catch(() => undefined); // it may have ended by itself
      if (this.process.connected) this.process.disconnect();
      await this.exited;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** @type {import('./drive.mjs').Endpoint[]} */
export const node22Endpoints = [
  endpoint({
    name: 'stagehand-4',
    label: 'Stagehand 4, env LOCAL, Node.js 22',
    through: 'StagehandAdapter',
    framework: 'stagehand',
    npmName: '@browserbasehq/stagehand',
  }),
  endpoint({
    name: 'puppeteer-25',
    label: 'Puppeteer 25, Node.js 22',
    through: 'PuppeteerAdapter',
    framework: 'puppeteer',
    npmName: 'puppeteer-core',
  }),
  endpoint({
    name: 'selenium-4.49',
    label: 'Selenium 4.49, chromedriver, Node.js 22',
    through: 'SeleniumAdapter',
    framework: 'selenium',
    npmName: 'selenium-webdriver',
    needs: 'chromedriver',
  }),
];
