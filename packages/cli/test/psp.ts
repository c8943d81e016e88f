/** Runs `psp` in child processes, with a store and a key of its own, and starts browsers and sites for it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findChromium, launchFlags } from '@psp/core';
import { afterAll, beforeAll } from 'vitest';
import { buildOneFile, type OneFile } from './one-file.js';

let program: OneFile;
beforeAll(async () => {
  program = await buildOneFile();
});
afterAll(() => program.remove());

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder with a store and a key. `psp` runs there. */
export class Home {
  readonly outputs: string[] = [];

  private constructor(readonly folder: string) {}

  static async make(): Promise<Home> {
    return new Home(await mkdtemp(join(tmpdir(), 'psp-cli-')));
  }

  get env(): Record<string, string> {
    const { PATH = '', PSP_BROWSER_FLAGS = '', PSP_BROWSER } = process.env;
    return {
      PATH,
      PSP_BROWSER_FLAGS,
      ...(PSP_BROWSER === undefined ? {} : { PSP_BROWSER }),
      HOME: this.folder,
      PSP_STORE: `file:${join(this.folder, 'store')}`,
      PSP_KEY_FILE: join(this.folder, 'key.json'),
    };
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** In a process group of its own, as a terminal starts it. */
  start(args: readonly string[], env: Record<string, string> = {}): Started {
    const child = spawn(process.execPath, [program.path, ...args], {
      cwd: this.folder,
      env: { ...this.env, ...env },
      detached: true,
    });
    return new Started(child, (outcome) => this.outputs.push(outcome.stdout, outcome.stderr));
  }

  async psp(args: readonly string[], options: { input?: string; env?: Record<string, string> } = {}): Promise<Outcome> {
    const started = this.start(args, options.env);
    started.child.stdin?.end(options.input ?? '');
    return started.ended;
  }

  /** The JSON document of a command that must succeed. */
  async json<T>(args: readonly string[], options: { input?: string } = {}): Promise<T> {
    const { code, stdout, stderr } = await this.psp([...args, '--json'], options);
    if (code !== 0) throw new Error(`psp ${args.join(' ')} ended with ${code}: ${stderr}`);
    return JSON.parse(stdout) as T;
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

export class Started {
  readonly ended: Promise<Outcome>;
  #stdout = '';
  #stderr = '';

  constructor(
    readonly child: ChildProcess,
    note: (outcome: Outcome) => void,
  ) {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text));
    this.ended = new Promise((resolve) => {
      child.once('close', (code) => {
        const outcome = { code, stdout: this.#stdout, stderr: this.#stderr };
        note(outcome);
        resolve(outcome);
      });
    });
  }

  /** Resolves once standard error says it; rejects when the process ends before. */
  async says(text: string): Promise<void> {
    let over = false;
    void this.ended.then(() => (over = true));
    await until(() => {
      if (over && !this.#stderr.includes(text)) throw new Error(`ended without "${text}": ${this.#stderr}`);
      return this.#stderr.includes(text);
    });
  }
}

/** Asks again until the answer is true. The test's own time limit ends it. */
export async function until(holds: () => boolean | Promise<boolean>, pauseMs = 50): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, pauseMs));
}

export interface RunningBrowser {
  /** `http://127.0.0.1:PORT` */
  readonly cdp: string;
  stop(): Promise<void>;
}

export async function startBrowser(): Promise<RunningBrowser> {
  const program = await findChromium();
  if (program === undefined) throw new Error('expected a Chromium, found none');
  const profile = await mkdtemp(join(tmpdir(), 'psp-profile-'));
  const args = [
    ...launchFlags(),
    '--headless',
    `--user-data-dir=${profile}`,
    '--remote-debugging-port=0',
    'about:blank',
  ];
  const child = spawn(program, args, { stdio: 'ignore' });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  let port = '';
  await until(async () => {
    port = (await readFile(join(profile, 'DevToolsActivePort'), 'utf8').catch(() => '')).split('\n')[0] ?? '';
    return port !== '';
  });
  const stop = async (): Promise<void> => {
    child.kill();
    await gone;
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  return { cdp: `http://127.0.0.1:${port}`, stop };
}

/** A tab of the browser at an address; resolves once the page has loaded. */
export async function openTab(cdp: string, url: string): Promise<string> {
  const { id } = (await (await fetch(`${cdp}/json/new?${url}`, { method: 'PUT' })).json()) as { id: string };
  await until(async () => {
    const tabs = (await (await fetch(`${cdp}/json/list`)).json()) as { id: string; title: string }[];
    return (
      tabs.find((tab) => tab.id === id)?.title === 'seeded' || tabs.find((tab) => tab.id === id)?.title === 'plain'
    );
  });
  return id;
}

export async function tabsOf(cdp: string): Promise<{ id: string; url: string; title: string; type: string }[]> {
  return (await (await fetch(`${cdp}/json/list`)).json()) as { id: string; url: string; title: string; type: string }[];
}

/** Each is searched for in every output. */
export const SECRETS = {
  cookie: 'canary-cookie-7f3a',
  local: 'canary-local-91bc',
  session: 'canary-session-44de',
  record: 'canary-record-e05f',
  subject: 'canary-subject-26aa',
  query: 'canary-query-1d77',
} as const;

const encoded = (claims: object): string => Buffer.from(JSON.stringify(claims)).toString('base64url');
export const JWT = `${encoded({ alg: 'none' })}.${encoded({ iss: 'https://issuer.example', sub: SECRETS.subject, exp: 4_000_000_000 })}.sig`;

const SEED = `<!doctype html><title>plain</title><script>
localStorage.setItem('token', ${JSON.stringify(SECRETS.local)});
localStorage.setItem('jwt', ${JSON.stringify(JWT)});
sessionStorage.setItem('step', ${JSON.stringify(SECRETS.session)});
const open = indexedDB.open('profile', 2);
open.onupgradeneeded = () => open.result.createObjectStore('users');
open.onsuccess = () => {
  const work = open.result.transaction('users', 'readwrite');
  work.objectStore('users').put({ name: ${JSON.stringify(SECRETS.record)}, since: new Date(0) }, 'me');
  work.oncomplete = () => { open.result.close(); document.title = 'seeded'; };
};
</script>`;

const SHOW = `<!doctype html><title>plain</title><script>
const open = indexedDB.open('profile');
open.onupgradeneeded = () => open.transaction.abort();
const tell = (record) => fetch('/tell', { method: 'POST', body: JSON.stringify({
  local: localStorage.getItem('token'), session: sessionStorage.getItem('step'), record }) });
open.onerror = () => tell(null);
open.onsuccess = () => {
  const get = open.result.transaction('users').objectStore('users').get('me');
  get.onsuccess = () => tell([get.result.name, get.result.since.getTime()]);
};
</script>`;

export interface Site {
  readonly origin: string;
  /** What the pages at /show found, the cookie header first. */
  readonly told: { cookie: string; local: string | null; session: string | null; record: unknown }[];
  close(): Promise<void>;
}

/** `/seed` logs in and fills every storage; `/show` tells the server what it finds, `/whoami` says whom the server sees. */
export async function startSite(): Promise<Site> {
  const told: Site['told'] = [];
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0];
    if (path === '/tell') {
      let body = '';
      request.on('data', (chunk) => (body += String(chunk)));
      request.on('end', () => {
        told.push({ cookie: request.headers.cookie ?? '', ...JSON.parse(body) });
        response.end();
      });
      return;
    }
    response.setHeader('content-type', 'text/html');
    if (path === '/seed') {
      response.setHeader('set-cookie', [
        `sid=${SECRETS.cookie}; HttpOnly; Path=/; Max-Age=86400`,
        'theme=dark; Path=/',
      ]);
    }
    const isKnown = request.headers.cookie?.includes(`sid=${SECRETS.cookie}`) === true;
    const greeting = `<!doctype html><title>plain</title>${isKnown ? 'welcome back' : 'please log in'}`;
    const pages: Record<string, string> = { '/seed': SEED, '/show': SHOW, '/whoami': greeting };
    response.end(pages[path ?? ''] ?? '<!doctype html><title>plain</title>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { origin, told, close };
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
