/** A site for tests: the same pages on every host name, and a note of each request. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

const FRAMES = (origin: (host: string) => string): string => `<title>frames</title>
<iframe srcdoc="inherits"></iframe>
<iframe sandbox srcdoc="opaque"></iframe>
<iframe src="${origin('below.a.localhost')}/"></iframe>
<iframe src="${origin('third.localhost')}/"></iframe>`;

/** Spoils what careless tools would call in the page. */
const PATCHED = `<title>patched</title><script>
localStorage.setItem('k', 'v');
JSON.stringify = () => 'spoiled';
Storage.prototype.getItem = () => 'spoiled';
Promise.prototype.then = undefined;
</script>`;

export interface TestSite {
  readonly port: number;
  readonly requests: string[];
  origin(host: string): string;
  /** Serves a page of the test's own at a path, on every host. */
  serve(path: string, html: string, headers?: Record<string, string | string[]>): void;
  close(): Promise<void>;
}

export async function startSite(): Promise<TestSite> {
  const requests: string[] = [];
  const own = new Map<string, { html: string; headers: Record<string, string | string[]> }>();
  const origin = (host: string): string => `http://${host}:${(server.address() as AddressInfo).port}`;
  const server: Server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    if (path === '/favicon.ico') return void response.writeHead(404).end();
    requests.push(`${request.method} http://${request.headers.host}${request.url}`);
    const page = own.get(path);
    const html =
      page?.html ?? (path === '/frames' ? FRAMES(origin) : path === '/patched' ? PATCHED : '<title>a page</title>');
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', ...page?.headers }).end(html);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    origin,
    serve: (path, html, headers = {}) => void own.set(path, { html, headers }),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
