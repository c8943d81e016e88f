// @ts-check
/** Uploads in one request (media, multipart) and in several (resumable): https://cloud.google.com/storage/docs/uploads-downloads. */
import { randomUUID } from 'node:crypto';
import { refusal } from './preconditions.mjs';
import { failed, json, REASONS } from './replies.mjs';

/** @typedef {import('./api.mjs').Route} Route */
/** @typedef {{ contentType?: string, metadata?: Record<string, string>, name?: string }} About */

/** @type {Map<string, { bucket: string, name: string, about: About, query: URLSearchParams, received: Buffer }>} */
const uploads = new Map();

/** @type {Route} */
export function startUpload(buckets, { url, headers, body }, { bucket }) {
  const { searchParams: query } = url;
  const type = headers['content-type'] ?? '';
  const kind = query.get('uploadType');
  if (kind === 'resumable') return startResumable(buckets, { url, body }, bucket);
  const { about, content } =
    kind === 'multipart' ? multipart(body, type) : { about: { contentType: type }, content: body };
  return finish(buckets, { bucket, name: query.get('name') ?? about.name ?? '', about, query, content });
}

/** @type {Route} */
export function uploadPart(buckets, { url, headers, body }) {
  const id = url.searchParams.get('upload_id') ?? '';
  const upload = uploads.get(id);
  if (upload === undefined) return failed(404, REASONS.noUpload);
  upload.received = Buffer.concat([upload.received, body]);
  const total = /\/(\d+)$/.exec(headers['content-range'] ?? '')?.[1];
  const isWhole = headers['content-range'] === undefined || Number(total) === upload.received.length;
  if (!isWhole) {
    const { length } = upload.received;
    return { status: 308, headers: length === 0 ? {} : { range: `bytes=0-${length - 1}` }, body: Buffer.alloc(0) };
  }
  uploads.delete(id);
  return finish(buckets, { ...upload, content: upload.received });
}

/**
 * The condition is looked at twice, at the start and at the end, where it decides.
 *
 * @param {import('./buckets.mjs').Buckets} buckets @param {{ url: URL, body: Buffer }} request @param {string} bucket
 */
function startResumable(buckets, { url, body }, bucket) {
  const { searchParams: query } = url;
  /** @type {About} */
  const about = body.length === 0 ? {} : JSON.parse(body.toString());
  const name = query.get('name') ?? about.name ?? '';
  const refused = refusal(query, buckets.objects(bucket)?.get(name));
  if (refused !== undefined) return refused;
  const id = randomUUID();
  uploads.set(id, { bucket, name, about, query, received: Buffer.alloc(0) });
  const location = new URL(url);
  location.search = `?uploadType=resumable&upload_id=${id}`;
  return json(200, {}, { location: location.href });
}

/**
 * @param {import('./buckets.mjs').Buckets} buckets
 * @param {{ bucket: string, name: string, about: About, query: URLSearchParams, content: Buffer }} upload
 */
function finish(buckets, { bucket, name, about, query, content }) {
  const refused = refusal(query, buckets.objects(bucket)?.get(name));
  return refused ?? json(200, buckets.put(bucket, name, content, about).resource);
}

/** The two parts of a multipart/related body: JSON about the object, and the object. @param {Buffer} body @param {string} type */
function multipart(body, type) {
  const boundary = /boundary="?([^";]+)/.exec(type)?.[1] ?? '';
  const [first, second] = partsOf(body, `--${boundary}`);
  if (first === undefined || second === undefined) throw new Error('expected two parts');
  /** @type {About} */
  const about = JSON.parse(first.content.toString());
  const contentType = about.contentType ?? /^content-type:\s*(\S+)/im.exec(second.head)?.[1];
  return { about: contentType === undefined ? about : { ...about, contentType }, content: second.content };
}

/** RFC 2046, section 5.1.1: the line break before a boundary belongs to it. @param {Buffer} body @param {string} boundary */
function partsOf(body, boundary) {
  const parts = [];
  for (let start = body.indexOf(boundary); ;) {
    const end = body.indexOf(`\r\n${boundary}`, start + boundary.length);
    if (end === -1) return parts;
    const headEnd = body.indexOf('\r\n\r\n', start);
    parts.push({
      head: body.subarray(start + boundary.length + 2, headEnd).toString(),
      content: body.subarray(headEnd + 4, end),
    });
    start = end + 2;
  }
}
