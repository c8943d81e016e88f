/** A TCP proxy before a server, which can let a request through and cut the connection when the reply comes. */
import { createServer, connect } from 'node:net';
import { once } from 'node:events';

/**
 * @param {string} url of a store; gives the URL of the same store through the proxy
 */
export async function startProxy(url) {
  const target = new URL(url);
  const [port, host] = [Number(target.port), target.hostname];
  let armed = 0;
  let cuts = 0;
  const sockets = new Set();
  const server = createServer((client) => {
    const upstream = connect(port, host);
    const end = joined([client, upstream], sockets);
    client.on('data', (data) => upstream.write(data));
    upstream.on('data', (data) => {
      if (armed === 0) return client.write(data);
      armed -= 1;
      cuts += 1;
      return end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  target.port = String(/** @type {import('node:net').AddressInfo} */ (server.address()).port);
  target.hostname = '127.0.0.1';
  return {
    url: target.href,
    /** The next replies are not delivered, and their connections end. */
    arm: (times = 1) => {
      armed = times;
    },
    disarm: () => {
      armed = 0;
    },
    cuts: () => cuts,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Two that end together; `sockets` holds those that stand. Gives how to end them. */
function joined(pair, sockets) {
  const end = () => {
    for (const socket of pair) socket.destroy();
  };
  for (const socket of pair) {
    sockets.add(socket);
    socket.on('error', end).on('close', () => {
      sockets.delete(socket);
      end();
    });
  }
  return end;
}
