/** An HTTP proxy before a cloud's server, which can answer in its place, or lose the reply to what it let through. Knows nothing of any cloud. */
import { Agent, createServer, request } from 'node:http';
import { once } from 'node:events';

/** @typedef {import('node:http').IncomingMessage} IncomingMessage */
/** @typedef {import('node:http').ServerResponse} ServerResponse */

const isWrite = (/** @type {IncomingMessage} */ { method }) => method === 'PUT' || method === 'POST';

/** @param {string} url of a store with an endpoint; gives the URL of the same store through the proxy */
export async function startHttpProxy(url) {
  const target = new URL(url);
  const endpoint = new URL(target.searchParams.get('endpoint'));
  const faults = new Faults();
  const agent = new Agent({ keepAlive: true });
  const through = { host: endpoint.hostname, port: endpoint.port, agent };
  const server = createServer((from, to) => serve(from, to, through, faults.next(from)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  endpoint.host = `127.0.0.1:${port}`;
  target.searchParams.set('endpoint', endpoint.href.replace(/\/$/, ''));
  return {
    url: target.href,
    /** The replies to the next writes are not delivered, and their connections end. */
    arm: (times = 1) => faults.set({ left: times, status: 0, ofAll: false }),
    /** The next requests, or writes alone, get this status instead and go no further. @param {number} status */
    answer: (status, { times = Infinity, ofAll = false } = {}) => faults.set({ left: times, status, ofAll }),
    disarm: () => faults.set({ left: 0, status: 0, ofAll: false }),
    cuts: () => faults.cuts,
    async close() {
      agent.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** What is done to the next requests: a status that answers them, 0 for a reply that is lost. */
class Faults {
  cuts = 0;
  #fault = { left: 0, status: 0, ofAll: false };

  set(fault) {
    this.#fault = fault;
  }

  /** Undefined for a request that passes. @param {IncomingMessage} request */
  next(request) {
    if (this.#fault.left === 0 || !(this.#fault.ofAll || isWrite(request))) return undefined;
    this.#fault.left -= 1;
    if (this.#fault.status === 0) this.cuts += 1;
    return this.#fault.status;
  }
}

/** @param {IncomingMessage} from @param {ServerResponse} to @param {object} through @param {number | undefined} fault */
function serve(from, to, through, fault) {
  if (fault === undefined) pass(from, through, (reply) => reply.pipe(to.writeHead(reply.statusCode, reply.headers)));
  else if (fault !== 0) from.resume().on('end', () => to.writeHead(fault, { 'content-length': '0' }).end());
  else
    pass(from, through, (reply) => {
      reply.resume();
      from.socket.destroy();
    });
}

/** @param {IncomingMessage} from @param {object} through @param {(reply: IncomingMessage) => void} answered */
function pass(from, through, answered) {
  const { method, url: path, headers } = from;
  // The proxy has told the client to go on by itself.
  const { expect: _expect, ...others } = headers;
  const upstream = request({ ...through, method, path, headers: others });
  upstream.on('response', answered).on('error', () => from.socket.destroy());
  from.on('error', () => upstream.destroy());
  from.pipe(upstream);
}
