/** Stands between psp and a browser, and tells of each command before it passes: the moment to interrupt, or to make psp wait. */
import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import WebSocket, { WebSocketServer } from 'ws';

export interface Relay {
  readonly address: string;
  close(): Promise<void>;
}

/** Gives false for a command that is never to arrive. `command` is a BiDi method, or `POST /url` and the like of WebDriver. */
export type Watch = (command: string) => boolean;

/** For WebDriver BiDi. */
export async function relayBidi(address: string, watch: Watch): Promise<Relay> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const ups = new Set<WebSocket>();
  server.on('connection', (down, { url = '/' }) => {
    const up = new WebSocket(`${address}${url}`);
    ups.add(up);
    const open = once(up, 'open');
    down.on('message', (data) => {
      const text = String(data);
      if (watch((JSON.parse(text) as { method: string }).method)) void open.then(() => up.send(text));
    });
    down.on('close', () => up.terminate());
    up.on('message', (data) => down.send(String(data)));
    up.on('close', () => down.terminate());
  });
  const close = async (): Promise<void> => {
    for (const socket of [...server.clients, ...ups]) socket.terminate();
    await new Promise((resolve) => server.close(resolve));
  };
  return { address: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

/** For classic WebDriver. */
export async function relayWebDriver(address: string, watch: Watch): Promise<Relay> {
  const server = createServer((incoming, response) => {
    const command = `${incoming.method} ${(incoming.url ?? '').replace(/^\/session\/[^/]+/, '')}`;
    if (watch(command)) pass(address, incoming, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

function pass(address: string, incoming: IncomingMessage, response: ServerResponse): void {
  const { method, headers } = incoming;
  const onward = request(`${address}${incoming.url}`, { method, headers }, (reply) => {
    response.writeHead(reply.statusCode ?? 500, reply.headers);
    reply.pipe(response);
  });
  onward.on('error', () => response.destroy());
  incoming.pipe(onward);
}
