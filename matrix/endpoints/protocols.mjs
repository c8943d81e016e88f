/** The little of each browser protocol that a user without a framework needs: begin a session, go to a page. */
import WebSocket from 'ws';

/** Calls over a socket, by CDP or by WebDriver BiDi. */
export class SocketClient {
  #socket;
  #lastId = 0;
  #waiting = new Map();

  /** Use `open`. @param {WebSocket} socket */
  constructor(socket) {
    this.#socket = socket;
    socket.on('message', (data) => {
      const { id, result, error, message } = JSON.parse(String(data));
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(result);
      else waiting?.reject(new Error(message ?? error.message));
    });
    socket.on('close', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the connection was closed'));
    });
  }

  /** @param {string} url */
  static async open(url) {
    const socket = new WebSocket(url, { perMessageDeflate: false });
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    return new SocketClient(socket);
  }

  /** @param {string} method @param {object} [params] @returns {Promise<any>} */
  send(method, params = {}) {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }

  async close() {
    const closed = new Promise((resolve) => this.#socket.once('close', resolve));
    this.#socket.close();
    await closed;
  }
}

/** A session of classic WebDriver by plain HTTP. */
export class HttpSession {
  /** Use `begin`. @param {string} url @param {string} id @param {Record<string, any>} capabilities */
  constructor(url, id, capabilities) {
    this.url = url;
    this.id = id;
    this.capabilities = capabilities;
  }

  /** @param {string} url of the server @param {object} capabilities */
  static async begin(url, capabilities) {
    const { sessionId, capabilities: found } = await call('POST', `${url}/session`, {
      capabilities: { alwaysMatch: capabilities },
    });
    return new HttpSession(url, sessionId, found);
  }

  /** @param {string} url */
  goto(url) {
    return call('POST', `${this.url}/session/${this.id}/url`, { url });
  }

  end() {
    return call('DELETE', `${this.url}/session/${this.id}`);
  }
}

async function call(method, url, body) {
  const json =
    body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const response = await fetch(url, { method, ...json });
  const { value } = /** @type {any} */ (await response.json());
  if (!response.ok) throw new Error(`${value.error}: ${value.message}`);
  return value;
}
