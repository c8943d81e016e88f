/** Passes HTTP on to a server, and cuts the connection after a reply has come, before the client sees it. */
import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface CuttingProxy {
  /** `http://127.0.0.1:PORT`. */
  readonly origin: string;
  /** For each request in turn: whether its reply is lost. Looked at once the server has answered. */
  cut: (asked: IncomingMessage, status: number) => boolean | Promise<boolean>;
  /** Of all requests so far: `PUT 412`. */
  readonly seen: string[];
  close(): Promise<void>;
}

/** The `Host` of the client stays: signatures have it. */
export async function cuttingProxy(target: string): Promise<CuttingProxy> {
  const { hostname, port } = new URL(target);
  const server = createServer((asked, replied) => {
    const { method, url, headers } = asked;
    const onward = request({ hostname, port, method, path: url, headers });
    onward.once('response', (answer) => void passBack(asked, answer, replied));
    onward.on('error', () => asked.socket.destroy());
    asked.pipe(onward);
  }).listen(0, '127.0.0.1');
  const passBack = async (asked: IncomingMessage, answer: IncomingMessage, replied: ServerResponse): Promise<void> => {
    const status = answer.statusCode ?? 0;
    const body = await buffer(answer);
    proxy.seen.push(`${asked.method} ${status}`);
    if (await proxy.cut(asked, status)) asked.socket.destroy();
    else replied.writeHead(status, answer.headers).end(body);
  };
  await once(server, 'listening');
  const proxy: CuttingProxy = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut: () => false,
    seen: [],
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return proxy;
}
