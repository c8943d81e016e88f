/** A client of Marionette, the automation port that Firefox has without any driver. One message: its length, a colon, JSON. */
import { connect } from 'node:net';

const COLON = 0x3a;

/** An error of the browser, in the form in which WebDriver passes it on. */
export class MarionetteError extends Error {
  /** @param {string} code @param {string} message @param {string} stacktrace */
  constructor(code, message, stacktrace = '') {
    super(message);
    this.code = code;
    this.stacktrace = stacktrace;
  }
}

export class MarionetteClient {
  #id = 0;
  #buffer = Buffer.alloc(0);
  #closed = false;
  /** @type {Map<number, { resolve(value: unknown): void, reject(error: Error): void }>} */
  #waiting = new Map();

  /** @param {import('node:net').Socket} socket @param {() => void} onHello */
  constructor(socket, onHello) {
    this.socket = socket;
    this.onHello = onHello;
    socket.on('data', (data) => this.#receive(data));
    socket.on('error', () => undefined); // 'close' follows
    socket.on('close', () => this.#lose());
  }

  /** Resolves once the browser has greeted. @param {number} port @returns {Promise<MarionetteClient>} */
  static open(port) {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('error', reject);
      const client = new MarionetteClient(socket, () => resolve(client));
    });
  }

  get closed() {
    return this.#closed;
  }

  /** Rejects with MarionetteError. @param {string} command @param {object} params @returns {Promise<any>} */
  send(command, params = {}) {
    if (this.#closed) return Promise.reject(gone());
    const id = ++this.#id;
    const message = Buffer.from(JSON.stringify([0, id, command, params]));
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.socket.write(Buffer.concat([Buffer.from(`${message.length}:`), message]));
    });
  }

  close() {
    this.socket.destroy();
  }

  /** @param {Buffer} data */
  #receive(data) {
    this.#buffer = Buffer.concat([this.#buffer, data]);
    for (;;) {
      const colon = this.#buffer.indexOf(COLON);
      if (colon < 0) return;
      const end = colon + 1 + Number(this.#buffer.subarray(0, colon));
      if (this.#buffer.length < end) return;
      const message = JSON.parse(String(this.#buffer.subarray(colon + 1, end)));
      this.#buffer = this.#buffer.subarray(end);
      this.#take(message);
    }
  }

  /** A reply is `[1, id, error, result]`; the greeting is an object. @param {any} message */
  #take(message) {
    if (!Array.isArray(message)) return this.onHello();
    const [, id, error, result] = message;
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === null) waiting?.resolve(result);
    else waiting?.reject(new MarionetteError(error.error, error.message, error.stacktrace));
  }

  #lose() {
    this.#closed = true;
    for (const { reject } of this.#waiting.values()) reject(gone());
    this.#waiting.clear();
  }
}

function gone() {
  return new MarionetteError('invalid session id', 'The browser closed the connection.');
}
