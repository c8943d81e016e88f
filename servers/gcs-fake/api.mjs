// @ts-check
/** The part of the JSON API that clients of objects use: https://cloud.google.com/storage/docs/json_api/v1. Asks for no credentials. */
import { refusal } from './preconditions.mjs';
import { failed, json, REASONS } from './replies.mjs';
import { startUpload, uploadPart } from './uploads.mjs';

/** @typedef {import('./buckets.mjs').Buckets} Buckets */
/** @typedef {import('./replies.mjs').Reply} Reply */
/** @typedef {{ method: string, url: URL, headers: import('node:http').IncomingHttpHeaders, body: Buffer }} Request */
/** @typedef {(buckets: Buckets, request: Request, place: { bucket: string, name: string }) => Reply} Route */

const MAX_PAGE = 1000;

/** @type {readonly (readonly [method: string, path: RegExp, Route])[]} */
const ROUTES = [
  ['POST', /^\/storage\/v1\/b$/, makeBucket],
  [
    'GET',
    /^\/storage\/v1\/b\/([^/]+)$/,
    (_buckets, _request, { bucket }) => json(200, { kind: 'storage#bucket', name: bucket }),
  ],
  ['GET', /^\/storage\/v1\/b\/([^/]+)\/o$/, list],
  ['GET', /^\/(?:download\/)?storage\/v1\/b\/([^/]+)\/o\/(.+)$/, read],
  ['DELETE', /^\/storage\/v1\/b\/([^/]+)\/o\/(.+)$/, remove],
  ['POST', /^\/(?:resumable\/)?upload\/storage\/v1\/b\/([^/]+)\/o$/, startUpload],
  ['PUT', /^\/(?:resumable\/)?upload\/storage\/v1\/b\/([^/]+)\/o$/, uploadPart],
];

/** @param {Buckets} buckets @param {Request} request @returns {Reply} */
export function answer(buckets, request) {
  for (const [method, pattern, route] of ROUTES) {
    const found = method === request.method ? pattern.exec(request.url.pathname) : null;
    if (found === null) continue;
    const [bucket = '', name = ''] = found.slice(1).map(decodeURIComponent);
    if (route !== makeBucket && buckets.objects(bucket) === undefined) return failed(404, REASONS.noBucket);
    return route(buckets, request, { bucket, name });
  }
  return failed(404, { reason: 'notFound', message: 'Not Found' });
}

/** @type {Route} */
function makeBucket(buckets, { body }) {
  const { name } = JSON.parse(body.toString());
  if (buckets.objects(name) !== undefined) return failed(409, REASONS.bucketExists);
  buckets.make(name);
  return json(200, { kind: 'storage#bucket', name });
}

/** @type {Route} */
function list(buckets, { url: { searchParams: query } }, { bucket }) {
  const [prefix, start, token] = ['prefix', 'startOffset', 'pageToken'].map((name) => query.get(name) ?? '');
  const after = Buffer.from(token ?? '', 'base64url').toString();
  const limit = Math.min(Number(query.get('maxResults') ?? MAX_PAGE), MAX_PAGE);
  const objects = [...(buckets.objects(bucket)?.values() ?? [])]
    .map(({ resource }) => resource)
    .filter(({ name }) => name.startsWith(prefix ?? '') && name >= (start ?? '') && name > after)
    .sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
  const items = objects.slice(0, limit);
  const last = items.at(-1);
  const more = objects.length > limit && last !== undefined;
  const nextPageToken = more ? Buffer.from(last.name).toString('base64url') : undefined;
  return json(200, { kind: 'storage#objects', items, nextPageToken });
}

/** @type {Route} */
function read(buckets, { url: { searchParams: query } }, { bucket, name }) {
  const object = buckets.objects(bucket)?.get(name);
  const { generation } = object?.resource ?? {};
  if (object === undefined || (query.get('generation') ?? generation) !== generation)
    return failed(404, REASONS.noObject(bucket, name));
  const refused = refusal(query, object, { isRead: true });
  if (refused !== undefined) return refused;
  const { resource, body } = object;
  if (query.get('alt') !== 'media') return json(200, resource);
  const headers = {
    'content-type': resource.contentType,
    'content-length': resource.size,
    'x-goog-generation': resource.generation,
    'x-goog-metageneration': resource.metageneration,
    'x-goog-stored-content-length': resource.size,
    'x-goog-hash': `md5=${resource.md5Hash}`,
  };
  return { status: 200, headers, body };
}

/** @type {Route} */
function remove(buckets, { url: { searchParams: query } }, { bucket, name }) {
  const object = buckets.objects(bucket)?.get(name);
  if (object === undefined) return failed(404, REASONS.noObject(bucket, name));
  const refused = refusal(query, object);
  if (refused !== undefined) return refused;
  buckets.remove(bucket, name);
  return { status: 204, headers: {}, body: Buffer.alloc(0) };
}
