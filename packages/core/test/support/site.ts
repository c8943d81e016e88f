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

/** Nothing may run, load or be framed, as on the strictest of sites. */
const STRICT_POLICY =
  "default-src 'none'; script-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/** `window.worker` is a promise of what came of it. */
const WORKER = `<title>worker</title><script>
window.worker = Promise.resolve()
  .then(() => navigator.serviceWorker.register('/sw.js'))
  .then(() => navigator.serviceWorker.ready)
  .then(() => 'active', () => 'none');
</script>`;

/** Answers everything itself, with a page whose code notes that it ran, and where. */
const WORKER_SCRIPT = `
const page = '<title>by worker</title><script>localStorage.setItem("ran", location.pathname)</scr' + 'ipt>';
addEventListener('install', (event) => event.waitUntil(skipWaiting()));
addEventListener('activate', (event) => event.waitUntil(clients.claim()));
addEventListener('fetch', (event) => event.respondWith(new Response(page, { headers: { 'content-type': 'text/html' } })));
`;

type Headers = Record<string, string | string[]>;

interface Page {
  readonly html: string;
  readonly headers: Headers;
  readonly status?: number;
}

/** The pages that every host has. */
function pageOf(path: string, origin: (host: string) => string): Page {
  if (path === '/frames') return { html: FRAMES(origin), headers: {} };
  if (path === '/patched') return { html: PATCHED, headers: {} };
  if (path === '/strict')
    return { html: '<title>strict</title>', headers: { 'content-security-policy': STRICT_POLICY } };
  if (path === '/worker') return { html: WORKER, headers: {} };
  if (path === '/sw.js') return { html: WORKER_SCRIPT, headers: { 'content-type': 'text/javascript' } };
  return { html: '<title>a page</title>', headers: {} };
}

export interface TestSite {
  readonly port: number;
  readonly requests: string[];
  origin(host: string): string;
  /** Serves a page of the test's own at a path, on every host. */
  serve(path: string, html: string, headers?: Headers, status?: number): void;
  close(): Promise<void>;
}

export async function startSite(): Promise<TestSite> {
  const requests: string[] = [];
  const own = new Map<string, Page>();
  const origin = (host: string): string => `http://${host}:${(server.address() as AddressInfo).port}`;
  const server: Server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    if (path === '/favicon.ico') return void response.writeHead(404).end();
    requests.push(`${request.method} http://${request.headers.host}${request.url}`);
    const { html, headers, status = 200 } = own.get(path) ?? pageOf(path, origin);
    response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', ...headers }).end(html);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    origin,
    serve: (path, html, headers = {}, status = 200) => void own.set(path, { html, headers, status }),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
