/** Clients of users that drive browsers without any of our code: curl, programs in Python, and a bare WebDriver BiDi client. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import WebSocket from 'ws';
import { find } from '../../../matrix/browsers/available.mjs';

/** A WebDriver session that is driven by curl: one process for each command. */
export class CurlSession {
  private constructor(
    readonly server: string,
    readonly id: string,
  ) {}

  static async begin(server: string, capabilities: object): Promise<CurlSession> {
    const body = { capabilities: { alwaysMatch: capabilities } };
    const { sessionId } = await curl<{ sessionId: string }>('POST', `${server}/session`, body);
    return new CurlSession(server, sessionId);
  }

  /** How psp is told of it. */
  get address(): string[] {
    return ['--webdriver', this.server, '--session-id', this.id];
  }

  async open(url: string): Promise<void> {
    await this.send('POST', '/url', { url });
  }

  url(): Promise<string> {
    return this.send('GET', '/url');
  }

  windows(): Promise<string[]> {
    return this.send('GET', '/window/handles');
  }

  run<T>(script: string): Promise<T> {
    return this.send('POST', '/execute/sync', { script, args: [] });
  }

  async end(): Promise<void> {
    await this.send('DELETE', '');
  }

  send<T>(method: string, path: string, body?: object): Promise<T> {
    return curl<T>(method, `${this.server}/session/${this.id}${path}`, body);
  }
}

async function curl<T>(method: string, url: string, body?: object): Promise<T> {
  const data = body === undefined ? [] : ['--header', 'content-type: application/json', '--data', JSON.stringify(body)];
  const { stdout } = await promisify(execFile)('curl', [
    '--silent',
    '--max-time',
    '50',
    '--request',
    method,
    ...data,
    url,
  ]);
  const { value } = JSON.parse(stdout) as { value: T & { error?: string; message?: string } };
  if (value?.error !== undefined)
    throw new Error(`${method} ${new URL(url).pathname}: ${value.error}: ${value.message}`);
  return value;
}

/** A program in Python that prints facts as lines of JSON, and goes on at each line that it gets. */
export class PythonProgram {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  #errors = '';

  constructor(file: string, args: readonly string[]) {
    const path = new URL(`python/${file}`, import.meta.url).pathname;
    this.#child = spawn(find('python-selenium') ?? 'python3', [path, ...args]);
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#errors += text));
    this.#lines = createInterface(this.#child.stdout!)[Symbol.asyncIterator]();
  }

  async told<T>(): Promise<T> {
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error(`the program ended without a word: ${this.#errors}`);
    return JSON.parse(value) as T;
  }

  goOn(): void {
    this.#child.stdin?.write('\n');
  }

  /** Lets it come to its end, in which it closes its browser. */
  async end(): Promise<void> {
    const ended = this.#child.exitCode === null ? once(this.#child, 'exit') : undefined;
    this.#child.stdin?.end('\n\n');
    await ended;
  }
}

/** A bare client of WebDriver BiDi, with a session of its own. */
export class BidiClient {
  #id = 0;

  private constructor(readonly socket: WebSocket) {}

  /** Rejects with the browser's words when it takes no further session. */
  static async connect(address: string): Promise<BidiClient> {
    const socket = new WebSocket(`${address}/session`);
    await once(socket, 'open');
    const client = new BidiClient(socket);
    try {
      await client.send('session.new', { capabilities: {} });
    } catch (error) {
      socket.terminate();
      throw error;
    }
    return client;
  }

  send<T = unknown>(method: string, params: object = {}): Promise<T> {
    const id = ++this.#id;
    return new Promise((resolve, reject) => {
      const hear = (data: WebSocket.RawData): void => {
        const reply = JSON.parse(String(data)) as { id?: number; result: T; error?: string; message?: string };
        if (reply.id !== id) return;
        this.socket.off('message', hear);
        if (reply.error === undefined) resolve(reply.result);
        else reject(new Error(`${method}: ${reply.error}: ${reply.message}`));
      };
      this.socket.on('message', hear);
      this.socket.send(JSON.stringify({ id, method, params }));
    });
  }

  /** The addresses of the tabs, in no order. */
  async tabs(): Promise<{ context: string; url: string }[]> {
    return (await this.send<{ contexts: { context: string; url: string }[] }>('browsingContext.getTree')).contexts;
  }

  async open(url: string, context?: string): Promise<string> {
    const tab = context ?? (await this.tabs())[0]?.context ?? '';
    await this.send('browsingContext.navigate', { context: tab, url, wait: 'complete' });
    return tab;
  }

  async run<T>(context: string, expression: string): Promise<T> {
    const reply = await this.send<{ result: { value: T } }>('script.evaluate', {
      expression,
      target: { context },
      awaitPromise: true,
    });
    return reply.result.value;
  }

  async end(): Promise<void> {
    await this.send('session.end');
    this.socket.terminate();
  }
}
