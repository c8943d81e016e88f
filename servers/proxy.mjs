// @ts-check
/** Stands between a client and a server of this machine, and loses replies when told to. Knows nothing of what passes. */
import { connect, createServer } from 'node:net';

/** @typedef {import('node:net').Socket} Socket */

/**
 * @param {number} target port of the server
 * @returns {Promise<{ port: number, dropReplies(): void, stop(): Promise<void> }>} `dropReplies`: the next request of a connection that
 *   is open now reaches the server; instead of the reply the connection ends
 */
export async function startProxy(target) {
  /** @type {Set<Socket>} */
  const sockets = new Set();
  /** @type {Set<Socket>} */
  const dropping = new Set();
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    const end = () => {
      for (const socket of [client, upstream]) {
        socket.destroy();
        sockets.delete(socket);
      }
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', end).on('close', end);
    }
    client.pipe(upstream);
    upstream.on('data', (data) => (dropping.has(client) ? end() : client.write(data)));
  });
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', () => resolve(undefined)));
  return {
    port: /** @type {import('node:net').AddressInfo} */ (server.address()).port,
    dropReplies() {
      for (const socket of sockets) dropping.add(socket);
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
