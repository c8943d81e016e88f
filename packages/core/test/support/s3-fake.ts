/** A fake of S3 with the habits of servers that are not at hand: enough of it to open a store, and no more. Checks no signatures. */
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface S3Habits {
  /** How `If-Match` must be written: AWS takes it with quotes. */
  readonly isQuoted?: boolean;
  readonly ignores?: 'if-match' | 'if-none-match';
  /** Answers to the next puts, in their order: `409 ConditionalRequestConflict`. */
  readonly answers?: string[];
  readonly isReversed?: boolean;
  /** When every object was written, as a list tells. */
  readonly modified?: string;
}

/** Serves until the end of the test. Gives the URL of a store in it. */
export async function s3Fake(habits: S3Habits, onEnd: (end: () => void) => void): Promise<string> {
  const objects = new Map<string, { body: Buffer; etag: string }>();
  const answer = async (asked: IncomingMessage, reply: ServerResponse): Promise<unknown> => {
    const body = await buffer(asked);
    const { pathname, searchParams } = new URL(asked.url ?? '/', 'http://s3');
    const found = objects.get(pathname);
    const fail = (line: string): unknown =>
      reply.writeHead(Number(line.slice(0, 3))).end(`<Error><Code>${line.slice(4)}</Code></Error>`);
    if (searchParams.has('list-type')) return reply.end(listOf(objects, searchParams, habits));
    if (asked.method === 'DELETE') {
      objects.delete(pathname);
      return reply.writeHead(204).end();
    }
    if (asked.method === 'GET') {
      if (found === undefined) return fail('404 NoSuchKey');
      return reply.writeHead(200, { etag: `"${found.etag}"` }).end(found.body);
    }
    const next = habits.answers?.shift();
    if (next !== undefined) return fail(next);
    if (!holds(asked.headers, found?.etag, habits)) return fail('412 PreconditionFailed');
    const etag = createHash('md5').update(body).digest('hex');
    objects.set(pathname, { body, etag });
    return reply.writeHead(200, { etag: `"${etag}"` }).end();
  };
  // A bucket of its own: what was found out of a store is remembered by its URL, and ports return.
  const bucket = `bucket-${randomUUID()}`;
  const server = createServer((asked, reply) => void answer(asked, reply)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onEnd(() => server.close().closeAllConnections());
  const { port } = server.address() as AddressInfo;
  return `s3://key:secret@${bucket}/prefix?endpoint=http://127.0.0.1:${port}`;
}

function holds(
  headers: IncomingHttpHeaders,
  etag: string | undefined,
  { isQuoted = true, ignores }: S3Habits,
): boolean {
  const { 'if-match': match, 'if-none-match': none } = headers;
  if (none !== undefined && ignores !== 'if-none-match' && etag !== undefined) return false;
  return (
    match === undefined || ignores === 'if-match' || (etag !== undefined && match === (isQuoted ? `"${etag}"` : etag))
  );
}

function listOf(
  objects: Map<string, { etag: string; body: Buffer }>,
  query: URLSearchParams,
  { isReversed = false, modified = new Date().toISOString() }: S3Habits,
): string {
  const found = [...objects].map(([path, object]) => ({ name: path.replace(/^\/[^/]*\//, ''), ...object }));
  const wanted = found.filter(({ name }) => name.startsWith(query.get('prefix') ?? ''));
  wanted.sort((a, b) => (a.name < b.name === isReversed ? 1 : -1));
  const rows = wanted.map(({ name, etag, body }) => {
    const about = `<Key>${name}</Key><ETag>"${etag}"</ETag><Size>${body.length}</Size><LastModified>${modified}</LastModified>`;
    return `<Contents>${about}</Contents>`;
  });
  return `<ListBucketResult>${rows.join('')}<IsTruncated>false</IsTruncated></ListBucketResult>`;
}
