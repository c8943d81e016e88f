/** A connection to a server that breaks when a reply is under way: what was asked is done, and nobody learns of it. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface CutProxy {
  /** The URL of the server, by way of this proxy. */
  readonly url: string;
  /** From now on the connection breaks in place of the first chunk from the server for which `isReply` says so. */
  cutAt(isReply: (chunk: Buffer) => boolean): void;
  close(): Promise<void>;
}

export async function startCutProxy(serverUrl: string): Promise<CutProxy> {
  const target = new URL(serverUrl);
  const sockets = new Set<Socket>();
  let isReply: ((chunk: Buffer) => boolean) | undefined;
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      // Either end may break: the other is ended below.
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    }
    client.on('data', (chunk) => upstream.write(chunk)).on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
    upstream.on('data', (chunk) => {
      if (isReply?.(chunk) !== true) return void client.write(chunk);
      isReply = undefined;
      client.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(serverUrl);
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    cutAt: (wanted) => (isReply = wanted),
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
