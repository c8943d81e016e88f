// @ts-check
/** The process of the fake of Google Cloud Storage: `node main.mjs PORT FOLDER`, on loopback. */
import { createServer } from 'node:http';
import { answer } from './api.mjs';
import { Buckets } from './buckets.mjs';

const [port, folder = ''] = process.argv.slice(2);
const buckets = new Buckets(folder);

createServer((request, response) => {
  /** @type {Buffer[]} */
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    const url = new URL(request.url ?? '/', `http://${request.headers.host}`);
    const { method = 'GET', headers } = request;
    const reply = answer(buckets, { method, url, headers, body: Buffer.concat(parts) });
    response.writeHead(reply.status, reply.headers);
    response.end(reply.body);
  });
}).listen(Number(port), '127.0.0.1');
